"""A provider with a limited capacity: the more requests over it, the more of them fail.

    Capacity(requests=60, collapses_at=180).overload(load=120) -> 0.5

So a retry storm keeps itself alive: each failure is retried, and the load stays over the capacity
long after the cause is gone, as at OpenAI on 23 January 2025. Times are seconds of the profile,
passed in by the caller: nothing here reads a clock.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Mapping
from dataclasses import dataclass

from chaos_llm.errors import UsageError

_STEPS = 6  # in `per` seconds; the load is measured at the last whole step


@dataclass(frozen=True, slots=True)
class Capacity:
    """The load that a provider can serve: `requests` in `per` seconds, or `times` its healthy load.

    All that exceeds it fails: at twice the capacity, every second request. With `collapses_at`,
    in the same unit, the share that fails rises linearly instead, from 0 at the capacity to 1
    there: an overloaded provider also wastes work on requests that fail.
    """

    requests: float | None = None
    times: float | None = None
    per: float = 60.0
    collapses_at: float | None = None

    def __post_init__(self) -> None:
        if (self.requests is None) == (self.times is None):
            raise UsageError("a capacity is given in `requests` or in `times`, one of them")
        if not (self.limit > 0 and math.isfinite(self.limit)):
            raise UsageError(f"a capacity is over 0; got {self.limit!r}")
        if not (self.per > 0 and math.isfinite(self.per)):
            raise UsageError(f"`per` is a duration over 0; got {self.per!r}")
        if self.collapses_at is not None and not self.limit < self.collapses_at < math.inf:
            raise UsageError(
                f"`collapses_at` is over the capacity of {self.limit:g}; got {self.collapses_at!r}"
            )

    @property
    def limit(self) -> float:
        """The load up to which nothing fails: in requests, or in multiples of the healthy load."""
        return float(self.requests or self.times or 0)

    def overload(self, load: float, healthy: float | None = None) -> float:
        """The share of requests that fails, 0 to 1, at `load` requests in the last `per` seconds.

        A capacity in multiples of the healthy load (`times`) needs that load; if unknown, all fail.
        """
        if self.times is not None:
            if not healthy:
                return 1.0
            load = load / healthy
        if load <= self.limit:
            return 0.0
        if self.collapses_at is None:
            return 1.0 - self.limit / load
        return min(1.0, (load - self.limit) / (self.collapses_at - self.limit))


class Load:
    """The load of one capacity, measured from the times of its requests.

    It is measured in steps of a sixth of `per`: requests since the last whole step do not count
    yet. So the order of requests at the same time does not matter, and tasks, threads and plain
    code that send the same requests at the same times get the same load.
    """

    def __init__(self, per: float, healthy_until: float) -> None:
        self._per, self._healthy_until = per, healthy_until
        self._times = array("d")

    def count(self, at: float) -> None:
        """Count one request; most of them come in the order of their times."""
        if self._times and at < self._times[-1]:
            insort(self._times, at)
        else:
            self._times.append(at)

    def at(self, time: float) -> int:
        """The number of requests in the `per` seconds before the last whole step."""
        step = self._per / _STEPS
        until = math.floor(time / step) * step
        times = self._times
        return bisect_left(times, until) - bisect_left(times, until - self._per)

    @property
    def healthy(self) -> float | None:
        """The number of requests in `per` seconds while nothing failed; None if it is unknown."""
        if not self._times:
            return None
        healthy_time = self._healthy_until - self._times[0]
        if healthy_time < self._per:
            return None
        return bisect_right(self._times, self._healthy_until) * self._per / healthy_time


Loads = Mapping[str, Load]  # by the window's name
