"""The hardened bot of the demo survives the outages of a search."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from support.small_profiles import profile_of, window

from chaos_llm import outage
from chaos_llm.demo.hardened_bot import HardenedBot, Unanswered
from chaos_llm.demo.naive_bot import NaiveBot
from chaos_llm.faults import hang, server_error
from chaos_llm.profiles.model import Target
from chaos_llm.property_testing.strategies import faults, outages

MANY, FEW = 500, 30  # examples: in the exhaustive lane, and in the plain run
SERVED = ("primary", "fallback", "cached", "stale")
SEARCH = settings(
    max_examples=MANY,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def replayed(profile, bot):
    with outage(profile) as chaos:
        return chaos.replay(bot().answer, calls=12)


def applied(report, call, provider):
    """Whether that provider was asked in a call, and a fault stood in the way."""
    return any(exchange.applied for exchange in report.run.of(call, provider))


def unserved(profile, bot):
    return [call for call in replayed(profile, bot).run.calls if call.outcome not in SERVED]


@pytest.fixture
def examples(every_case):
    return MANY if every_case else FEW


@pytest.mark.exhaustive(sample=1)
@pytest.mark.parametrize("half", range(2))
@pytest.mark.parametrize("provider", ["anthropic", "openai"])
def test_two_thousand_outages_of_one_vendor_lose_none_of_its_answers(provider, half, examples):
    tried = []

    @seed(half)
    @settings(SEARCH, max_examples=examples)
    @given(outages(providers=[provider], longest="12h"))
    def no_outage_loses_an_answer(profile):
        tried.append(profile)
        assert not unserved(profile, HardenedBot)

    no_outage_loses_an_answer()
    assert len(tried) == examples


@pytest.mark.exhaustive(sample=1)
@pytest.mark.parametrize("quarter", range(4))
def test_two_thousand_outages_of_both_vendors_cause_no_unsafe_outcome(quarter, examples):
    """Where both fail at once it says that it cannot answer; it never breaks, and never misleads.

    What a vendor spoils behind a flawless HTTP 200 no app can see, and is no fault of the bot's.
    """
    tried = Counter()

    @seed(quarter)
    @settings(SEARCH, max_examples=examples)
    @given(outages(faults=faults(silent=True), longest="12h", correlated=True))
    def nobody_is_misled(profile):
        report = replayed(profile, HardenedBot)
        tried[report.grade] += 1
        assert report.grade in ("fine", "rescued", "safe failure", "corruption shown")
        for call in report.run.calls:
            assert call.error is None or call.error.kind is Unanswered
            assert call.error is None or applied(report, call, "openai")

    nobody_is_misled()
    assert tried.total() == examples
    assert min(tried["rescued"], tried["safe failure"]) > examples / 30


def test_it_is_lost_where_the_second_vendor_fails_while_a_call_hangs_on_the_first():
    """What a search of both vendors finds, once in some thousand outages."""
    first = window(hang(), ends=1.0)
    second = window(server_error(), begins=5.0, ends=60.0, on=Target("openai"), name="second")
    assert [call.outcome for call in unserved(profile_of(first, second), HardenedBot)] == ["failed"]


def test_the_naive_bot_is_lost_at_once():
    @SEARCH
    @given(outages(providers=["anthropic"]))
    def no_outage_loses_an_answer(profile):
        assert not unserved(profile, NaiveBot)

    with pytest.raises(AssertionError):
        no_outage_loses_an_answer()
