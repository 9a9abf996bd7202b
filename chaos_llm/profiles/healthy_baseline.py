"""The latency of healthy providers, for profiles that do not set it.

    [tool.chaos_llm]
    baseline = "healthy-medians-2026"       # a profile; its [baseline.PROVIDER] tables are used

Published figures differ by a factor of 2 to 6. So each such profile has a single source, and there
is no default: without a baseline, healthy providers answer at once.
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
    """A profile without windows.

    It starts now, so that tokens and certificates of other services are valid during it.
    """
    today = datetime.now(UTC).replace(microsecond=0)
    return Profile("healthy", "every provider is healthy", today, 0.0)


def with_baseline(
    profile: Profile, rootdir: Path, baseline: str | Path | Profile | None = None
) -> Profile:
    """The profile, with healthy latencies for the providers for which it has none.

    `baseline` is a profile that has them; by default the one that the nearest pyproject.toml
    names, if any. Raises UnknownName if it does not exist, UsageError if it has no latencies.
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
    healthy = load(baseline, rootdir=rootdir)
    if not healthy.baseline:
        message = f"baseline={healthy.name!r}: this profile has no [baseline.PROVIDER] table"
        raise UsageError(message)
    # Both profiles may have a source of the same key, so the baseline's get the profile's name.
    new_keys = {key: f"{healthy.name}: {key}" for key in healthy.sources}
    sources = {new_keys[key]: replace(s, key=new_keys[key]) for key, s in healthy.sources.items()}
    latencies = {name: _with_keys(each, new_keys) for name, each in healthy.baseline.items()}
    return replace(
        profile,
        baseline={**latencies, **profile.baseline},
        sources={**profile.sources, **sources},
    )


def _with_keys(latency: HealthyLatency, new_keys: Mapping[str, str]) -> HealthyLatency:
    """The same latency with new keys of its sources."""
    models = tuple((name, _with_keys(each, new_keys)) for name, each in latency.models)
    evidence = new_keys.get(latency.evidence, latency.evidence)
    return replace(latency, evidence=evidence, models=models)
