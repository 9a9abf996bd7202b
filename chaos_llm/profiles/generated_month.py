"""A generated month: incidents with the statistics of real status pages.

    to_toml(month(seed=7, providers=["openai"]))

From the status feeds of 2026: how many incidents there are, how long they last, at which hour and
on which day they begin, and how bad a component gets. From a corpus of status pages: the time from
"monitoring" to "resolved", and the share of incidents that are posted only when they are over. From
the incidents of the shipped profiles: the lag of the first post. Assumed: what fails, and which
share of requests. No provider reports these, and the profile marks them so.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.faults import hang, overloaded, server_error
from chaos_llm.profiles.incident_statistics import (
    CORPUS,
    FEEDS,
    HOURS,
    LAGS,
    VENDORS,
    WEEKDAYS,
    at_quantile,
)
from chaos_llm.profiles.model import Post, Profile, Share, StatusPage, Target, WeightedFault, Window
from chaos_llm.protocol.keyed_random import KeyedRandom

_MINUTE, _DAY = 60.0, 86400.0
_SLOT = _DAY / len(HOURS)
_STARTS = datetime(2026, 1, 1, tzinfo=UTC)


def month(
    seed: int = 0,
    *,
    providers: Sequence[str] = ("anthropic", "openai"),
    incidents: int | None = None,
    days: float = 30,
    starts: datetime = _STARTS,
) -> Profile:
    """Generate the incidents of each provider in `days` days, as many as were measured.

    `incidents` is another number for each provider. The same seed gives the same month. Raises
    UnknownName for a provider without statistics, UsageError for days that are not over 0 or a
    negative number of incidents.
    """
    for provider in providers:
        if provider not in VENDORS:
            raise UnknownName("provider with statistics", provider, VENDORS)
    if not (0 < days < math.inf):
        raise UsageError(f"days is the length of the month, over 0; got {days!r}")
    if incidents is not None and incidents < 0:
        raise UsageError(f"incidents is the number for each provider, 0 or more; got {incidents!r}")
    drawn = {
        name: list(_incidents(seed, name, _count(name, incidents, days), days, starts))
        for name in providers
    }
    ends = max([days * _DAY, *(each.ends for group in drawn.values() for each in group)])
    return Profile(
        name=f"month-{seed}",
        title=f"A generated month of {' and '.join(providers)}, seed {seed}",
        starts=starts,
        ends=math.ceil(ends),
        windows=tuple(each.window() for group in drawn.values() for each in group),
        tags=("generated", "status-lag"),
        confidence="number, durations, hours and states as measured; faults and shares are assumed",
        sources={each.key: each for each in (CORPUS, FEEDS, LAGS)} if any(drawn.values()) else {},
        status_pages={
            name: StatusPage(name, _posts(group), evidence="corpus")
            for name, group in drawn.items()
        },
    )


def _count(provider: str, incidents: int | None, days: float) -> int:
    """The number of incidents of a provider: what is asked for, or the measured frequency."""
    return round(VENDORS[provider].per_day * days) if incidents is None else incidents


@dataclass(frozen=True, slots=True)
class _Incident:
    """One incident with its status page posts; all times are seconds after the month's start."""

    provider: str
    number: int
    begins: float
    ends: float
    posts: tuple[tuple[float, str], ...]
    impact: str
    share: float
    fault: int

    def window(self) -> Window:
        """The window of the profile that simulates it."""
        evidence = {"from": "feeds", "until": "feeds", "on": "assumed", "share": "assumed"}
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


def _incidents(
    seed: int, provider: str, count: int, days: float, starts: datetime
) -> Iterator[_Incident]:
    vendor = VENDORS[provider]
    for number, begins in enumerate(_begun(seed, provider, count, days, starts), start=1):
        rng = KeyedRandom("month incident", seed, provider, number)
        # One roll for all durations: a long incident is long in each of its states.
        roll, lag = rng.roll(), _whole(rng.choose(vendor.lags))
        length = _whole(vendor.minutes(rng, roll))
        monitored = length * at_quantile(vendor.monitoring, roll)
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
        severity = vendor.severity(rng)
        share = round(rng.between(*severity.share), 2)
        fault = rng.choose(range(len(_MIXES)))
        impact = severity.impact
        yield _Incident(provider, number, first - lag, fixed, posts, impact, share, fault)


def _begun(seed: int, provider: str, count: int, days: float, starts: datetime) -> Sequence[float]:
    """When incidents begin, in order: drawn by the hour of the day and the day of the week."""
    slots = range(math.ceil(days * _DAY / _SLOT))
    moments = [starts + timedelta(seconds=_SLOT * slot) for slot in slots]
    weights = [
        WEEKDAYS[moment.weekday()] * HOURS[int(moment.hour // (24 / len(HOURS)))]
        for moment in moments
    ]
    begun = []
    for number in range(count):
        rng = KeyedRandom("month", seed, provider, number)
        slot = rng.weighted(slots, weights)
        begun.append(min(rng.between(slot, slot + 1) * _SLOT, days * _DAY))
    return sorted(begun)


def _posts(incidents: Sequence[_Incident]) -> tuple[Post, ...]:
    posts = (
        Post(
            at,
            state,
            incident=each.number,
            evidence="lags" if state == "investigating" else "corpus",
            impact=each.impact if at == each.posts[0][0] else "",
        )
        for each in incidents
        for at, state in each.posts
    )
    return tuple(sorted(posts, key=lambda post: post.at))


def _whole(minutes: float) -> float:
    """Seconds of a whole number of minutes, since status pages give their times in minutes."""
    return max(1, round(minutes)) * _MINUTE
