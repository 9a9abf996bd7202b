"""Profiles of a few windows, written in Python."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from chaos_llm.faults import Fault, overloaded
from chaos_llm.profiles.model import HealthyLatency, Profile, Share, Target, WeightedFault, Window

STARTS = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE, HOUR = 60.0, 3600.0


ANTHROPIC = Target("anthropic")


def window(
    *faults: Fault,
    begins: float | tuple[float, float] = 0.0,
    ends: float | tuple[float, float] = HOUR,
    share: float | Share = 1.0,
    on: Target | tuple[Target, ...] = ANTHROPIC,
    **more: Any,
) -> Window:
    """One window; without a fault it answers 529."""
    return Window(
        more.pop("name", "a window"),
        begins if isinstance(begins, tuple) else (begins, begins),
        ends if isinstance(ends, tuple) else (ends, ends),
        on if isinstance(on, tuple) else (on,),
        share if isinstance(share, Share) else Share.constant(share),
        tuple(WeightedFault(1.0, fault) for fault in faults or (overloaded(),)),
        **more,
    )


def profile_of(*windows: Window, ends: float | None = None, **more: Any) -> Profile:
    """A profile of these windows, from noon on 2 March 2026."""
    last = max((window.ends[1] for window in windows), default=0.0)
    name = more.pop("name", "a-bad-day")
    return Profile(name, "A bad day", STARTS, last if ends is None else ends, windows, **more)


def bad_time(*faults: Fault, **more: Any) -> Profile:
    """Twenty minutes of these faults, or of 529s."""
    return profile_of(window(*faults, ends=20 * MINUTE), **more)


BAD_TIME = bad_time()


def paced(**pace: Any) -> Profile:
    """A healthy Claude that takes its time."""
    return profile_of(ends=0.0, name="paced", baseline={"anthropic": HealthyLatency(**pace)})
