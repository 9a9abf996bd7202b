"""The clock of a served run: manual, real or scaled.

The server itself uses real time. What a provider does (a pause, a window, a quota) happens on the
clock of the run that its client belongs to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from math import inf
from typing import Literal

from chaos_llm.errors import UnknownName, UsageError

Kind = Literal["manual", "real", "scaled"]
KINDS: tuple[Kind, ...] = ("manual", "real", "scaled")

# Real seconds. What is due within one of them happens together: a loop that wakes for each piece of
# hundreds of slow streams does little else. asyncio's own clock is no finer where it polls.
_TICK = 0.001
SAME = 1e-9  # seconds of the clock that are none: times are sums of floats
_RINGING = -inf  # instead of a time: the alarm is set when all that was due has happened
_FEW = 64  # cancelled timers that are not worth sweeping


class Timer:
    """Something that happens at a time of the clock, unless it is cancelled before.

    It is a pause where a client waits for it.
    """

    __slots__ = ("_clock", "callback", "due", "is_pause")

    def __init__(
        self, clock: RunClock, due: float, callback: Callable[[], None], *, is_pause: bool
    ) -> None:
        self._clock, self.due, self.callback, self.is_pause = clock, due, callback, is_pause

    def __lt__(self, other: Timer) -> bool:
        return self.due < other.due

    def cancel(self) -> None:
        if self.callback is not _nothing:
            self.callback = _nothing
            self._clock.forget()


class RunClock:
    """Seconds since a run began; they pass by themselves at `rate`, and by being advanced."""

    def __init__(self, loop: asyncio.AbstractEventLoop, rate: float) -> None:
        self.rate = rate
        self._loop, self._since, self._base = loop, loop.time(), 0.0
        self._timers: list[tuple[float, int, Timer]] = []
        self._made = self._cancelled = 0
        self._alarm: asyncio.TimerHandle | None = None
        self._rings_at = inf  # in the loop's time

    @property
    def now(self) -> float:
        """Seconds since the run began."""
        if not self.rate:
            return self._base
        return self._base + (self._loop.time() - self._since) * self.rate

    @property
    def next_due(self) -> float:
        """When the next pause is over; infinity without one."""
        due = (due for due, _, t in self._timers if t.is_pause and t.callback is not _nothing)
        return min(due, default=inf)

    def call_at(self, due: float, callback: Callable[[], None], *, is_pause: bool = True) -> Timer:
        """Have something happen at a time; what is due already happens when the clock moves on."""
        timer = Timer(self, due, callback, is_pause=is_pause)
        self._made += 1
        heappush(self._timers, (due, self._made, timer))
        if self.rate and self._timers[0][2] is timer and self._rings_at != _RINGING:
            self._set_alarm()
        return timer

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass at once; all that is due meanwhile happens in its order."""
        target = self.now + seconds
        try:
            while self._timers and self._timers[0][0] <= target:
                due, _, timer = heappop(self._timers)
                self._set(max(due, self._base))
                self._happen(timer)
            self._set(target)
        finally:  # as in `_ring`
            if self.rate:
                self._set_alarm()

    def forget(self) -> None:
        """Note that a timer was cancelled; sweep when there are many."""
        self._cancelled += 1
        if self._cancelled > _FEW and self._cancelled * 2 > len(self._timers):
            self._timers = [t for t in self._timers if t[2].callback is not _nothing]
            heapify(self._timers)
            self._cancelled = 0

    def stop(self) -> None:
        """Drop every timer; the clock is not needed any more."""
        self._timers.clear()
        self._drop_alarm()

    def _set(self, moment: float) -> None:
        self._base, self._since = moment, self._loop.time()

    def _set_alarm(self) -> None:
        """Ring at the end of the tick in which the first timer is due."""
        if not self._timers:
            self._drop_alarm()
            return
        due = self._since + (self._timers[0][0] - self._base) / self.rate
        rings_at, now = (due // _TICK + 1.0) * _TICK, self._loop.time()
        if due > now:
            # uvloop rounds a time to milliseconds: it would ring now, find nothing due, and so on.
            rings_at = max(rings_at, now + _TICK)
        if rings_at != self._rings_at:
            self._drop_alarm()
            self._rings_at = rings_at
            self._alarm = self._loop.call_at(rings_at, self._ring)

    def _drop_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm, self._rings_at = None, inf

    def _ring(self) -> None:
        self._alarm, self._rings_at, now = None, _RINGING, self.now
        try:
            while self._timers and self._timers[0][0] <= now + SAME:
                self._happen(heappop(self._timers)[2])
        finally:  # what one callback raises must not stop the clock for all others
            self._rings_at = inf
            self._set_alarm()

    def _happen(self, timer: Timer) -> None:
        if timer.callback is _nothing:
            self._cancelled = max(0, self._cancelled - 1)
            return
        callback, timer.callback = timer.callback, _nothing
        callback()


def rate_of(kind: str, speed: float | None) -> float:
    """Seconds of the clock in a real second; raises UnknownName or UsageError."""
    if kind not in KINDS:
        raise UnknownName("clock", kind, KINDS)
    if kind != "scaled" and speed is not None:
        raise UsageError(f"a speed is for --clock scaled; the clock here is {kind}")
    if kind == "scaled":
        if speed is None or not 0 < speed < inf:
            raise UsageError("--clock scaled needs --speed N: so many seconds pass in a real one")
        return speed
    return 1.0 if kind == "real" else 0.0


def _nothing() -> None:
    pass
