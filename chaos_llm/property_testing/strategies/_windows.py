"""Strategies for single windows: their length, targets, share and faults."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from chaos_llm.durations import Duration
from chaos_llm.faults.fault import Fault
from chaos_llm.profiles.model import Share, StickyBy, Target, WeightedFault, Window
from chaos_llm.property_testing.strategies._arguments import (
    Faults,
    longest_length,
    provider_list,
    surface_list,
    yes_or_no,
)
from chaos_llm.property_testing.strategies._choices import lengths, row, subsets
from chaos_llm.property_testing.strategies._faults import FaultChoices, fault_choices
from chaos_llm.property_testing.strategies._named import named

PROVIDERS = ("anthropic", "openai")
LONGEST: Duration = "12h"
_AT_MOST_FAULTS, _CHOICES = 3, 7  # in each window; the choices are the fields of a Shape


class Rate(NamedTuple):
    """The share of requests that is hit, and which requests share a draw."""

    share: float = 1.0
    sticky_by: StickyBy = "request"
    sticky_for: float | None = None


_RATES = (
    Rate(),
    Rate(0.5),
    Rate(0.9),
    Rate(0.2),
    Rate(0.1),
    Rate(0.5, "client", 60.0),
    Rate(0.2, "client", 60.0),
)


class Shape(NamedTuple):
    """A window without a position on the timeline.

    `pause` is the time after the end of the previous window; with `overlaps`, after its beginning.
    """

    length: float
    providers: tuple[str, ...]
    surface: str
    faults: tuple[Fault, ...]
    rate: Rate
    pause: float = 0.0
    overlaps: bool = False

    def at(self, name: str, begins: float, ends: float) -> Window:
        """The window at a position of the timeline."""
        return Window(
            name,
            (begins, begins),
            (ends, ends),
            tuple(Target(provider, self.surface) for provider in self.providers),
            Share.constant(self.rate.share),
            tuple(WeightedFault(1.0, fault) for fault in self.faults),
            self.rate.sticky_by,
            self.rate.sticky_for,
        )


def windows(
    *,
    providers: Sequence[str] = PROVIDERS,
    surfaces: Sequence[str] = ("api",),
    longest: Duration = LONGEST,
    faults: Faults = None,
    correlated: bool = False,
) -> SearchStrategy[Window]:
    """Draw one window, which opens when its profile starts.

    The arguments are those of `outages`.
    """
    shape = shapes(
        1,
        provider_list(providers),
        surface_list(surfaces),
        longest_length(longest),
        fault_choices(faults),
        correlated=yes_or_no("correlated", correlated),
    )
    return named(
        windows,
        shape.map(lambda drawn: drawn[0].at("window 1", 0.0, drawn[0].length)),
        providers=providers,
        surfaces=surfaces,
        longest=longest,
        faults=faults,
        correlated=correlated,
    )


def shapes(
    at_most: int,
    providers: tuple[str, ...],
    surfaces: tuple[str, ...],
    longest: float,
    faults: FaultChoices | SearchStrategy[Fault],
    *,
    correlated: bool,
) -> SearchStrategy[list[Shape]]:
    """Draw one to `at_most` windows, without their positions."""
    together = len(providers) if correlated else 1
    groups = [g for size in range(1, together + 1) for g in combinations(providers, size)]
    pauses, mixes = [0.0, *lengths(longest)], subsets(_AT_MOST_FAULTS)
    of_one = (lengths(longest), groups, surfaces, _RATES, pauses, (False, True), mixes)
    options: Sequence[Sequence[Any]] = (subsets(at_most), *of_one * at_most)
    faults_of_all = at_most * _AT_MOST_FAULTS
    if isinstance(faults, FaultChoices):
        choices = faults
        drawn = row(*options, *choices * faults_of_all)
        return drawn.map(lambda values: _shapes(values, at_most, choices))
    separate = st.tuples(row(*options), *[faults] * faults_of_all)
    return separate.map(lambda values: _shapes((*values[0], *values[1:]), at_most, None))


def _shapes(values: tuple[Any, ...], at_most: int, choices: FaultChoices | None) -> list[Shape]:
    """The windows of a row: the numbers of those that are used, the choices of each, all faults."""
    faults_begin = 1 + at_most * _CHOICES
    faults = values[faults_begin:]
    if choices is not None:
        faults = tuple(map(choices.fault, faults[::2], faults[1::2]))
    return [
        _shape(values[1 + n * _CHOICES :][:_CHOICES], faults[n * _AT_MOST_FAULTS :])
        for n in values[0]
    ]


def _shape(values: tuple[Any, ...], drawn: tuple[Fault, ...]) -> Shape:
    length, providers, surface, rate, pause, overlaps, mix = values
    unique = {repr(drawn[n]): drawn[n] for n in mix}  # the same fault may be drawn twice
    return Shape(length, providers, surface, tuple(unique.values()), rate, pause, overlaps)
