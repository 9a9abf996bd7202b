"""What the marker `chaos_campaign` asks for: profiles, and the seeds of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

CAMPAIGN = "chaos_campaign"
MARKER = (
    "chaos_campaign(profiles=, seeds=20, first_seed=0, at=None, provider=None, strict=None): run "
    "the test once with each of so many seeds of each profile, and show how often it passed, with "
    "intervals; `profiles` are names, patterns (`anthropic-*`) and `tag:5xx`; `at`, `provider` and "
    "`strict` are those of `chaos`"
)
_ALSO = {"at", "provider", "strict"}
_FEWEST, _SEEDS = 1, 20


class WrongMarker(Exception):
    """A marker that cannot work; the text says why."""


def profiles(marker: pytest.Mark, rootdir: Path) -> list[str]:
    """The names of the profiles that a marker selects. Raises WrongMarker."""
    from chaos_llm.campaign.campaign import chosen  # noqa: PLC0415 - only for tests that use it
    from chaos_llm.errors import ChaosError  # noqa: PLC0415 - only for tests that use it

    given = _patterns(marker.kwargs.get("profiles"))
    unknown = set(marker.kwargs) - {"profiles", "seeds", "first_seed", *_ALSO}
    if marker.args or unknown or not given or not _are_seeds(marker.kwargs):
        raise WrongMarker(f"the marker is {MARKER}; got {marker!r}")
    try:
        return list(chosen(given, rootdir))
    except ChaosError as error:
        raise WrongMarker(str(error)) from None


def seeds(marker: pytest.Mark) -> range:
    """The seeds of each profile, of a marker whose profiles have been read."""
    first, count = _numbers(marker.kwargs)
    return range(first, first + count)


def _patterns(given: Any) -> Sequence[str]:
    """The profiles as a list; empty where they are anything but texts."""
    named = [given] if isinstance(given, str) else given
    is_list = isinstance(named, list | tuple) and all(isinstance(each, str) for each in named)
    return list(named) if is_list else []


def _numbers(kwargs: Any) -> tuple[Any, Any]:
    return kwargs.get("first_seed", 0), kwargs.get("seeds", _SEEDS)


def _are_seeds(kwargs: Any) -> bool:
    first, count = _numbers(kwargs)
    return type(first) is type(count) is int and first >= 0 and count >= _FEWEST
