"""How fast providers are where the bad day does not say it: as on a healthy day that a team chose.

    [tool.chaos_llm]
    baseline = "healthy-medians-2026"       # a profile; its [baseline.PROVIDER] tables count

Published figures differ by a factor of 2 to 6, so each such profile has one source, and none is the
default: without one, healthy providers answer at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from chaos_llm.config import own_table
from chaos_llm.errors import UsageError
from chaos_llm.profiles.loading import load
from chaos_llm.profiles.model import HealthyLatency, Profile


def healthy_profile() -> Profile:
    """No windows, on the day that it is: keys and certificates of other services stay valid."""
    today = datetime.now(UTC).replace(microsecond=0)
    return Profile("healthy", "every provider is healthy", today, 0.0)


def with_baseline(
    profile: Profile, rootdir: Path, baseline: str | Path | Profile | None = None
) -> Profile:
    """The same day, with the paces of a healthy one for the providers of which it has none.

    `baseline` is a profile; without it the nearest pyproject.toml may name one. Raises UnknownName
    for one that is not there, UsageError for one without any pace.
    """
    if baseline is None:
        path, table = own_table(rootdir)
        baseline = table.get("baseline")
        if baseline is None:
            return profile
        if not isinstance(baseline, str):
            message = (
                f"{path}: [tool.chaos_llm] baseline is the name of a profile; got {baseline!r}"
            )
            raise UsageError(message)
    usual = load(baseline, rootdir=rootdir)
    if not usual.baseline:
        raise UsageError(f"baseline={usual.name!r}: this profile has no [baseline.PROVIDER] table")
    called = {key: f"{usual.name}: {key}" for key in usual.sources}
    sources = {called[key]: replace(s, key=called[key]) for key, s in usual.sources.items()}
    paces = {name: _resting(pace, called) for name, pace in usual.baseline.items()}
    return replace(
        profile,
        baseline={**paces, **profile.baseline},
        sources={**profile.sources, **sources},
    )


def _resting(pace: HealthyLatency, called: Mapping[str, str]) -> HealthyLatency:
    """The pace, resting on sources that are called otherwise here."""
    models = tuple((name, _resting(each, called)) for name, each in pace.models)
    return replace(pace, evidence=called.get(pace.evidence, pace.evidence), models=models)
