"""An app fares on an imported profile as on the original, as far as a recording can tell.

How far two runs differ has three causes. That dice differ: two runs on one profile are 0.9 points
apart as a standard deviation, with a question a second. That a recording has so few calls: with one
every five seconds, a window's share is known to 5 points, and the outcomes to 1.7. And mistakes of
the importer. So the dice are left out here, outcomes are those that are expected, and the
recordings have enough calls.
"""

from __future__ import annotations

import random

import pytest
from support.drawn_outages import STARTS, drawn

from chaos_llm.profiles.model import Profile, Window
from chaos_llm.recording.recorded_call import RecordedCall

pytest.importorskip("ruptures", reason="needs the extra `import`")

import numpy as np

from chaos_llm.importing.call_series import Calls
from chaos_llm.importing.draft import draft

STATUSES = {"overloaded": 529, "rate_limited": 429}
MODEL = "claude-sonnet-5-5"


def recorded(profile: Profile, seed: int, every: float) -> Calls:
    """A client's calls in the outage, one every few seconds."""
    rng, calls = random.Random(seed), Calls()
    for number in range(int(profile.ends / every)):
        at, status = number * every, 200
        for window in profile.windows:
            if window.begins[0] <= at < window.ends[0] and rng.random() < window.share.at(at):
                weights = [each.weight for each in window.faults]
                fault = rng.choices(window.faults, weights)[0].fault
                status = STATUSES.get(fault.name) or fault.status
        when = STARTS.timestamp() + at
        calls.add(RecordedCall(when, "anthropic", MODEL, status=status, seconds=1.0))
    return calls


def imported(profile: Profile, seed: int, every: float) -> Profile:
    calls = recorded(profile, seed, every)
    return draft(calls, [], name="imported", recorded_in=["calls.jsonl"]).profile


def expected_failures(profile: Profile, seconds: float, tries: int) -> float:
    """The share of questions that fail, with one a second, for an app with so many tries."""
    times, works = np.arange(0.0, seconds), 1.0
    for window in profile.windows:
        failing = window.share.at(window.begins[1]) ** tries
        works = works * (1 - failing * likely_within(window, times))
    return 1 - float(np.mean(works))


def likely_within(window: Window, times):
    """How likely each time is in a window whose edges are drawn between earliest and latest."""
    begun, over = (
        np.clip((times - first) / max(last - first, 1e-9), 0, 1)
        for first, last in (window.begins, window.ends)
    )
    return begun * (1 - over)


def differences(seed: int) -> list[float]:
    """By how many points outcomes differ, for an app with one, two and three tries."""
    profile = drawn(seed)
    back = imported(profile, seed, every=1.0)
    shares = [
        [expected_failures(each, profile.ends, tries) for each in (profile, back)]
        for tries in (1, 2, 3)
    ]
    return [100 * (after - before) for before, after in shares]


def test_outcomes_differ_by_less_than_2_points():
    assert all(abs(points) < 2 for seed in (1, 2, 3) for points in differences(seed))


@pytest.mark.exhaustive(sample=0)
def test_outcomes_differ_by_less_than_2_points_in_95_of_100_seeds():
    apart = np.array([differences(seed) for seed in range(100)])
    for points in apart.T:
        assert sum(abs(points) >= 2) <= 5, points
        assert abs(points.mean()) < 0.3  # neither better nor worse on average
