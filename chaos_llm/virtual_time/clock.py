"""One integer clock, and the wall clock and the monotonic clocks that follow it."""

from __future__ import annotations

import datetime as dt
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chaos_llm.errors import UsageError
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
_EXACT = 1 << 50  # nanoseconds that survive the way through a float
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ticks(seconds: float) -> int:
    """A duration in ticks, rounded up, so that nobody wakes before their time."""
    return math.ceil(seconds * TICKS)


class Clock:
    """Virtual time in ticks since the outage began; it only ever moves forward."""

    ended_at = 0  # where the last clock of this process left the monotonic clocks, in seconds

    def __init__(self, horizon: float) -> None:
        self.now = 0
        self.horizon = ticks(horizon)
        self.monotonic_base = max(math.ceil(real_monotonic()), Clock.ended_at)
        self.perf_counter_base = max(math.ceil(real_perf_counter()), Clock.ended_at)
        self._wall: WallClock | None = None

    def start(self, starts: datetime | None) -> None:
        """Take over the wall clock; it begins at `starts`, by default at the real time."""
        refuse_other_clocks()
        self._wall = WallClock(starts)

    def stop(self) -> None:
        """Give the wall clock back; the next clock's monotonic time begins after this one's."""
        last = max(self.monotonic_base, self.perf_counter_base)
        Clock.ended_at = last + math.ceil(self.now / TICKS) + 1
        if self._wall is not None:
            self._wall.stop()

    @property
    def wall(self) -> WallClock:
        """The wall clock; after the outage it stands where it stood last."""
        if self._wall is None:
            raise UsageError("virtual time has not been entered, so no wall clock follows it")
        return self._wall

    @property
    def seconds(self) -> float:
        """Seconds since the outage began."""
        return self.now / TICKS

    def advance_to(self, moment: int) -> None:
        """Move on to a moment that is not behind the horizon."""
        if moment > self.now:
            self.now = moment
            self.wall.follow(moment)

    def monotonic(self) -> float:
        """What `time.monotonic` says."""
        return self.monotonic_base + self.now / TICKS

    def monotonic_ns(self) -> int:
        """What `time.monotonic_ns` says."""
        return self.monotonic_base * _NANO + (self.now * _NANO >> _BITS)

    def perf_counter(self) -> float:
        """What `time.perf_counter` says."""
        return self.perf_counter_base + self.now / TICKS

    def perf_counter_ns(self) -> int:
        """What `time.perf_counter_ns` says."""
        return self.perf_counter_base * _NANO + (self.now * _NANO >> _BITS)


class WallClock:
    """The wall clock of the process: time-machine's, standing still but for what we add."""

    def __init__(self, starts: datetime | None) -> None:
        import time_machine  # noqa: PLC0415 - not until an outage begins

        begin = starts if starts is not None else datetime.now(UTC)
        self._travel = time_machine.travel(begin, tick=False)
        self._traveller: time_machine.Traveller = self._travel.start()
        self._begins_at = self._shown = _unix_ns(begin)

    @property
    def seconds(self) -> float:
        """Unix time in seconds."""
        return self._shown / _NANO

    def follow(self, moment: int) -> None:
        """Show that moment, which counts ticks since the outage began."""
        self._show(self._begins_at + (moment * _NANO >> _BITS))

    def set(self, when: datetime, moment: int) -> None:
        """Say that this moment is that date."""
        self._begins_at = _unix_ns(when) - (moment * _NANO >> _BITS)
        self.follow(moment)

    def _show(self, nanoseconds: int) -> None:
        distance, self._shown = nanoseconds - self._shown, nanoseconds
        if -_EXACT < distance < _EXACT:
            self._traveller.shift(distance / _NANO)
            return
        whole, rest = divmod(distance, _NANO)
        self._traveller.shift(whole)
        self._traveller.shift(rest / _NANO)

    def stop(self) -> None:
        """Show the real time again."""
        self._travel.stop()


def refuse_other_clocks() -> None:
    """Raise UsageError while freezegun or time-machine hold the wall clock."""
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
        raise UsageError(f"{when!r} has no time zone; say datetime(..., tzinfo=timezone.utc)")
    span = when - _EPOCH
    return (span.days * 86_400 + span.seconds) * _NANO + span.microseconds * 1_000
