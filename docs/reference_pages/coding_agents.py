"""What each coding agent does in each outage, as measured with the real packages from npm.

`python -m support.coding_agents --update` writes the rows, into `tests/agents/expected.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

EXPECTED = Path(__file__).parents[2] / "tests" / "agents" / "expected.json"
_HEAD = "| outage | ends | requests | pauses between them | tokens requested | the user reads |"
_SHOWN = 8  # pauses
_WORDS = {"answers": "with the answer", "gives up": "without one"}


def render() -> str:
    """One section for each agent."""
    measured = json.loads(EXPECTED.read_text(encoding="utf-8"))
    return "\n".join(_section(name, row) for name, row in measured.items())


def _section(name: str, measured: dict[str, Any]) -> str:
    rows = "\n".join(_rows(measured["scenarios"]))
    return f"## {name}: {measured['version']}\n\n{_HEAD}\n|{'---|' * 6}\n{rows}\n"


def _rows(scenarios: dict[str, Any]) -> Iterator[str]:
    for scenario, seen in scenarios.items():
        ends = _WORDS.get(seen["ends"], f"not within {seen['seconds']:.0f} s")
        statuses = ", ".join(map(str, seen["statuses"]))
        requests = f"{seen['requests']} ({statuses})" if statuses else str(seen["requests"])
        cells = (scenario, ends, requests, _pauses(seen["pauses"]), str(seen["logins"]))
        yield f"| {' | '.join((*cells, _quoted(seen['says'])))} |"


def _pauses(pauses: list[float]) -> str:
    """Seconds from one request to the next, those of parallel requests left out."""
    told = [f"{each:g}" for each in pauses if each >= _PARALLEL]
    if not told:
        return ""
    return ", ".join(told[:_SHOWN]) + (
        " s" if len(told) <= _SHOWN else f" s, {len(told) - _SHOWN} more"
    )


_PARALLEL = 0.3  # seconds


def _quoted(text: str) -> str:
    return f"“{text.replace('|', '/')}”" if text else ""
