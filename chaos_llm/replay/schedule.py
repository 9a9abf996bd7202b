"""The schedule of a replay's calls: an open loop, fixed before the first call is made."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

from chaos_llm.decisions.plan import Plan

DEFAULT_CALLS = 200
_DEADLINE = 60.0  # seconds; the default of a replay's `deadline=`


@dataclass(frozen=True, slots=True)
class Slot:
    """A call that is due; `due` is in seconds of the profile."""

    number: int
    user: int
    due: float


@dataclass(frozen=True, slots=True)
class ScheduleStretch:
    """A stretch of the timeline that is replayed, in seconds of the profile."""

    begins: float
    ends: float

    @property
    def seconds(self) -> float:
        return self.ends - self.begins


def stretches(
    plan: Plan, begins: float, until: float, ends: float, skip_quiet: float | None
) -> tuple[ScheduleStretch, ...]:
    """The stretches that are replayed from `begins` to `ends`: all but the middle of quiet ones.

    A stretch is quiet if no window is open in it. If it is longer than `skip_quiet` seconds, only
    its first and its last `skip_quiet / 2` seconds are replayed, to show the recovery from the
    window before and the healthy state before the next. The warm-up, before the profile's start,
    and the recovery from `until` on are replayed in full.
    """
    played, start = [], begins
    for quiet in _quiet(plan, max(begins, 0.0), until):
        if skip_quiet is not None and quiet.seconds > skip_quiet:
            played.append(ScheduleStretch(start, quiet.begins + skip_quiet / 2))
            start = quiet.ends - skip_quiet / 2
    played.append(ScheduleStretch(start, ends))
    return tuple(stretch for stretch in played if stretch.seconds > 0)


def _quiet(plan: Plan, begins: float, ends: float) -> Iterator[ScheduleStretch]:
    """The stretches in which no window is open."""
    quiet_from = begins
    for window in sorted(plan.windows, key=lambda window: window.begins):
        if window.begins >= ends:
            break
        if window.begins > quiet_from:
            yield ScheduleStretch(quiet_from, window.begins)
        quiet_from = max(quiet_from, window.ends)
    if quiet_from < ends:
        yield ScheduleStretch(quiet_from, ends)


def slots(
    played: tuple[ScheduleStretch, ...],
    *,
    users: int,
    every: float | None,
    calls: int | None,
    first: int,
    edges: Sequence[float] = (),
) -> list[Slot]:
    """The calls of all users: each user's `every` seconds apart, or so many `calls` in all.

    Users with the same period begin at different times in it, so that they do not call together.
    Without `every` the calls are spread evenly, and then the nearest call is moved to each of the
    `edges`, the times when a window opens or closes. `first` is the number of the first call.
    """
    total, even = sum(stretch.seconds for stretch in played), every is None
    if every is None:
        count = DEFAULT_CALLS if calls is None else calls
        every = total * users / max(1, count)
    due = sorted(
        (when, user)
        for user in range(users)
        for when in _due(played, every, every * user / users, total)
    )
    if calls is not None:
        due = due[:calls]
    if even:
        due = _moved_to_edges(due, edges, every / users)
    return [Slot(first + index, user, when) for index, (when, user) in enumerate(due)]


def _moved_to_edges(
    due: list[tuple[float, int]], edges: Sequence[float], spacing: float
) -> list[tuple[float, int]]:
    """Move the nearest call to each edge where that is possible; the first call is not moved.

    Calls keep half of their distance, or a minute if that is less. A call that waits for a whole
    deadline would make the next one missed if it came sooner.
    """
    apart, moved = min(spacing / 2, _DEADLINE), set[int]()
    for edge in edges:
        here = bisect_left(due, (edge, 0))
        nearest = sorted(
            range(max(1, here - 2), min(len(due), here + 2)), key=lambda n: abs(due[n][0] - edge)
        )
        for number in nearest:
            before, after = due[number - 1][0], due[number + 1][0] if number + 1 < len(due) else inf
            near = abs(due[number][0] - edge) <= spacing
            if number not in moved and near and before + apart <= edge <= after - apart:
                due[number] = (edge, due[number][1])
                moved.add(number)
                break
    return due


def _due(
    played: tuple[ScheduleStretch, ...], every: float, phase: float, total: float
) -> Iterator[float]:
    """The due times of one user on the timeline; the period does not run in skipped stretches."""
    count = 0
    while (position := phase + count * every) < total - 1e-9:
        for stretch in played:
            if position < stretch.seconds:
                yield stretch.begins + position
                break
            position -= stretch.seconds
        count += 1
