"""What the installed SDKs do otherwise than recorded before, by other releases perhaps."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chaos_llm.errors import UsageError
from chaos_llm.sdk_matrix.page import Rows

Recorded = dict[tuple[str, str], dict[str, Rows]]  # (package, SDK) -> version -> outcomes
_NO_CELL = "(no such cell)"


@dataclass(frozen=True)
class Change:
    """A cell that differs; `before` or `now` is None where only the other has it."""

    fault: str
    way: str
    before: str | None
    now: str | None


@dataclass(frozen=True)
class Comparison:
    """One SDK beside what was recorded of it; `before` is None where nothing was."""

    sdk: str
    version: str
    before: str | None
    cells: int
    changes: tuple[Change, ...] = ()

    def text(self, width: int = 100) -> str:
        """A line, and three for each change."""
        if self.before is None:
            return f"{self.sdk} {self.version}: nothing was recorded before\n"
        found = (
            f"{len(self.changes)} of {self.cells} cells changed" if self.changes else "no change"
        )
        lines = [f"{self.sdk} {self.version} against {self.before}: {found}"]
        for each in self.changes:
            lines.append(f"  {each.fault}, {each.way}"[:width])
            lines.append(f"    before: {each.before or _NO_CELL}"[:width])
            lines.append(f"    now:    {each.now or _NO_CELL}"[:width])
        return "\n".join(lines) + "\n"


def recorded_in(path: Path) -> Recorded:
    """The outcomes in a file that `matrix_json` made, or in a folder as the suite has one.

    The folder has a file PACKAGE-MAJOR.json for each package and major version. Raises UsageError
    for what is neither.
    """
    return _of_folder(path) if path.is_dir() else _of_file(path)


def compare(measured: dict[str, Any], recorded: Recorded) -> list[Comparison]:
    """What `matrix_json` measured, SDK by SDK, beside what was recorded of it.

    A release of a new major version is compared with the newest one that was recorded.
    """
    return [
        _compared(sdk, recorded.get((sdk["package"], sdk["sdk"]), {})) for sdk in measured["sdks"]
    ]


def as_values(comparisons: list[Comparison]) -> dict[str, Any]:
    """The comparisons as plain values, for JSON."""
    return {"sdks": [asdict(each) for each in comparisons]}


def _compared(sdk: dict[str, Any], known: dict[str, Rows]) -> Comparison:
    name, version, rows = sdk["sdk"], sdk["version"], sdk["outcomes"]
    cells = sum(map(len, rows.values()))
    if not known:
        return Comparison(name, version, None, cells)
    before = _nearest(version, known)
    return Comparison(name, version, before, cells, tuple(_changes(known[before], rows)))


def _changes(before: Rows, now: Rows) -> list[Change]:
    places = {(fault, way): None for rows in (now, before) for fault in rows for way in rows[fault]}
    changes = [
        Change(fault, way, before.get(fault, {}).get(way), now.get(fault, {}).get(way))
        for fault, way in places
    ]
    return [each for each in changes if each.before != each.now]


def _nearest(version: str, known: dict[str, Rows]) -> str:
    """The version to compare with: the same major one, else the newest."""
    return max(known, key=lambda each: (_major(each) == _major(version), _major(each)))


def _major(version: str) -> int:
    first = version.partition(".")[0]
    return int(first) if first.isdigit() else -1


def _of_folder(folder: Path) -> Recorded:
    found: Recorded = {}
    for path in sorted(folder.glob("*-*.json")):
        package, _, major = path.stem.rpartition("-")
        for sdk, rows in _read(path).items():
            found.setdefault((package, sdk), {})[f"{major}.x"] = rows
    if not found:
        raise UsageError(f"{folder} has no PACKAGE-MAJOR.json")
    return found


def _of_file(path: Path) -> Recorded:
    value = _read(path)
    try:
        return {(s["package"], s["sdk"]): {s["version"]: s["outcomes"]} for s in value["sdks"]}
    except (KeyError, TypeError):
        raise UsageError(f"{path} was not written by chaos-llm matrix --json") from None


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
