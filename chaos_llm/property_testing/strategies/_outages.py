"""Whole outages: a few windows, one after the other or over each other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from hypothesis.strategies import SearchStrategy

from chaos_llm.durations import Duration, describe
from chaos_llm.profiles.model import Profile, Window
from chaos_llm.property_testing.strategies._arguments import (
    Faults,
    count,
    longest_length,
    provider_list,
    surface_list,
    yes_or_no,
)
from chaos_llm.property_testing.strategies._faults import fault_choices
from chaos_llm.property_testing.strategies._named import named
from chaos_llm.property_testing.strategies._windows import LONGEST, PROVIDERS, Shape, shapes

NAME = "drawn-outage"
STARTS = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)  # any day would do; always the same one does


def outages(
    *,
    providers: Sequence[str] = PROVIDERS,
    surfaces: Sequence[str] = ("api",),
    longest: Duration = LONGEST,
    faults: Faults = None,
    at_most_windows: int = 3,
    correlated: bool = False,
) -> SearchStrategy[Profile]:
    """Draw an outage of these providers, as a profile for `outage(profile)`.

    It lasts no longer than `longest` and has one window or more, each on one of the `surfaces`
    ("api", "login", "page"). `faults` is a strategy, or a list of names and faults; without it, all
    that an app can see. Providers fail one at a time; with `correlated` several may fail at once.

    Shrinks towards one window of 1 s in which the first provider answers each request with HTTP
    500. Raises UsageError or UnknownName for what cannot be drawn.
    """
    limit = longest_length(longest)
    several = shapes(
        count("at_most_windows", at_most_windows),
        provider_list(providers),
        surface_list(surfaces),
        limit,
        fault_choices(faults),
        correlated=yes_or_no("correlated", correlated),
    )
    return named(
        outages,
        several.map(lambda drawn: as_profile(_placed(drawn, limit, correlated=correlated))),
        providers=providers,
        surfaces=surfaces,
        longest=longest,
        faults=faults,
        at_most_windows=at_most_windows,
        correlated=correlated,
    )


def as_profile(windows: Sequence[Window], name: str = NAME) -> Profile:
    """The profile of these windows; what happens in them is its title."""
    title = "; ".join(map(_told, windows))
    return Profile(name, title, STARTS, max(w.ends[1] for w in windows), tuple(windows))


def _placed(several: Sequence[Shape], limit: float, *, correlated: bool) -> list[Window]:
    """Each window behind the one before, or over it; what does not fit any more is left out."""
    placed: list[Window] = []
    for shape in several:
        begins = shape.pause if placed else 0.0
        if placed:
            begins += placed[-1].begins[0] if shape.overlaps else placed[-1].ends[0]
        if not correlated:
            begins = max([begins, *(w.ends[0] for w in placed if _is_of_others(w, shape))])
        if begins < limit:
            ends = min(begins + shape.length, limit)
            placed.append(shape.at(f"window {len(placed) + 1}", begins, ends))
    return placed


def _is_of_others(window: Window, shape: Shape) -> bool:
    return any(target.provider not in shape.providers for target in window.on)


def _told(window: Window) -> str:
    who = " and ".join(target.provider for target in window.on)
    surface = window.on[0].surface
    where = "" if surface == "api" else f" ({surface})"
    faults = ", ".join(weighted.fault.name for weighted in window.faults)
    return f"{who}{where}: {faults} for {describe(window.ends[0] - window.begins[0])}"
