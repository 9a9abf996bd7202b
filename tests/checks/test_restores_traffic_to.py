"""`restores_traffic_to` demands the share of calls from before the outage."""

from __future__ import annotations

import time

import pytest
from support.apps.bots import ask_once
from support.apps.defended import (
    ERRORS,
    Balanced,
    Breaker,
    Cached,
    Defended,
    DefendedAsync,
    ask_gpt,
)
from support.judging import NUMBERED, Judge
from support.small_profiles import BAD_TIME, HOUR, MINUTE, profile_of, window

from chaos_llm.checks import restores_traffic_to, returns_to
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.profiles.model import Target

found = Judge(
    restores_traffic_to("anthropic"),
    BAD_TIME,
    {"every": "30s", "prompts": NUMBERED, "warmup": "5m", "recovery": "1h"},
)


class HalfOpen:
    """Once its vendor has failed it asks that only now and then, whatever it says."""

    def __init__(self, seconds=5 * MINUTE):
        self.seconds, self.failed, self.asked = seconds, False, 0.0

    def __call__(self, question):
        if self.failed and time.monotonic() - self.asked < self.seconds:
            return ask_gpt(question)
        try:
            self.asked = time.monotonic()
            return ask_once(question)
        except ERRORS:
            self.failed = True
            return ask_gpt(question)


def test_a_breaker_that_closes_passes():
    finding = found(Defended())
    assert finding.verdict == "pass"
    assert (
        finding.seen
        == "anthropic got requests from 100% of the calls again, 10 min after it recovered"
    )


def test_a_breaker_that_stays_half_open_fails_though_it_returned():
    run = found.run(HalfOpen())
    assert returns_to("anthropic")(run).verdict == "pass"
    finding = restores_traffic_to("anthropic")(run)
    assert finding.verdict == "fail"
    assert finding.seen == (
        "anthropic got requests from 10 of the 100 calls made later than 10 min after it "
        "recovered; before the outage from 92% of the calls"
    )
    assert finding.at == 30 * MINUTE


def test_an_app_that_never_returns_fails_too():
    assert found(HalfOpen(10**9)).verdict == "fail"


def test_a_longer_limit_can_be_set():
    slow = Defended(breaker=Breaker(cooldown=25 * MINUTE))
    assert found(slow).verdict == "pass"
    late = Defended(breaker=Breaker(cooldown=58 * MINUTE))
    assert found(late).verdict == "fail"
    late = Defended(breaker=Breaker(cooldown=58 * MINUTE))
    check = restores_traffic_to("anthropic", within="40m")
    assert found(late, check=check).verdict == "pass"


@pytest.mark.parametrize("seed", range(3))
def test_an_app_with_several_providers_is_measured_by_its_healthy_share(seed):
    assert found(Balanced(), seed=seed, warmup="20m").verdict == "pass"
    assert found(DefendedAsync(balanced=True).answer, every="5m", users=10).verdict == "pass"
    half_open = Balanced(claude=Breaker(limit=1, cooldown=10**9))
    assert found(half_open, seed=seed, warmup="20m").verdict == "fail"


def test_calls_answered_by_a_cache_do_not_count():
    prompts = [f"question {n}" for n in range(3)]
    assert found(Cached(Defended(), keep=10**9), prompts=prompts).verdict == "not applicable"


def test_it_is_not_applicable_to_a_fallback_nor_without_a_recovery():
    both = profile_of(window(on=(Target("anthropic"), Target("openai")), ends=20 * MINUTE))
    finding = found(Defended(), both, restores_traffic_to("openai"))
    assert finding.verdict == "not applicable"
    assert finding.seen == "healthy calls do not use openai"
    finding = found(Defended(), recovery="5m")
    assert finding.verdict == "not applicable"
    assert finding.seen == "no call was made later than 10 min after anthropic recovered"


def test_a_few_calls_that_go_elsewhere_may_be_chance():
    assert found(HalfOpen(), every="25m", warmup="26m").verdict != "fail"


def test_many_calls_can_be_counted():
    long = {"every": "10s", "recovery": "2h"}
    assert found(HalfOpen(9 * HOUR), **long).verdict == "fail"
    assert found(Defended(), **long).verdict == "pass"


def test_wrong_arguments_are_refused_when_the_check_is_made():
    with pytest.raises(UnknownName, match="nearest first: 'openai'"):
        restores_traffic_to("opeanai")
    with pytest.raises(UsageError, match="'soon' is not a duration"):
        restores_traffic_to("openai", within="soon")
