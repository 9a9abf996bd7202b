"""When calls are due: an open loop, fixed before the first call is made."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

from chaos_llm.decisions.plan import Plan

DEFAULT_CALLS = 200
_PATIENCE = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Slot:
    """A call that is due; `due` is in seconds of the profile."""

    number: int
    user: int
    due: float


@dataclass(frozen=True, slots=True)
class ScheduleStretch:
    """A stretch of the timeline that is played."""

    begins: float
    ends: float

    @property
    def seconds(self) -> float:
        return self.ends - self.begins


def stretches(
    plan: Plan, begins: float, until: float, ends: float, skip_quiet: float | None
) -> tuple[ScheduleStretch, ...]:
    """What is played from `begins` to `ends`: all but the middle of long quiet stretches.

    Of a stretch without an open window that is longer than `skip_quiet`, the first and the last
    half of `skip_quiet` are played: recovery before it, a healthy lead-in after it. The replay's
    own lead-in, before the profile's start, and its tail from `until` on are played in full.
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
    """The calls of all users: each one's `every` seconds apart, or so many `calls` in all, even.

    Users with the same period are spread over it, so that they do not march in step. Of so many
    calls in all, the nearest is moved to each of the `edges`: where a window opens or closes.
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
        due = _moved(due, edges, every / users)
    return [Slot(first + index, user, when) for index, (when, user) in enumerate(due)]


def _moved(
    due: list[tuple[float, int]], edges: Sequence[float], spacing: float
) -> list[tuple[float, int]]:
    """With a call at each edge that one can be moved to; the first call stays where it is.

    Calls keep half of their distance, or the minute that a user waits: else one that waits would
    make the next one missed.
    """
    apart, moved = min(spacing / 2, _PATIENCE), set[int]()
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
    """The due times of one user on the timeline; skipped stretches take no turn."""
    count = 0
    while (position := phase + count * every) < total - 1e-9:
        for stretch in played:
            if position < stretch.seconds:
                yield stretch.begins + position
                break
            position -= stretch.seconds
        count += 1
