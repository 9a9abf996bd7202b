"""The list of profiles with one line each, and as plain values for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chaos_llm.durations import describe
from chaos_llm.profiles import evidence_grades
from chaos_llm.profiles.model import Profile
from chaos_llm.profiles.selection import providers_of, surfaces_of

_GAP = "  "
_SHORTEST_TITLE = 24  # columns; a title is cut to no less before a column is left out


def table(profiles: Sequence[Profile], width: int) -> str:
    """A line for each profile: name, day, length and title; no line is wider than `width`.

    The title is cut first. On a narrow terminal the length is left out, then the day. A name is
    never cut, because it is what one copies.
    """
    rows = [_cells(profile) for profile in profiles]
    columns = [max(len(row[number]) for row in rows) for number in range(3)]
    while len(columns) > 1 and _left(columns, width) < _SHORTEST_TITLE:
        columns.pop()
    left = _left(columns, width)
    lines = []
    for row in rows:
        cells = [f"{cell:<{size}}" for cell, size in zip(row, columns, strict=False)]
        title = [_cut(row[-1], left)] if left > 1 else []
        lines.append(_GAP.join([*cells, *title]).rstrip())
    return "\n".join(lines) + "\n"


def listed(profiles: Sequence[Profile]) -> list[dict[str, Any]]:
    """What `chaos-llm profiles --json` prints; `seconds` is the length of the profile."""
    return [
        {
            "name": profile.name,
            "title": profile.title,
            "starts": profile.starts.isoformat(),
            "seconds": profile.ends,
            "tags": list(profile.tags),
            "providers": sorted(providers_of(profile)),
            "surfaces": sorted(surfaces_of(profile)),
            "assumed": round(evidence_grades.assumed_share(profile), 3),
            "confidence": profile.confidence,
        }
        for profile in profiles
    ]


def _cells(profile: Profile) -> tuple[str, str, str, str]:
    length = " ".join(describe(profile.ends).split(" ")[:2])  # the largest unit says enough
    return profile.name, f"{profile.starts:%Y-%m-%d}", length, profile.title


def _left(columns: Sequence[int], width: int) -> int:
    return width - sum(columns) - len(_GAP) * len(columns)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
