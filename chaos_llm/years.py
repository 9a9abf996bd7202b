"""Several outages, one after the other, with a report for each and figures for all of them.

    from chaos_llm.years import replay_all, year

    replays = replay_all(year(2026, "anthropic"), lambda: SupportBot().answer)
    print(replays)                       # a line per incident, and the availability of the year
    assert replays.availability() > 0.999

A generated year does it, too: `replay_all([month(days=365)], lambda: SupportBot().answer)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from chaos_llm.analysis.call import ANSWERED
from chaos_llm.errors import UsageError
from chaos_llm.outage_context import outage
from chaos_llm.profiles import catalogue, loading
from chaos_llm.profiles.model import Profile
from chaos_llm.replay.simulated_users import App
from chaos_llm.reports.report import Report

__all__ = ["Incident", "Replays", "replay_all", "year"]

_DAY, _HOUR = 86400.0, 3600.0
_YEAR = 365.0  # days
_CALLS = 60  # for each profile, of which some come before the outage and after it
_AROUND, _QUIET = "5m", "10m"  # healthy time before and after; longer quiet stretches are skipped


@dataclass(frozen=True)
class Incident:
    """One outage of several."""

    report: Report

    @property
    def profile(self) -> Profile:
        """The profile that was replayed."""
        return self.report.run.profile

    @cached_property
    def _stretches(self) -> list[tuple[float, float]]:
        """When a window was open, without overlaps; seconds of the profile."""
        windows = self.report.run.overrides.plan.windows
        merged: list[tuple[float, float]] = []
        for begins, ends in sorted((each.begins, each.ends) for each in windows):
            if merged and begins <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(ends, merged[-1][1]))
            else:
                merged.append((begins, ends))
        return merged

    @property
    def lasted(self) -> float:
        """The seconds in which a window of the profile was open."""
        return sum(ends - begins for begins, ends in self._stretches)

    @cached_property
    def answered(self) -> float:
        """The share of the calls in that time that were answered; 1 if no call came in it."""
        within = [
            call.outcome in ANSWERED
            for call in self.report.run.calls
            if any(begins <= call.due < ends for begins, ends in self._stretches)
        ]
        return sum(within) / len(within) if within else 1.0

    @property
    def downtime(self) -> float:
        """The seconds of that time in which users had no answer, by the share of their calls."""
        return self.lasted * (1 - self.answered)


@dataclass(frozen=True)
class Replays:
    """The reports of several outages, in the order in which they were replayed."""

    incidents: tuple[Incident, ...]

    def __iter__(self) -> Iterator[Incident]:
        return iter(self.incidents)

    def __len__(self) -> int:
        return len(self.incidents)

    @property
    def downtime(self) -> float:
        """The seconds without an answer in all outages; overlapping profiles count twice."""
        return sum(each.downtime for each in self.incidents)

    def availability(self, days: float = _YEAR) -> float:
        """The share of so many days in which users had an answer, from 0 to 1."""
        return max(0.0, 1 - self.downtime / (days * _DAY))

    def __str__(self) -> str:
        """A table: when each outage began, how long it was, and which share of calls it left."""
        lines = [f"{'begins':<12}{'hours':>8}{'answered':>10}{'lost hours':>12}  profile"]
        lines += [
            f"{each.profile.starts:%Y-%m-%d}  {each.lasted / _HOUR:>8.1f}{each.answered:>10.1%}"
            f"{each.downtime / _HOUR:>12.1f}  {each.profile.name}"
            for each in self.incidents
        ]
        seen = sum(each.downtime > 0 for each in self.incidents)
        lines.append(
            f"\n{len(self)} outages, {seen} of which users saw: {self.downtime / _HOUR:.1f} hours "
            f"without an answer, an availability of {self.availability():.3%} over {_YEAR:.0f} days"
        )
        return "\n".join(lines)


def year(number: int, provider: str | None = None) -> list[Profile]:
    """The profiles of that year's dated incidents, in the order in which they began.

    A dated profile has the year in its name. With a provider, those that hit its API or its logins.
    A day that two profiles tell of is in both. Raises UsageError if there is none.
    """
    found = [
        profile
        for name in catalogue.names()
        if f"-{number}-" in name
        and (profile := loading.load(name)).starts.year == number
        and _hits(profile, provider)
    ]
    if not found:
        of = f" of {provider}" if provider else ""
        raise UsageError(f"no dated profile{of} is of the year {number}")
    return sorted(found, key=lambda profile: (profile.starts, profile.name))


def _hits(profile: Profile, provider: str | None) -> bool:
    return any(
        target.surface in ("api", "login") and provider in (None, target.provider)
        for window in profile.windows
        if window.simulated
        for target in window.on
    )


def replay_all(
    profiles: Iterable[str | Profile],
    make_app: Callable[[], App],
    *,
    calls: int = _CALLS,
    seed: int = 0,
) -> Replays:
    """Replay an app in each outage, with so many calls, and skip the quiet stretches.

    `make_app` makes the app anew in each outage: clients that are made there find placeholders for
    the keys that are not set, and no breaker or cache remembers the outage before.
    """
    incidents = []
    for each in profiles:
        with outage(each, seed=seed) as chaos:
            report = chaos.replay(
                make_app(), calls=calls, warmup=_AROUND, recovery=_AROUND, skip_quiet=_QUIET
            )
        incidents.append(Incident(report))
    return Replays(tuple(incidents))
