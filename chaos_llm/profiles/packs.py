"""Packs: names that stand for many profiles, in order.

`year-2026` stands for the dated incidents of that year, `year-2026:anthropic` for those of them
that hit Anthropic's API or its logins. A profile of such a name comes first.
"""

from __future__ import annotations

from pathlib import Path

from chaos_llm.errors import UsageError
from chaos_llm.profiles import catalogue, loading
from chaos_llm.profiles.model import Profile

_SURFACES = ("api", "login")  # what an app calls, or needs before it can


def year(
    number: int, provider: str | None = None, *, rootdir: str | Path | None = None
) -> list[Profile]:
    """The profiles of that year's dated incidents, in the order in which they began.

    A dated profile has the year in its name. With a provider, those that hit its API or its logins.
    A day that two profiles tell of is in both. Raises UsageError if there is none.
    """
    found = [
        profile
        for name in catalogue.names(rootdir)
        if f"-{number}-" in name
        and (profile := loading.load(name, rootdir=rootdir)).starts.year == number
        and hits(profile, provider)
    ]
    if not found:
        of = f" of {provider}" if provider else ""
        raise UsageError(f"no dated profile{of} is of the year {number}")
    return sorted(found, key=lambda profile: (profile.starts, profile.name))


def hits(profile: Profile, provider: str | None) -> bool:
    """Whether a simulated window hits an API or a login, of that provider if one is said."""
    return any(
        target.surface in _SURFACES and provider in (None, target.provider)
        for window in profile.windows
        if window.simulated
        for target in window.on
    )


def expanded(name: str, rootdir: str | Path | None = None) -> list[Profile]:
    """The profiles of a pack, or the one profile of that name or file.

    Raises UsageError for a pack without profiles, and as `load` does.
    """
    number, provider = catalogue.year_of_pack(name, rootdir)
    if number is None:
        return [loading.load(name, rootdir=rootdir)]
    return year(number, provider, rootdir=rootdir)
