"""A profile that is played on other providers than those it was written for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chaos_llm.errors import UsageError
from chaos_llm.profiles.model import Profile, Target, Window


def on_providers(profile: Profile, names: Sequence[str]) -> Profile:
    """The profile with the providers of its windows replaced, in the order of their first windows.

    on_providers(load("every-failure-in-turn"), ["openai"])

    Raises UsageError if there are more names than providers. Status pages, quotas and latencies of
    a replaced provider move with it.
    """
    if not names:
        return profile
    targets = [target for window in profile.windows for target in window.on]
    known = list(dict.fromkeys(t.provider for t in targets if t.provider != "*"))
    if len(names) > len(known):
        count = f"one provider, {known[0]}" if len(known) == 1 else f"{len(known)} named providers"
        raise UsageError(f"{profile.name} hits {count}; got {', '.join(names)}")
    new = dict(zip(known, names, strict=False))
    return replace(
        profile,
        windows=tuple(_moved(window, new) for window in profile.windows),
        status_pages={new.get(name, name): page for name, page in profile.status_pages.items()},
        baseline={new.get(name, name): pace for name, pace in profile.baseline.items()},
        quotas={new.get(name, name): quota for name, quota in profile.quotas.items()},
    )


def _moved(window: Window, new: dict[str, str]) -> Window:
    def moved(target: Target) -> Target:
        return replace(target, provider=new.get(target.provider, target.provider))

    return replace(window, on=tuple(map(moved, window.on)))
