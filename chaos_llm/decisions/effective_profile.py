"""The outage as it was simulated: a profile's windows, and the faults that a test injected."""

from __future__ import annotations

from dataclasses import replace
from math import isinf

from chaos_llm.decisions.overrides import Injection, Overrides
from chaos_llm.decisions.plan import INJECTED
from chaos_llm.profiles.model import Profile, Share, WeightedFault, Window

_AT_LEAST = 1.0  # second; a fault injected at the very end would give a window of no length


def effective_profile(overrides: Overrides, now: float) -> Profile:
    """The profile, with each injection until now as an additional window."""
    profile, injections = overrides.plan.profile, overrides.injections
    if not injections:
        return profile
    windows = tuple(_window(n, each, now) for n, each in enumerate(injections, 1))
    ends = max(profile.ends, *(window.ends[1] for window in windows))
    name = profile.name if profile.windows else "injected-by-hand"
    return replace(profile, name=name, ends=ends, windows=(*profile.windows, *windows))


def _window(number: int, injection: Injection, now: float) -> Window:
    begins = max(0.0, injection.begins)
    ends = max(now if isinf(injection.ends) else injection.ends, begins + _AT_LEAST)
    return Window(
        f"{INJECTED} {number}",
        (begins, begins),
        (ends, ends),
        (injection.target,),
        Share.constant(injection.share),
        tuple(WeightedFault(1.0, fault) for fault in injection.faults),
    )
