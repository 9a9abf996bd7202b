"""The hardened bot of the demo survives what a search comes up with."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from small_days import day, window

from chaos_llm import outage
from chaos_llm.demo.hardened_bot import HardenedBot
from chaos_llm.demo.naive_bot import NaiveBot
from chaos_llm.faults import hang, server_error
from chaos_llm.strategies import outages
from chaos_llm.timeline import Target

SERVED = ("primary", "fallback", "cached", "stale")
SEARCH = settings(
    max_examples=500,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def unserved(profile, bot):
    with outage(profile) as chaos:
        report = chaos.replay(bot().answer, calls=12)
    return [call for call in report.run.calls if call.outcome not in SERVED]


@pytest.mark.parametrize("half", range(2))
@pytest.mark.parametrize("provider", ["anthropic", "openai"])
def test_two_thousand_outages_of_one_vendor_lose_none_of_its_answers(provider, half):
    tried = []

    @seed(half)
    @SEARCH
    @given(outages(providers=[provider], longest="12h"))
    def no_outage_loses_an_answer(profile):
        tried.append(profile)
        assert not unserved(profile, HardenedBot)

    no_outage_loses_an_answer()
    assert len(tried) == 500


def test_it_is_lost_where_the_second_vendor_fails_while_a_call_hangs_on_the_first():
    """What a search of both vendors finds, once in some thousand outages."""
    first = window(hang(), ends=1.0)
    second = window(server_error(), begins=5.0, ends=60.0, on=Target("openai"), name="second")
    assert [call.outcome for call in unserved(day(first, second), HardenedBot)] == ["failed"]


def test_the_naive_bot_is_lost_at_once():
    @SEARCH
    @given(outages(providers=["anthropic"]))
    def no_outage_loses_an_answer(profile):
        assert not unserved(profile, NaiveBot)

    with pytest.raises(AssertionError):
        no_outage_loses_an_answer()
