"""Several bad days at once: each from its own start, on one timeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from chaos_llm.profiles.model import Profile, Window


def combined(profiles: Sequence[Profile]) -> Profile:
    """One profile of several; without any, every provider is healthy.

    The date is the first one's. If two of them set one provider's page, latency or quota, the first
    one's counts.
    """
    if not profiles:
        today = datetime.now(UTC).replace(microsecond=0)
        return Profile("healthy", "every provider is healthy", today, 0.0)
    first, *others = profiles
    if not others:
        return first
    return replace(
        first,
        name="+".join(each.name for each in profiles),
        title=" / ".join(each.title for each in profiles),
        ends=max(each.ends for each in profiles),
        windows=_windows(profiles),
        tags=tuple(dict.fromkeys(tag for each in profiles for tag in each.tags)),
        sources={
            key: source for each in reversed(profiles) for key, source in each.sources.items()
        },
        status_pages={
            name: page for each in reversed(profiles) for name, page in each.status_pages.items()
        },
        events=tuple(aside for each in profiles for aside in each.events),
        baseline={
            name: pace for each in reversed(profiles) for name, pace in each.baseline.items()
        },
        quotas={name: quota for each in reversed(profiles) for name, quota in each.quotas.items()},
    )


def _windows(profiles: Sequence[Profile]) -> tuple[Window, ...]:
    """All windows; a name that two profiles have gets its profile's name as a prefix."""
    names = [window.name for each in profiles for window in each.windows]
    return tuple(
        replace(w, name=f"{each.name}: {w.name}") if names.count(w.name) > 1 else w
        for each in profiles
        for w in each.windows
    )
