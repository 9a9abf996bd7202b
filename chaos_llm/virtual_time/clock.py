"""One integer clock; the wall clock and the monotonic clocks are derived from it."""

from __future__ import annotations

import datetime as dt
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from chaos_llm.errors import UsageError
from chaos_llm.virtual_time import real_grpc
from chaos_llm.virtual_time.redirects import real_monotonic, real_perf_counter

if TYPE_CHECKING:
    import time_machine

# Virtual time counts integer ticks of 2**-27 s, and monotonic clocks start at a whole second. So
# readings and their differences are exact in a float until a machine's uptime plus all the outages
# of a process pass two years. With inexact ones, `stop_after_delay(1000)` stopped at 1000 or at
# 1100 seconds, depending on the uptime.
_BITS = 27
TICKS = 1 << _BITS
_NANO = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ticks(seconds: float) -> int:
    """Convert seconds to ticks, rounded up, so that no sleep ends early."""
    return math.ceil(seconds * TICKS)


FREE_POLLS = 100_000  # by weight; a loop that only reads the clock gets there in 0.05 s
REAL_WAIT = 5.0  # real seconds for which a real socket, process or thread may stop the clock


@dataclass(frozen=True, slots=True)
class Poll:
    """One step of a busy loop: a reading of the clock, a failed try of a lock, a sleep of 0 s.

    `weight` is its cost in readings of the clock. `advance` is the virtual time in ticks by which
    it moves the clock once there were too many, about the real duration of such a step.
    """

    weight: int
    advance: int
    pauses: bool = False  # sleep for a real moment too, so that real threads and sockets progress


READING = Poll(1, ticks(1e-6))
TRIED_LOCK = Poll(3, ticks(1e-6))
IDLE_LOOP = Poll(40, ticks(20e-6), pauses=True)
EMPTY_WAIT = Poll(100, ticks(50e-6), pauses=True)


def _ignore(_poll: Poll) -> None:
    """Do nothing: until the detector of busy loops is installed, polls have no effect."""


class NativeCode(Protocol):
    """The clocks of compiled libraries; `show` sets their times in nanoseconds."""

    def show(self, monotonic: int, wall: int) -> None: ...


class Clock:
    """Virtual time in ticks since the outage began; it only ever moves forward."""

    ended_at = 0  # where the last clock of this process left the monotonic clocks, in seconds

    def __init__(self, horizon: float) -> None:
        self.now = 0
        self.horizon = ticks(horizon)
        self.monotonic_base = max(math.ceil(real_monotonic()), Clock.ended_at)
        self.perf_counter_base = max(math.ceil(real_perf_counter()), Clock.ended_at)
        self.native_code: NativeCode | None = None
        self.polled = 0  # weight of the polls since time moved; see polls.py
        self.on_standstill: Callable[[Poll], None] = _ignore
        self._wall: WallClock | None = None

    def start(self, starts: datetime | None) -> None:
        """Replace the wall clock by one that begins at `starts`, by default at the real time."""
        refuse_other_clocks()
        self._wall = WallClock(starts, self)

    def stop(self) -> None:
        """Restore the wall clock; the next clock's monotonic time begins after this one's."""
        last = max(self.monotonic_base, self.perf_counter_base)
        Clock.ended_at = last + math.ceil(self.now / TICKS) + 1
        if self._wall is not None:
            self._wall.stop()

    @property
    def wall(self) -> WallClock:
        """The wall clock; after the outage it keeps its last time."""
        if self._wall is None:
            raise UsageError("virtual time has not been entered, so no wall clock follows it")
        return self._wall

    @property
    def seconds(self) -> float:
        """Seconds since the outage began."""
        return self.now / TICKS

    def advance_to(self, moment: int) -> None:
        """Move the clock to a moment that a thread or task waited for."""
        if moment > self.now:
            self.polled = 0
            self.creep_to(moment)

    def creep_to(self, moment: int) -> None:
        """Move the clock to a moment for which no code waited, so that polls stay counted."""
        self.now, wall = moment, self.wall
        wall.follow(moment)
        if self.native_code is not None:
            self.native_code.show(self.monotonic_ns(), wall.nanoseconds)

    def poll(self, what: Poll) -> None:
        """Count a step of a busy loop at this instant; beyond FREE_POLLS time moves."""
        self.polled += what.weight
        if self.polled > FREE_POLLS:
            self.on_standstill(what)

    def set_wall(self, when: datetime) -> None:
        """Set the wall clock to a date."""
        self.wall.set(when, self.now)
        if self.native_code is not None:
            self.native_code.show(self.monotonic_ns(), self.wall.nanoseconds)

    def monotonic(self) -> float:
        """The value of `time.monotonic`."""
        return self.monotonic_base + self.now / TICKS

    def monotonic_ns(self) -> int:
        """The value of `time.monotonic_ns`."""
        return self.monotonic_base * _NANO + (self.now * _NANO >> _BITS)

    def perf_counter(self) -> float:
        """The value of `time.perf_counter`."""
        return self.perf_counter_base + self.now / TICKS

    def perf_counter_ns(self) -> int:
        """The value of `time.perf_counter_ns`."""
        return self.perf_counter_base * _NANO + (self.now * _NANO >> _BITS)


