"""Strategies for whole outages and generated months, and `climb`, which directs their search."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis import target
from hypothesis.strategies import SearchStrategy

from chaos_llm.durations import Duration, describe
from chaos_llm.profiles.generated_month import month
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

if TYPE_CHECKING:
    from chaos_llm.reports.report import Report

NAME = "drawn-outage"
STARTS = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)  # any date would do, if it is always the same
_SEEDS = 2**32 - 1  # the largest seed of a month that is drawn


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
    ("api", "login", "page", "client"). `faults` is a strategy, or a list of names and faults; by
    default all faults that are not silent. Providers fail one at a time; with `correlated` several
    may fail at once.

    Shrinks towards one window of 1 s in which the first provider answers each request with HTTP
    500. Raises UsageError or UnknownName for invalid arguments.
    """
    limit = longest_length(longest)
    drawn_shapes = shapes(
        count("at_most_windows", at_most_windows),
        provider_list(providers),
        surface_list(surfaces),
        limit,
        fault_choices(faults),
        correlated=yes_or_no("correlated", correlated),
    )
    return named(
        outages,
        drawn_shapes.map(lambda drawn: as_profile(_placed(drawn, limit, correlated=correlated))),
        providers=providers,
        surfaces=surfaces,
        longest=longest,
        faults=faults,
        at_most_windows=at_most_windows,
        correlated=correlated,
    )


def as_profile(windows: Sequence[Window], name: str = NAME) -> Profile:
    """The profile of these windows; its title describes them."""
    title = "; ".join(map(_described, windows))
    return Profile(name, title, STARTS, max(w.ends[1] for w in windows), tuple(windows))


def _placed(several: Sequence[Shape], limit: float, *, correlated: bool) -> list[Window]:
    """Each window after the previous one, or overlapping it; windows after `limit` are left out."""
    placed: list[Window] = []
    for shape in several:
        begins = shape.pause if placed else 0.0
        if placed:
            begins += placed[-1].begins[0] if shape.overlaps else placed[-1].ends[0]
        if not correlated:
            begins = max([begins, *(w.ends[0] for w in placed if _hits_another_provider(w, shape))])
        if begins < limit:
            ends = min(begins + shape.length, limit)
            placed.append(shape.at(f"window {len(placed) + 1}", begins, ends))
    return placed


def _hits_another_provider(window: Window, shape: Shape) -> bool:
    return any(target.provider not in shape.providers for target in window.on)


def _described(window: Window) -> str:
    providers = " and ".join(target.provider for target in window.on)
    surface = window.on[0].surface
    where = "" if surface == "api" else f" ({surface})"
    faults = ", ".join(weighted.fault.name for weighted in window.faults)
    return f"{providers}{where}: {faults} for {describe(window.ends[0] - window.begins[0])}"


def months(
    *,
    providers: Sequence[str] = ("anthropic", "openai"),
    incidents: int | None = None,
    days: float = 30,
) -> SearchStrategy[Profile]:
    """Draw months of up to `incidents` incidents a provider, with the durations of real ones.

    By default there are up to as many as were measured. Shrinks to fewer incidents, and to the
    seed 0. Raises as `chaos_llm.profiles.generated_month.month` does, when the strategy is made.
    """
    limit = None if incidents is None else count("incidents", incidents)
    example = month(0, providers=providers, incidents=limit, days=days)
    most = max(1, len(example.windows) // max(1, len(providers))) if limit is None else limit
    drawn = st.builds(
        month,
        st.integers(0, _SEEDS),
        providers=st.just(tuple(providers)),
        incidents=st.integers(1, most),
        days=st.just(days),
    )
    return named(months, drawn, providers=tuple(providers), incidents=incidents, days=days)


def climb(report: Report) -> None:
    """Direct Hypothesis towards worse outages than the one of this report.

    It reports three numbers as targets: the longest downtime (seconds), amplification (requests
    for each call), and waste (tokens billed for answers that did not arrive complete). Call it
    once in an example, before any assertion that may fail.
    """
    run = report.run
    lost = (e for e in run.api if not e.ok)
    target(float(report.longest_downtime), label="longest gap")
    target(len(run.api) / max(1, report.calls), label="amplification")
    target(float(sum(e.input_tokens + e.output_tokens for e in lost)), label="waste")
