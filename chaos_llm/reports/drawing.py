"""Drawing a run over time in plain text: one column is a stretch of the timeline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from chaos_llm.calls import OUTCOMES, Call, Outcome
from chaos_llm.journal import Exchange
from chaos_llm.run import Run
from chaos_llm.timeline import Profile

LABEL = 18
LETTERS: dict[Outcome, str] = {
    "primary": "P",
    "fallback": "F",
    "cached": "c",
    "stale": "s",
    "degraded": "d",
    "truncated": "T",
    "corrupted": "K",
    "error_text": "E",
    "failed": "x",
    "late": "L",
    "missed": "m",
    "unjudged": "?",
}
_SHADES = " ░▒▓█"
_T = TypeVar("_T")


def axis(profile: Profile, begins: float, ends: float, columns: int) -> str:
    """Times of day, as many as fit without touching."""
    marks = max(1, columns // 12)
    cells = [" "] * (columns + 6)
    for mark in range(marks + 1):
        at = mark * columns // marks
        text = f"{profile.when(begins + (ends - begins) * mark / marks):%H:%M}"
        cells[at : at + len(text)] = text
    return " " * LABEL + "".join(cells).rstrip()


def row(label: str, marks: Iterable[str]) -> str:
    """A label and the marks behind it."""
    return f"{label[: LABEL - 1]:<{LABEL}}{''.join(marks)}".rstrip()


def spread(
    items: Iterable[_T], when: Callable[[_T], float], run: Run, columns: int
) -> list[list[_T]]:
    """The items of each column, by their times."""
    buckets: list[list[_T]] = [[] for _ in range(columns)]
    length = (run.ends - run.begins) or 1.0
    for item in items:
        column = int((when(item) - run.begins) / length * columns)
        buckets[min(columns - 1, max(0, column))].append(item)
    return buckets


def shade(share: float) -> str:
    """A share as a shade, from nothing to a full block."""
    return _SHADES[min(4, int(share * 4 + 0.999))]


def count_mark(exchanges: Sequence[Exchange]) -> str:
    """The number of requests, and a dot where there was none; "+" from ten on."""
    count = len(exchanges)
    return "·" if not count else str(count) if count < 10 else "+"


def outcome_mark(calls: Sequence[Call]) -> str:
    """The letter of the outcome that most calls of a column had; the worse one where they tie."""
    if not calls:
        return " "
    counts = Counter(call.outcome for call in calls)
    return LETTERS[max(counts, key=lambda outcome: (counts[outcome], OUTCOMES.index(outcome)))]
