"""Boil a list of recorded shapes down to the tables beside this file.

    python tests/conformance/boil_down.py recorded_shapes.json

The list has an entry for each provider, endpoint, form (plain or stream), status and content, with
the share of the recordings that have a key path or a header. A table keeps the paths, their shares
in percent and their types, and the names of the headers: no text of a recording, no value but the
media type. Left out are what a reply repeats from its request, what a recording's guardrail or
schema is called, what fewer than one in twenty has, and tools that a vendor runs itself, which
are not simulated: a row with them stays only where there is no other of its endpoint and form.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path

from shapes import is_private

TABLES = Path(__file__).parent / "tables"
_SELDOM = 0.05


def boiled(path: Path) -> dict[str, list[str]]:
    """The lines of each provider's table."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    plain = {_place(row) for row in rows if "server" not in row["has"] and row["status"] < 400}
    lines: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if "server" in row["has"] and _place(row) in plain:
            continue
        title = f"{row['endpoint']} {row['form']} {row['status']} {row['has']}"
        table = lines[row["provider"]]
        table.append(f"[{title}] {row['recordings']}")
        for key, share, kinds in _keys(row):
            types = "str" if key in ("$raw", "<:comment>raw", "<[DONE]>raw") else _types(kinds)
            table.append(f"{key} {round(100 * share)} {types}")
        table += (f"event {order}" for order in row["events"][:1] if order.strip())
        for name, (share, value) in row["headers"].items():
            media = f" {value}" if name == "content-type" else ""
            table.append(f"header {name} {round(100 * share)}{media}")
    return lines


def _place(row: dict) -> tuple[str, str, str]:
    return row["provider"], row["endpoint"], row["form"]


def _keys(row: dict) -> list[tuple[str, float, list[str]]]:
    kept = []
    for key, (share, kinds) in row["keys"].items():
        private = is_private(key, repeats=row["endpoint"] == "responses")
        if not private and share > _SELDOM:
            kept.append((key.replace(" ", "_"), share, kinds))
    return kept


def _types(kinds: list[str]) -> str:
    """JSON's types, with the literal beginning of an id where all have one."""
    return ",".join(dict.fromkeys(_type(kind) for kind in kinds))


def _type(kind: str) -> str:
    if kind.startswith("id:"):
        beginning = kind.removeprefix("id:").partition("<")[0]
        return f"str:{beginning}" if beginning.isascii() and " " not in beginning else "str"
    if kind.startswith(("=", "[DONE]")):
        return "str"
    return kind.removesuffix("(empty)")


if __name__ == "__main__":
    TABLES.mkdir(exist_ok=True)
    for provider, lines in boiled(Path(sys.argv[1])).items():
        (TABLES / f"{provider}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
