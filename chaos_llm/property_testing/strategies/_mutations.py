"""A strategy for variations of a recorded incident: stretched, shifted, reordered, other rates."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from chaos_llm.errors import UsageError
from chaos_llm.profiles.model import Flap, Profile, Share, Window
from chaos_llm.property_testing.strategies._choices import lengths, row
from chaos_llm.property_testing.strategies._named import named

_FACTORS = (1.0, 0.5, 2.0, 0.1, 10.0)  # 1 comes first: Hypothesis shrinks towards it
_LONGEST_SHIFT = 6 * 3600.0  # seconds


class Change(NamedTuple):
    """A change of one window: factors of its length and its rate, and a shift in seconds."""

    length: float
    rate: float
    shift: float


_NO_CHANGE = Change(1.0, 1.0, 0.0)


def mutations_of(profile: Profile) -> SearchStrategy[Profile]:
    """Draw variations of a profile: other lengths, pauses, rates and another order of its windows.

    Shrinks towards the profile itself. A changed profile is no longer a record, so its sources,
    status pages and events are left out. Raises UsageError for a profile without a simulated
    window.
    """
    if not isinstance(profile, Profile):
        raise UsageError(f"mutations_of() takes a profile, as in load('a-name'); got {profile!r}")
    if not any(window.simulated for window in profile.windows):
        raise UsageError(f"profile {profile.name!r} has no simulated window")
    number = len(profile.windows)
    shifts = [0.0, *lengths(_LONGEST_SHIFT)]
    changes = row(_FACTORS, *(_FACTORS, _FACTORS, shifts) * number)
    drawn = st.tuples(changes, st.permutations(range(number)))
    return named(mutations_of, drawn.map(lambda each: _mutated(profile, *each)), profile)


def _mutated(profile: Profile, drawn: tuple[float, ...], order: list[int]) -> Profile:
    stretch, *rest = drawn
    changes = [Change(*rest[at : at + 3]) for at in range(0, len(rest), 3)]
    unchanged = order == sorted(order) and all(change == _NO_CHANGE for change in changes)
    if unchanged and stretch == 1.0:
        return profile
    windows = tuple(
        _changed(window, changes[number], profile.windows[order[number]].begins[0], stretch)
        for number, window in enumerate(profile.windows)
    )
    return Profile(
        name=f"{profile.name}-mutated",
        title=f"A variation of: {profile.title}",
        starts=profile.starts,
        ends=max(window.ends[1] for window in windows),
        windows=windows,
        tags=profile.tags,
        baseline=profile.baseline,
        quotas=profile.quotas,
    )


def _changed(window: Window, change: Change, begins: float, stretch: float) -> Window:
    """The window, moved to begin at `begins`, then shifted and stretched."""

    def moved(time: float) -> float:
        since = (time - window.begins[0]) * change.length
        return (begins + change.shift + since) * stretch

    flap, longer = window.flap, change.length * stretch
    return replace(
        window,
        begins=(moved(window.begins[0]), moved(window.begins[1])),
        ends=(moved(window.ends[0]), moved(window.ends[1])),
        share=_rated(window.share, change.rate, moved),
        flap=flap and Flap(flap.down * longer, flap.up * longer),
        evidence={},
    )


def _rated(share: Share, rate: float, moved: object) -> Share:
    assert callable(moved)
    several = len(share.points) > 1
    points = tuple((moved(at) if several else at, min(1.0, s * rate)) for at, s in share.points)
    until = None if share.until is None else min(1.0, share.until * rate)
    return replace(share, points=points, until=until)
