"""A generated month: incidents with the durations and the reporting lags of real status pages.

    to_toml(month(seed=7, providers=["openai"]))

From a corpus of status pages: durations, the time from "monitoring" to "resolved", and the share of
incidents that are posted only when they are over. From the incidents of the shipped profiles: the
lag of the first post. Assumed: the number of incidents, what fails, and which share of requests. No
provider reports these, and the profile marks them so.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.faults import hang, overloaded, server_error
from chaos_llm.profiles.model import (
    Post,
    Profile,
    Share,
    Source,
    StatusPage,
    Target,
    WeightedFault,
    Window,
)
from chaos_llm.protocol.keyed_random import KeyedRandom

_MINUTE, _DAY = 60.0, 86400.0
_STARTS = datetime(2026, 1, 1, tzinfo=UTC)
_CORPUS = Source(
    "corpus",
    "monitor",
    "llm-service-analysis: incidents of LLM services until August 2024 (arXiv 2501.12469)",
    "https://github.com/atlarge-research/llm-service-analysis",
)
_LAGS = Source("lags", "monitor", "First posts of the incidents in the catalogue of chaos_llm")


@dataclass(frozen=True, slots=True)
class _Vendor:
    """Statistics of one vendor's incidents."""

    durations: tuple[tuple[float, float], ...]  # (quantile, minutes); the shortest is assumed
    monitoring: tuple[tuple[float, float], ...]  # (quantile, share of the duration) in that state
    identified: float  # share of the time until "monitoring", from the medians of both gaps
    retroactive: float  # share of incidents with a single post, made when they are over
    lags: tuple[float, ...]  # minutes from the first failure to the first post


_VENDORS = {
    "anthropic": _Vendor(
        ((0, 5), (0.5, 55), (0.75, 112), (0.9, 321), (0.99, 1777)),  # p99: assumed, OpenAI's
        ((0.5, 21 / 55), (0.9, 152 / 321)),
        24 / 25,
        0.21,
        (6, 7, 12, 13, 19, 37, 107, 158),
    ),
    "openai": _Vendor(
        ((0, 5), (0.5, 77), (0.75, 172), (0.9, 323), (0.99, 1777)),
        ((0.5, 29 / 77), (0.9, 178 / 323)),
        32 / 44,
        0.10,
        (12, 19, 20, 32),
    ),
}


def month(
    seed: int = 0,
    *,
    providers: Sequence[str] = ("anthropic", "openai"),
    incidents: int = 8,
    days: float = 30,
    starts: datetime = _STARTS,
) -> Profile:
    """Generate `incidents` incidents of each provider, at uniformly drawn times in `days` days.

    The same seed gives the same month. Raises UnknownName for a provider of which the corpus has
    too few incidents, UsageError for days that are not over 0 or a negative number of incidents.
    """
    for provider in providers:
        if provider not in _VENDORS:
            raise UnknownName("provider with statistics", provider, _VENDORS)
    if not (0 < days < math.inf):
        raise UsageError(f"days is the length of the month, over 0; got {days!r}")
    if incidents < 0:
        raise UsageError(f"incidents is the number for each provider, 0 or more; got {incidents!r}")
    drawn = {name: list(_incidents(seed, name, incidents, days)) for name in providers}
    ends = max([days * _DAY, *(each.ends for group in drawn.values() for each in group)])
    return Profile(
        name=f"month-{seed}",
        title=f"A generated month of {' and '.join(providers)}, seed {seed}",
        starts=starts,
        ends=math.ceil(ends),
        windows=tuple(each.window() for group in drawn.values() for each in group),
        tags=("generated", "status-lag"),
        confidence="durations and states as in a corpus; number, faults and shares are assumed",
        sources={_CORPUS.key: _CORPUS, _LAGS.key: _LAGS} if incidents else {},
        status_pages={
            name: StatusPage(name, _posts(group), evidence="corpus")
            for name, group in drawn.items()
        },
    )


@dataclass(frozen=True, slots=True)
class _Incident:
    """One incident with its status page posts; all times are seconds after the month's start."""

    provider: str
    number: int
    begins: float
    ends: float
    posts: tuple[tuple[float, str], ...]
    share: float
    fault: int

    def window(self) -> Window:
        """The window of the profile that simulates it."""
        evidence = {"from": "assumed", "until": "corpus", "on": "assumed", "share": "assumed"}
        return Window(
            name=f"{self.provider} {self.number}",
            begins=(self.begins, self.begins),
            ends=(self.ends, self.ends),
            on=(Target(self.provider),),
            share=Share.constant(self.share),
            faults=_MIXES[self.fault],
            sticky_by="client",
            sticky_for=300.0,
            evidence=evidence
            | {"sticky_by": "assumed", "sticky_for": "assumed", "faults": "assumed"},
        )


_MIXES = (
    (WeightedFault(1.0, server_error()),),
    (WeightedFault(1.0, overloaded()),),
    (WeightedFault(1.0, hang()),),
)


def _incidents(seed: int, provider: str, count: int, days: float) -> Iterator[_Incident]:
    vendor = _VENDORS[provider]
    begun = sorted(
        KeyedRandom("month", seed, provider, number).between(0.0, days * _DAY)
        for number in range(count)
    )
    for number, begins in enumerate(begun, start=1):
        rng = KeyedRandom("month incident", seed, provider, number)
        # One roll for all durations: a long incident is long in each of its states.
        roll, lag = rng.roll(), _whole(rng.choose(vendor.lags))
        length = _whole(_at(vendor.durations, roll, logarithmic=True))
        monitored = length * _at(vendor.monitoring, roll)
        first = math.floor(begins / _MINUTE) * _MINUTE + lag
        fixed = first + _whole((length - monitored) / _MINUTE)
        resolved = first + length
        posts: tuple[tuple[float, str], ...] = (
            (first, "investigating"),
            (first + _whole((fixed - first) / _MINUTE * vendor.identified), "identified"),
            (fixed, "monitoring"),
            (resolved, "resolved"),
        )
        if rng.roll() < vendor.retroactive:
            posts = posts[-1:]
        share = round(rng.between(0.1, 0.9), 2)
        fault = rng.choose(range(len(_MIXES)))
        yield _Incident(provider, number, first - lag, fixed, posts, share, fault)


def _posts(incidents: Sequence[_Incident]) -> tuple[Post, ...]:
    posts = (
        Post(
            at,
            state,
            incident=each.number,
            evidence="lags" if state == "investigating" else "corpus",
        )
        for each in incidents
        for at, state in each.posts
    )
    return tuple(sorted(posts, key=lambda post: post.at))


def _whole(minutes: float) -> float:
    """Seconds of a whole number of minutes, since status pages give their times in minutes."""
    return max(1, round(minutes)) * _MINUTE


def _at(
    curve: Sequence[tuple[float, float]], quantile: float, *, logarithmic: bool = False
) -> float:
    """The value at a quantile, interpolated between known ones: linearly, or by logarithms."""
    after = bisect_right(curve, quantile, key=lambda point: point[0])
    if after == 0:
        return curve[0][1]
    if after == len(curve):
        return curve[-1][1]
    (q0, v0), (q1, v1) = curve[after - 1], curve[after]
    part = (quantile - q0) / (q1 - q0)
    if logarithmic:
        return math.exp(math.log(v0) + (math.log(v1) - math.log(v0)) * part)
    return v0 + (v1 - v0) * part
