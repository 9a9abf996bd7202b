"""Campaigns: an app against many profiles and seeds, with numbers that say how sure they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Unpack

from chaos_llm.campaign.table import Table
from chaos_llm.durations import Duration, seconds
from chaos_llm.profiles.model import Profile
from chaos_llm.replay.replay import ReplayOptions

__all__ = ["Table", "run"]


def run(
    app: str,
    profiles: str | Sequence[str | Profile],
    *,
    seeds: int = 20,
    first_seed: int = 0,
    out: str | Path = "campaign",
    resume: bool = False,
    workers: int | None = None,
    dask: Any = None,
    until_width: float | None = None,
    budget: Duration | None = None,
    limit: Duration = "10m",
    **options: Unpack[ReplayOptions],
) -> Table:
    """Play an app against many profiles and seeds, and return the table of what was seen.

    `app` is a name, as on the command line: workers are other processes, which import it.
    `profiles` are names, patterns, "tag:5xx", or profiles; `dask` is a `distributed.Client` or a
    scheduler's address. `until_width` is `--until`: a profile's seeds end at an interval so
    narrow. Other keywords are those of `replay`, without functions.
    """
    from chaos_llm.campaign.campaign import Campaign, chosen  # noqa: PLC0415 - on demand

    given = [profiles] if isinstance(profiles, str) else list(profiles)
    named = [each for each in given if isinstance(each, str)]
    found = {each.name: each for each in given if isinstance(each, Profile)}
    campaign = Campaign(
        app,
        (chosen(named) if named or not found else {}) | found,
        seeds,
        first_seed,
        options,
        until_width,
        None if budget is None else seconds(budget),
        seconds(limit),
    )
    return campaign.run(Path(out), resume=resume, workers=workers, dask=dask)
