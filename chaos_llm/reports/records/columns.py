"""A run cut into columns of equal length, without the long times in which no call was due."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median

from chaos_llm.analysis.call import OUTCOMES, Outcome
from chaos_llm.analysis.run import Run
from chaos_llm.reports.records.models import DrawnStretch

_MOST = 150  # columns: as many bars as can be told apart
_STEPS = (
    *(0.001, 0.01, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 604800),
)
_QUIET, _LONG = 10, 0.05  # a pause of so many usual ones, and of that share of all, is cut out

Ends = tuple[float, float]


class Columns:
    """Columns of a length that people count in, five minutes, say; `begins` is one for each."""

    def __init__(self, stretches: Sequence[Ends]) -> None:
        self.stretches = stretches
        steps = (step for step in _STEPS if self._count(step) <= _MOST)
        self.step = next(steps, float(_STEPS[-1]))
        self.begins = [
            begins + self.step * index
            for begins, ends in stretches
            for index in range(_columns(begins, ends, self.step))
        ]

    def count_of(self, times: Iterable[float]) -> list[int]:
        """How many of these times fall into each column; those outside count at the edge before."""
        counts = [0] * len(self.begins)
        for time in times:
            counts[max(0, bisect_right(self.begins, time) - 1)] += 1
        return counts

    def _count(self, step: float) -> int:
        return sum(_columns(begins, ends, step) for begins, ends in self.stretches)


def columns_of(run: Run) -> Columns:
    """The columns of a run: from a call after a long pause to the last one before the next."""
    due = sorted(call.due for call in run.calls)
    pauses = [later - earlier for earlier, later in pairwise(due)]
    usual = median(pauses) if pauses else 0.0
    long = max(_QUIET * usual, _LONG * (run.ends - run.begins))
    stretches, begins = [], run.begins
    for earlier, later in pairwise(due):
        if later - earlier > long > 0:
            stretches.append((begins, earlier + (usual or 1.0)))
            begins = later
    return Columns([*stretches, (begins, max(run.ends, begins))])


def stretch_records(columns: Columns) -> list[DrawnStretch]:
    """The stretches with their columns."""
    return [
        DrawnStretch(begins=begins, ends=ends, columns=_columns(begins, ends, columns.step))
        for begins, ends in columns.stretches
    ]


def outcomes_over_time(run: Run, columns: Columns) -> dict[Outcome, list[int]]:
    """The outcomes of the calls by when they were due; those that no call had are left out."""
    due: dict[Outcome, list[float]] = {}
    for call in run.calls:
        due.setdefault(call.outcome, []).append(call.due)
    return {o: columns.count_of(due[o]) for o in OUTCOMES if o in due}


def _columns(begins: float, ends: float, step: float) -> int:
    return max(1, int(-(-(ends - begins) // step)))
