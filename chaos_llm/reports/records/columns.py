"""The columns of equal length of a run, without long times in which no call was due."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median

from chaos_llm.analysis.call import OUTCOMES, Outcome
from chaos_llm.analysis.run import Run
from chaos_llm.reports.records.models import DrawnStretch

_MOST = 150  # columns; more bars cannot be distinguished on a page
_STEPS = (
    *(0.001, 0.01, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 604800),
)
# A pause is cut out if it is so many times the median pause, and that share of the whole run.
_QUIET, _LONG = 10, 0.05

Ends = tuple[float, float]


class Columns:
    """Columns of a round length, five minutes say; `begins` has the begin of each."""

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
    median_pause = median(pauses) if pauses else 0.0
    long = max(_QUIET * median_pause, _LONG * (run.ends - run.begins))
    stretches, begins = [], run.begins
    for earlier, later in pairwise(due):
        if later - earlier > long > 0:
            stretches.append((begins, earlier + (median_pause or 1.0)))
            begins = later
    return Columns([*stretches, (begins, max(run.ends, begins))])


def stretch_records(columns: Columns) -> list[DrawnStretch]:
    """The stretches with their columns."""
    return [
        DrawnStretch(begins=begins, ends=ends, columns=_columns(begins, ends, columns.step))
        for begins, ends in columns.stretches
    ]


def outcomes_over_time(run: Run, columns: Columns) -> dict[Outcome, list[int]]:
    """The number of calls of each outcome by the column in which they were due."""
    due: dict[Outcome, list[float]] = {}
    for call in run.calls:
        due.setdefault(call.outcome, []).append(call.due)
    return {o: columns.count_of(due[o]) for o in OUTCOMES if o in due}


def _columns(begins: float, ends: float, step: float) -> int:
    return max(1, int(-(-(ends - begins) // step)))
