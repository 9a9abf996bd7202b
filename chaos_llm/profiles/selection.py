"""Select profiles by tag, provider, surface or day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from chaos_llm.errors import UnknownName
from chaos_llm.profiles import catalogue, loading
from chaos_llm.profiles.model import SURFACES, Profile


def selected(
    *,
    words: Sequence[str] = (),
    tags: Sequence[str] = (),
    provider: str | None = None,
    surface: str | None = None,
    since: date | None = None,
    rootdir: str | Path | None = None,
) -> list[Profile]:
    """The profiles that match all filters, sorted by name; may be empty.

    A word is looked for, in any case, in the name, title, tags, note, providers and windows.
    `provider` without `surface` also selects profiles that only have a status page, a quota or a
    healthy latency of the provider. Raises UnknownName for a tag, provider or surface that no
    profile has.
    """
    for tag in tags:
        catalogue.with_tag(tag, rootdir)
    if surface is not None and surface not in SURFACES:
        raise UnknownName("surface", surface, SURFACES)
    every = [loading.load(name, rootdir=rootdir) for name in catalogue.names(rootdir)]
    known = {name for profile in every for name in providers_of(profile)}
    if provider is not None and provider not in known:
        raise UnknownName("provider", provider, known)
    return [
        profile
        for profile in every
        if set(tags) <= set(profile.tags)
        and (since is None or profile.starts.date() >= since)
        and _hits(profile, provider, surface)
        and _mentions(profile, words)
    ]


def providers_of(profile: Profile) -> set[str]:
    """The providers that a profile hits, or of which it has a status page, latency or quota."""
    hit = {target.provider for window in profile.windows for target in window.on}
    return (hit | {*profile.status_pages, *profile.baseline, *profile.quotas}) - {"*"}


def surfaces_of(profile: Profile) -> set[str]:
    """The surfaces that the windows of a profile hit."""
    return {target.surface for window in profile.windows for target in window.on}


def _mentions(profile: Profile, words: Sequence[str]) -> bool:
    if not words:
        return True
    parts = (profile.name, profile.title, profile.note, *profile.tags, *providers_of(profile))
    text = "\n".join((*parts, *(window.name for window in profile.windows))).casefold()
    return all(word.casefold() in text for word in words)


def _hits(profile: Profile, provider: str | None, surface: str | None) -> bool:
    if surface is None:
        return provider is None or provider in providers_of(profile)
    return any(
        target.surface == surface and (provider is None or target.provider in (provider, "*"))
        for window in profile.windows
        for target in window.on
    )
