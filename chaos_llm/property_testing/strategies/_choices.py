"""Draw many choices in one flat row, which Hypothesis searches and shrinks best.

Nested strategies find less, for two reasons. If two parts of a value come from similar strategies,
Hypothesis makes five of six examples by copying one part over the other. And if a part is left out,
all choices after it move up and get another meaning. In a row each choice has options of its own
and a fixed place, and is drawn whether it is used or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

_ALL_SUBSETS = 6  # of more elements there are too many subsets: only neighbours are used then

# Durations in seconds; Hypothesis shrinks towards the first.
_ROUND = (1.0, 10.0, 60.0, 600.0, 3600.0, 3 * 3600.0, 12 * 3600.0, 86400.0)
_OTHERS = (2.0, 5.0, 20.0, 30.0, 120.0, 300.0, 1200.0, 1800.0, 2 * 3600.0, 6 * 3600.0)


def row(*options: Sequence[Any]) -> SearchStrategy[tuple[Any, ...]]:
    """Draw one value of each of these options; shrinks towards the first of each.

    Each choice is drawn from a range of integers of its own, so no two choices look alike.
    """
    begins, choices = 0, []
    for each in options:
        choices.append(st.sampled_from(range(begins, begins + len(each))))
        begins += len(each)
    return st.tuples(*choices).map(lambda drawn: _looked_up(options, drawn))


def _looked_up(options: Sequence[Sequence[Any]], drawn: tuple[int, ...]) -> tuple[Any, ...]:
    found, begins = [], 0
    for each, choice in zip(options, drawn, strict=True):
        found.append(each[choice - begins])
        begins += len(each)
    return tuple(found)


def subsets(number: int) -> list[tuple[int, ...]]:
    """The subsets of `number` elements, as indexes: not the empty one, small ones first."""
    everything = range(number)
    if number <= _ALL_SUBSETS:
        sizes = range(1, number + 1)
        return [chosen for size in sizes for chosen in combinations(everything, size)]
    return [
        tuple(range(at, at + size))
        for size in range(1, number + 1)
        for at in range(number - size + 1)
    ]


def lengths(longest: float) -> list[float]:
    """Durations of 1 s to `longest`, in seconds: round ones first, short ones before long ones."""
    round_ones = [length for length in _ROUND if length < longest]
    return [*round_ones, longest, *(length for length in _OTHERS if length < longest)]
