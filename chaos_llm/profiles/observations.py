"""What was recorded, beside the profile that was made of it: calls and failures over time.

`fault_profiles/ours.toml` has its observations in `fault_profiles/ours.observed.json`. `chaos-llm
show` draws them beside the profile, and `chaos-llm lint` compares them with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from chaos_llm.errors import UsageError
from chaos_llm.profiles.model import Profile, Target, Window

KIND = "chaos_llm observations"
SUFFIX = ".observed.json"


@dataclass(frozen=True, slots=True)
class ObservedBin:
    """The calls that were sent in an interval: seconds after the profile's start."""

    begins: float
    ends: float
    calls: int
    failed: int


@dataclass(frozen=True, slots=True)
class ObservedSeries:
    """The calls of one provider, surface and model; bins without a call are left out."""

    provider: str
    surface: str
    model: str
    bins: tuple[ObservedBin, ...]

    def merged(self, length: float, most: int) -> ObservedSeries:
        """The same calls in at most so many intervals over a length in seconds."""
        width = length / most
        sums: dict[int, list[int]] = {}
        for each in self.bins:
            number = int((each.begins + each.ends) / 2 // width)
            counted = sums.setdefault(number, [0, 0])
            counted[0] += each.calls
            counted[1] += each.failed
        bins = (
            ObservedBin(number * width, (number + 1) * width, calls, failed)
            for number, (calls, failed) in sums.items()
        )
        return replace(self, bins=tuple(bins))

    def is_of(self, target: Target) -> bool:
        """Whether a target covers all calls of the series, as far as it is known."""
        whole = Target(target.provider, target.surface, target.model)
        return (
            whole == target
            and target.provider in (self.provider, "*")
            and target.surface == self.surface
            and (not target.model or _matches(self.model, target.model))
        )


@dataclass(frozen=True)
class Observations:
    """All series of a recording; `starts` is the start of the profile that was made of it."""

    starts: datetime
    interval: float
    series: tuple[ObservedSeries, ...]

    def within(self, window: Window) -> Iterator[tuple[ObservedSeries, ObservedBin]]:
        """The bins of a window's targets that lie in it as a whole."""
        for series in self.series:
            if not any(series.is_of(target) for target in window.on):
                continue
            for each in series.bins:
                if each.begins >= window.begins[1] and each.ends <= window.ends[0]:
                    yield series, each


def path_beside(profile: Path) -> Path:
    """The file of the observations of a profile's file."""
    return profile.with_name(profile.name.removesuffix(".toml") + SUFFIX)


def read(profile: Profile, path: Path) -> Observations | None:
    """The observations beside a profile's file; None if there are none.

    Raises UsageError for a file that is not one of these.
    """
    beside = path_beside(path)
    try:
        value = json.loads(beside.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UsageError(f"{beside} cannot be read: {error}") from None
    try:
        return _observations(value, profile)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{beside} is no file of observations: {error!r}") from None


def written(observations: Observations) -> str:
    """The text of the file."""
    series = [
        {
            "provider": each.provider,
            "surface": each.surface,
            "model": each.model,
            "bins": [
                [round(b.begins / observations.interval), b.calls, b.failed] for b in each.bins
            ],
        }
        for each in observations.series
    ]
    about = {
        "kind": KIND,
        "schema_version": 1,
        "starts": observations.starts.isoformat(),
        "interval": observations.interval,
        "columns": ["number of the interval", "calls", "failed"],
    }
    lines = ",\n".join(f"  {json.dumps(each, separators=(',', ':'))}" for each in series)
    head = json.dumps(about)[:-1]
    return f'{head}, "series": [\n{lines}\n]}}\n'


def _observations(value: Any, profile: Profile) -> Observations:
    if value["kind"] != KIND:
        raise ValueError("kind")
    starts, interval = datetime.fromisoformat(value["starts"]), float(value["interval"])
    moved = (starts - profile.starts).total_seconds()  # somebody may have edited the profile
    return Observations(
        profile.starts,
        interval,
        tuple(
            ObservedSeries(
                str(each["provider"]),
                str(each["surface"]),
                str(each["model"]),
                tuple(
                    ObservedBin(
                        moved + number * interval,
                        moved + (number + 1) * interval,
                        *(int(calls), int(failed)),
                    )
                    for number, calls, failed in each["bins"]
                ),
            )
            for each in value["series"]
        ),
    )


def _matches(model: str, pattern: str) -> bool:
    from fnmatch import fnmatchcase  # noqa: PLC0415 - seldom needed

    return fnmatchcase(model, pattern)
