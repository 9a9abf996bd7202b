"""Several outages, one after the other, with a report for each and figures for all of them.

    from chaos_llm.years import replay_all, year

    replays = replay_all("year-2026:anthropic", lambda: SupportBot().answer)
    print(replays)                       # a line per incident, and the availability of the year
    assert replays.availability() > 0.999

A generated year does it, too: `replay_all([month(days=365)], lambda: SupportBot().answer)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from chaos_llm.analysis.call import ANSWERED
from chaos_llm.outage_context import outage
from chaos_llm.profiles import packs
from chaos_llm.profiles.model import Profile
from chaos_llm.profiles.packs import year
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

    @property
    def in_all(self) -> str:
        """How many outages there were, how many of them users saw, and what it cost them."""
        seen = sum(each.downtime > 0 for each in self.incidents)
        return (
            f"{len(self)} outages, {seen} of which users saw: {self.downtime / _HOUR:.1f} hours "
            f"without an answer, an availability of {self.availability():.3%} over {_YEAR:.0f} days"
        )

    def __str__(self) -> str:
        """A table: when each outage began, how long it was, and which share of calls it left."""
        lines = [f"{'begins':<12}{'hours':>8}{'answered':>10}{'lost hours':>12}  profile"]
        lines += [
            f"{each.profile.starts:%Y-%m-%d}  {each.lasted / _HOUR:>8.1f}{each.answered:>10.1%}"
            f"{each.downtime / _HOUR:>12.1f}  {each.profile.name}"
            for each in self.incidents
        ]
        return "\n".join([*lines, f"\n{self.in_all}"])

    def json(self) -> dict[str, Any]:
        """The figures of each outage and of all, as plain values; durations are seconds."""
        return {
            "outages": [_figures(each) for each in self.incidents],
            "downtime": self.downtime,
            "availability": self.availability(),
            "days": _YEAR,
        }

    def write(self, folder: Path, title: str) -> Path:
        """Write a page for each outage, and index.html, which is returned; raises OSError."""
        from chaos_llm.reports.html.outages import OutageRow, outages_page  # noqa: PLC0415 - on demand

        folder.mkdir(parents=True, exist_ok=True)
        rows = []
        for number, each in enumerate(self.incidents, 1):
            name = f"{number:03}-{each.profile.name}.html"
            (folder / name).write_text(each.report.html(each.profile.name), encoding="utf-8")
            figures = (each.lasted, each.answered, each.downtime, each.report.grade, name)
            rows.append(OutageRow(each.profile.name, each.profile.starts, *figures))
        index = folder / "index.html"
        index.write_text(outages_page(rows, title, f"{self.in_all}."), encoding="utf-8")
        return index


def _figures(incident: Incident) -> dict[str, Any]:
    return {
        "profile": incident.profile.name,
        "starts": incident.profile.starts.isoformat(),
        "lasted": incident.lasted,
        "answered": incident.answered,
        "downtime": incident.downtime,
        "longest_downtime": incident.report.longest_downtime,
        "calls": incident.report.calls,
        "grade": incident.report.grade,
    }


def replay_all(
    profiles: str | Iterable[str | Profile],
    make_app: Callable[[], App],
    *,
    calls: int = _CALLS,
    seed: int = 0,
    progress: Callable[[str, float], None] = lambda _name, _share: None,
) -> Replays:
    """Replay an app in each outage, with so many calls, and skip the quiet stretches.

    A name may be a pack's: "year-2026" or "year-2026:anthropic".
    `make_app` makes the app anew in each outage: clients that are made there find placeholders for
    the keys that are not set, and no breaker or cache remembers the outage before. `progress` is
    called before each outage with its number and the share of all that is done.
    """
    incidents: list[Incident] = []
    every = _all(profiles)
    for each in every:
        progress(f"{len(incidents) + 1} of {len(every)}", len(incidents) / len(every))
        with outage(each, seed=seed) as chaos:
            report = chaos.replay(
                make_app(), calls=calls, warmup=_AROUND, recovery=_AROUND, skip_quiet=_QUIET
            )
        incidents.append(Incident(report))
    return Replays(tuple(incidents))


def _all(given: str | Iterable[str | Profile]) -> list[Profile]:
    """All profiles of names, packs and profiles."""
    return [
        profile
        for each in ([given] if isinstance(given, str) else given)
        for profile in (packs.expanded(each) if isinstance(each, str) else [each])
    ]
