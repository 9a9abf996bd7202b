"""Closed loop: a provider that stands so much load, and fails the more the more it is asked.

    Capacity(requests=60, collapses_at=180).overload(met=120) -> 0.5

A retry storm keeps itself alive that way: every failure is asked again, so the load stays over the
capacity long after the cause has gone, as at OpenAI on 23 January 2025. `at` is seconds of the
profile, given by the caller: nothing here reads a clock.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Mapping
from dataclasses import dataclass

from chaos_llm.errors import UsageError

_STEPS = 6  # of the span that is looked back on; load is seen as it was at the last whole step


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many requests a provider stands in `per` seconds; or how many `times` its healthy load.

    Of what is over it, as much fails: at twice the capacity every second request. With
    `collapses_at`, in the same unit, failures rise along a straight line instead, from nothing at
    the capacity to all there: overload costs the provider work that nobody gets.
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
        """The load up to which nothing fails: in requests, or in times of the healthy load."""
        return float(self.requests or self.times or 0)

    def overload(self, met: float, healthy: float | None = None) -> float:
        """Which share fails, from 0 to 1, where so many were met in the last `per` seconds.

        A capacity in `times` needs the number of a healthy day; where it is unknown, all fails.
        """
        if self.times is not None:
            if not healthy:
                return 1.0
            met = met / healthy
        if met <= self.limit:
            return 0.0
        if self.collapses_at is None:
            return 1.0 - self.limit / met
        return min(1.0, (met - self.limit) / (self.collapses_at - self.limit))


class Load:
    """The times at which the requests came that a capacity counts.

    They are looked at in steps of a sixth of `per`: what came since the last whole step does not
    count yet. So it does not matter who of several is first at one time, and tasks, threads and
    plain code that ask the same things at the same times meet the same load.
    """

    def __init__(self, per: float, calm_until: float) -> None:
        self._per, self._calm_until = per, calm_until
        self._times = array("d")

    def meet(self, at: float) -> None:
        """Count one request; mostly they come in order."""
        if self._times and at < self._times[-1]:
            insort(self._times, at)
        else:
            self._times.append(at)

    def at(self, time: float) -> int:
        """How many were met in the `per` seconds before the last whole step."""
        step = self._per / _STEPS
        until = math.floor(time / step) * step
        times = self._times
        return bisect_left(times, until) - bisect_left(times, until - self._per)

    @property
    def healthy(self) -> float | None:
        """How many were met in `per` seconds while nothing failed; None where nobody can say."""
        if not self._times:
            return None
        calm = self._calm_until - self._times[0]
        if calm < self._per:
            return None
        return bisect_right(self._times, self._calm_until) * self._per / calm


Loads = Mapping[str, Load]  # by window
