"""Intervals of 95 %: Wilson's for shares of runs, bootstrap for means over runs; by scipy.

Calls of one run meet the same outage and are not independent, so a share of calls is bootstrapped
over whole runs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import NamedTuple

from chaos_llm.errors import UsageError

LEVEL = 0.95
COMPARED = 0.99  # of differences: a build is stopped by them, so a false alarm must be rare
# The same draws each time: the table must not differ from one reading to the next.
_RESAMPLES, _SEED = 1999, 0
_AT_ONCE = 1_000_000  # numbers drawn at once, so that many runs do not need as much memory
_FEW = 5  # pairs that differ: with fewer their mean is far from normal


class Estimate(NamedTuple):
    """A value with its interval."""

    value: float
    low: float
    high: float

    @property
    def width(self) -> float:
        return self.high - self.low


@cache
def stats() -> ModuleType:
    """scipy.stats; raises UsageError with the extra to install."""
    try:
        import scipy.stats  # noqa: PLC0415 - heavy, and an extra
    except ImportError:
        raise UsageError(
            'intervals need scipy: python -m pip install "chaos_llm[campaign]"'
        ) from None
    module: ModuleType = scipy.stats
    return module


@cache
def share(count: int, total: int) -> Estimate:
    """A share of independent runs, with Wilson's interval; without any run it may be anything."""
    if not total:
        return Estimate(0.0, 0.0, 1.0)
    found = stats().binomtest(count, total).proportion_ci(LEVEL, method="wilson")
    return Estimate(count / total, float(found.low), float(found.high))


def mean(values: Sequence[float]) -> Estimate:
    """A mean over runs, with a bootstrap interval; one run, or runs that agree, have no spread."""
    if not values:
        return Estimate(0.0, 0.0, 0.0)
    average = sum(values) / len(values)
    if len(set(values)) == 1:
        return Estimate(average, average, average)
    found = _bootstrap((values,), lambda sample, axis: sample.mean(axis=axis))
    return Estimate(average, *found)


def ratio(parts: Sequence[float], wholes: Sequence[float]) -> Estimate:
    """A share of calls, bootstrapped over runs: the sum of `parts` over the sum of `wholes`.

    Runs that agree do not show how rare the rare ones are: then the interval is Wilson's, with each
    run counted once.
    """
    total = sum(wholes)
    if not total:
        return Estimate(0.0, 0.0, 1.0)
    value, runs = sum(parts) / total, len(parts)
    wilson = share(round(value * runs), runs)
    if len({part / whole for part, whole in zip(parts, wholes, strict=True) if whole}) == 1:
        return Estimate(value, min(value, wilson.low), max(value, wilson.high))
    low, high = _bootstrap(
        (parts, wholes), lambda some, all_, axis: some.sum(axis=axis) / all_.sum(axis=axis)
    )
    return Estimate(value, max(0.0, low), min(1.0, high))


def _bootstrap(samples: Sequence[Sequence[float]], statistic: object) -> tuple[float, float]:
    import numpy as np  # noqa: PLC0415 - comes with scipy

    found = stats().bootstrap(
        [np.asarray(sample, dtype=float) for sample in samples],
        statistic,
        paired=True,
        vectorized=True,
        n_resamples=_RESAMPLES,
        batch=max(1, _AT_ONCE // len(samples[0])),
        confidence_level=LEVEL,
        method="percentile",
        rng=np.random.default_rng(_SEED),
    )
    interval = found.confidence_interval
    return float(interval.low), float(interval.high)


def difference(values: Sequence[float], measures: int = 1) -> Estimate:
    """The mean of paired differences between -1 and 1, with an interval by Student's t.

    With several measures each interval is wider, so that all of them together hold at 99 %. Where
    few pairs differ, the mean of the few is not normal: then the interval covers what a share of
    pairs as large as Wilson's bound could add. Pairs that all differ by the same amount show no
    spread: then it covers zero, too, unless they are so many that a sign test excludes chance.
    """
    count = len(values)
    average = sum(values) / count
    if not any(values):
        return Estimate(0.0, 0.0, 0.0)  # run by run the same
    level = 1 - (1 - COMPARED) / measures
    spread = stats().sem(values) if count > 1 else 1.0
    reach = float(stats().t.ppf((1 + level) / 2, max(1, count - 1)) * spread)
    unlike = sum(bool(value) for value in values)
    if unlike < _FEW:
        largest = max(abs(value) for value in values)
        bound = stats().binomtest(unlike, count).proportion_ci(level, method="wilson").high
        reach = max(reach, float(bound) * largest - abs(average))
    alike = len({round(value, 9) for value in values}) == 1
    if alike and 0.5 ** (count - 1) > 1 - level:
        reach = max(reach, abs(average))
    return Estimate(average, max(-1.0, average - reach), min(1.0, average + reach))


def pairs_needed(spread: float, margin: float, power: float = 0.8) -> int:
    """How many pairs of runs show that nothing got worse by more than `margin`.

    `spread` is the standard deviation of the paired differences.
    """
    normal = stats().norm
    z = float(normal.ppf((1 + COMPARED) / 2) + normal.ppf(power))
    return max(2, math.ceil((z * spread / margin) ** 2))
