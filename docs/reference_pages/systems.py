"""What each system does healthy and in an outage, as measured with its real client.

`python -m support.systems --update` writes the rows, into `tests/systems`.
"""

from __future__ import annotations

import json
from pathlib import Path

EXPECTED = Path(__file__).parents[2] / "tests" / "systems" / "expected.json"
_COLUMNS = ("healthy", "stream", "tool", "error", "cut", "stall", "login")
_HEADS = ("system", "client", *_COLUMNS)
_WORDS = {"yes": "yes", "none": "-", "answers": "asks again, and answers"}


def render() -> str:
    """One line for each system and client."""
    rows = json.loads(EXPECTED.read_text(encoding="utf-8"))
    head = [f"| {' | '.join(_HEADS)} |", f"|{'---|' * len(_HEADS)}"]
    return "\n".join([*head, *(_line(*each) for each in rows.items())])


def _line(title: str, row: dict[str, str]) -> str:
    name = title.rpartition(": ")[0]
    cells = [_cell(row[column]) for column in _COLUMNS]
    client = f"`{row['client']}`"
    return f"| {' | '.join((name, client, *cells))} |"


def _cell(seen: str) -> str:
    if seen in _WORDS:
        return _WORDS[seen]
    if "." not in seen.split(" ", maxsplit=1)[0]:  # words, and no exception
        return seen.replace("|", "/")
    name, *rest = seen.split(" ")
    return f"`{name}` {' '.join(rest)}".strip()
