"""Many choices in one row, which is what Hypothesis searches and shrinks best.

A nested strategy looks better and finds less. Where two parts of a value come from like strategies,
five of six examples that Hypothesis makes are copies of one part over another; here each choice is
of its own kind, and each example a new one. And where a part is left out, all that is behind it
moves up and means something else; here each choice keeps its place, and is made whether it is used
or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

_ALL_SUBSETS = 6  # of more there are too many: then those that stand side by side will do


def row(*options: Sequence[Any]) -> SearchStrategy[tuple[Any, ...]]:
    """One of each of these options; shrinks towards the first of each."""
    begins, places = 0, []
    for each in options:
        places.append(st.sampled_from(range(begins, begins + len(each))))
        begins += len(each)
    return st.tuples(*places).map(lambda drawn: _looked_up(options, drawn))


def _looked_up(options: Sequence[Sequence[Any]], drawn: tuple[int, ...]) -> tuple[Any, ...]:
    found, begins = [], 0
    for each, place in zip(options, drawn, strict=True):
        found.append(each[place - begins])
        begins += len(each)
    return tuple(found)


def subsets(number: int) -> list[tuple[int, ...]]:
    """Which of so many are there: at least one, fewer before more."""
    everything = range(number)
    if number <= _ALL_SUBSETS:
        sizes = range(1, number + 1)
        return [chosen for size in sizes for chosen in combinations(everything, size)]
    return [
        tuple(range(at, at + size))
        for size in range(1, number + 1)
        for at in range(number - size + 1)
    ]
