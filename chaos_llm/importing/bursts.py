"""Short bursts of failures: too short for a change point, and too many for chance.

Two change points must each gain more than chance gives anywhere in the sequence. Three failures in
four calls, and no other in a hundred, gain less, and yet chance does that once in 600 times.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, lgamma

LEAST_FAILURES = 3
_MOST_FAILURES = 60  # of a stretch in which bursts are looked for; change points find others
_RARE = 0.1  # the share of failures of such a stretch, at most
_CHANCE = 0.003


def burst(failures: Sequence[int], calls: int, strictness: float = 1.0) -> tuple[int, int] | None:
    """The first and the last failure of a burst among those calls; None if there is none.

    `failures` are the numbers of the calls that failed. A higher `strictness` finds fewer.
    """
    count = len(failures)
    if not LEAST_FAILURES <= count <= min(_MOST_FAILURES, _RARE * calls):
        return None
    least, first, last = min(
        (chance(last - first + 1, failures[last] - failures[first] + 1, count, calls), first, last)
        for first in range(count)
        for last in range(first + LEAST_FAILURES - 1, count)
    )
    return (failures[first], failures[last]) if least < _CHANCE**strictness else None


def chance(hits: int, width: int, failures: int, calls: int) -> float:
    """How likely chance puts so many of the failures into so few calls that follow each other.

    An upper bound: a burst begins with one of the failures, and of the others so many fall into the
    calls that follow it.
    """
    others, drawn, total = failures - 1, width - 1, calls - 1
    every = _log_choices(total, drawn)
    return failures * sum(
        exp(_log_choices(others, each) + _log_choices(total - others, drawn - each) - every)
        for each in range(hits - 1, min(others, drawn) + 1)
        if drawn - each <= total - others
    )


def _log_choices(among: int, chosen: int) -> float:
    """The logarithm of the number of ways to choose."""
    return lgamma(among + 1) - lgamma(chosen + 1) - lgamma(among - chosen + 1)