class WallClock:
    """The wall clock of the process: time-machine's, which reads its time from this object."""

    def __init__(self, starts: datetime | None, clock: Clock) -> None:
        import time_machine  # noqa: PLC0415 - not until an outage begins

        self._clock = clock
        self._real_ns: Callable[[], int] = time_machine.escape_hatch.time.time_ns
        begin = starts if starts is not None else datetime.now(UTC)
        self._travel = time_machine.travel(begin, tick=False)
        self._begins_at = self.nanoseconds = _unix_ns(begin)
        self._traveller: time_machine.Traveller = self._travel.start()
        # time-machine 2.16 and later take every date and time from this method.
        self._traveller.time_ns = self._time_ns  # type: ignore[method-assign]

    def _time_ns(self) -> int:
        clock = self._clock
        clock.polled += READING.weight
        if clock.polled > FREE_POLLS:
            clock.on_standstill(READING)
        if real_grpc.PACKAGE in sys.modules and real_grpc.is_read_by_grpc():
            return self._real_ns()
        return self.nanoseconds

    @property
    def seconds(self) -> float:
        """Unix time in seconds."""
        return self.nanoseconds / _NANO

    def follow(self, moment: int) -> None:
        """Move to a moment, in ticks since the outage began."""
        self.nanoseconds = self._begins_at + (moment * _NANO >> _BITS)

    def set(self, when: datetime, moment: int) -> None:
        """Set the date of this moment, which is in ticks since the outage began."""
        before = self.nanoseconds
        self._begins_at = _unix_ns(when) - (moment * _NANO >> _BITS)
        self.follow(moment)
        self._traveller.shift((self.nanoseconds - before) / _NANO)  # uuid1 notices a step back

    def stop(self) -> None:
        """Restore the real wall clock."""
        self._travel.stop()


def refuse_other_clocks() -> None:
    """Raise UsageError while freezegun or time-machine has replaced the wall clock."""
    import time_machine  # noqa: PLC0415 - not until an outage begins

    if time_machine.escape_hatch.is_travelling():
        raise UsageError(
            "time-machine is already active; an outage brings its own wall clock: start "
            "time-machine inside the outage, or give the outage its date"
        )
    if dt.datetime.__name__ == "FakeDatetime":
        raise UsageError("freezegun is already active; start it inside the outage instead")


def _unix_ns(when: datetime) -> int:
    if when.tzinfo is None:
        raise UsageError(f"{when!r} has no time zone; write datetime(..., tzinfo=timezone.utc)")
    span = when - _EPOCH
    return (span.days * 86_400 + span.seconds) * _NANO + span.microseconds * 1_000
