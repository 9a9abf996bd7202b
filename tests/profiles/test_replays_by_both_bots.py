"""Both bots of the demo replay every shipped profile, from the warm-up to the end.

A few evenly spread calls are enough to cover a profile quickly; the verdicts are not tested here.
"""

from __future__ import annotations

import pytest

from chaos_llm import outage, profiles
from chaos_llm.decisions.plan import Plan
from chaos_llm.demo.march_2 import BOTS
from chaos_llm.profiles.model import Profile
from chaos_llm.protocol.messages import Request

CALLS = 24
ASKED = ("anthropic", "openai")  # whom the bots know


@pytest.mark.exhaustive(sample=12)
@pytest.mark.parametrize("bot", BOTS)
@pytest.mark.parametrize("name", profiles.names())
def test_a_profile_is_replayed_to_its_end(name, bot):
    profile = profiles.load(name)

    with outage(profile, seed=5) as chaos:
        report = chaos.replay(BOTS[bot]().answer, calls=CALLS, deadline="10m")

    assert report.calls == CALLS
    assert sum(report.counts.values()) == CALLS
    assert {e.provider for e in chaos.journal} <= set(ASKED)
    faults = {w.fault.name for window in profile.windows for w in window.faults}
    assert {met.fault for e in chaos.journal for met in e.fault_effects} <= faults


def everything_fails(profile: Profile) -> bool:
    """Whether the bots' primary provider is fully down for a large part of the profile."""
    plan, dead = Plan(profile, seed=5), 0.0
    begins, ends = plan.bounds()
    sent = Request("anthropic", "messages", "api", "", "/v1/messages", "claude-sonnet-5-5", False)
    for placed in plan.windows:
        always = min(share for _, share in placed.window.share.points) >= 1
        if always and placed.hits(sent) and not placed.window.capacity:
            dead = max(dead, placed.ends - placed.begins)
    return dead > (ends - begins) / 4


@pytest.mark.exhaustive(sample=6)
@pytest.mark.parametrize(
    "name", [name for name in profiles.names() if everything_fails(profiles.load(name))]
)
def test_a_profile_of_hours_of_failure_applies_faults(name):
    with outage(name, seed=5) as chaos:
        report = chaos.replay(BOTS["naive bot"]().answer, calls=CALLS, deadline="10m")

    assert report.run.applied
