"""`returns_to` demands that an app returns to its provider after the recovery."""

from __future__ import annotations

import time

import pytest
from support.apps.bots import MODEL, ask_once, claude
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
from support.small_profiles import BAD_TIME, MINUTE, profile_of, window

from chaos_llm.checks import returns_to
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.profiles.model import Share, Target

found = Judge(
    returns_to("anthropic"),
    BAD_TIME,
    {"every": "30s", "prompts": NUMBERED, "warmup": "5m", "recovery": "30m"},
)


class GoesAway:
    """Once its vendor has failed, it asks the other one for so long."""

    def __init__(self, seconds):
        self.seconds, self.until = seconds, 0.0

    def __call__(self, question):
        if time.monotonic() < self.until:
            return ask_gpt(question)
        try:
            return ask_once(question)
        except ERRORS:
            self.until = time.monotonic() + self.seconds
            return ask_gpt(question)


def test_an_app_that_never_left_has_returned():
    finding = found(ask_once)
    assert finding.verdict == "pass"
    assert finding.seen == "anthropic answered again 0 s after it recovered"


def test_a_breaker_with_a_short_cooldown_is_back():
    finding = found(Defended(breaker=Breaker(cooldown=80)))
    assert finding.verdict == "pass"
    assert finding.seen == "anthropic answered again 30 s after it recovered"


def test_an_app_that_stays_on_the_fallback_fails():
    finding = found(GoesAway(10**9))
    assert finding.verdict == "fail"
    assert finding.seen == "anthropic answered no call after it recovered"
    assert finding.at == 20 * MINUTE


def test_an_app_that_leaves_its_streams_open_has_returned():
    kept = []

    def ask(question):
        asked = [{"role": "user", "content": question}]
        stream = claude(max_retries=0).messages.create(
            model=MODEL, max_tokens=300, messages=asked, stream=True
        )
        kept.append(stream)
        return next(iter(stream)).type

    assert found.verdict(ask) == "pass"


def test_an_app_that_returns_late_fails():
    finding = found(GoesAway(35 * MINUTE))
    assert finding.verdict == "fail"
    assert finding.seen == "anthropic did not answer a call until 15 min after it recovered"
    assert (
        found.verdict(GoesAway(35 * MINUTE), check=returns_to("anthropic", within="15m")) == "pass"
    )


def test_it_is_not_applicable_without_a_recovery():
    assert found.verdict(ask_once, until="10m", recovery=0) == "not applicable"
    finding = found(ask_once, profile_of(window(share=0.04)))
    assert finding.verdict == "not applicable"
    assert finding.seen == "anthropic did not recover while calls were made"


def test_the_app_must_also_return_to_a_degraded_provider():
    ailing = profile_of(window(share=0.3, ends=20 * MINUTE))
    assert found.verdict(ask_once, ailing) == "pass"
    assert found.verdict(GoesAway(10**9), ailing) == "fail"


def test_a_recovery_that_does_not_last_does_not_count():
    on_and_off = profile_of(
        *(window(begins=n * 9 * MINUTE, ends=(n * 9 + 5) * MINUTE, name=f"{n}") for n in range(4))
    )
    assert found.verdict(GoesAway(10**9), on_and_off, recovery="5m") == "not applicable"


def test_a_slow_recovery_begins_where_the_provider_is_up_and_not_where_it_is_less_down():
    falling = Share(((0.0, 1.0), (10 * MINUTE, 1.0), (70 * MINUTE, 0.0)))
    slow = profile_of(window(share=falling, ends=70 * MINUTE))
    assert found.verdict(GoesAway(60 * MINUTE), slow) == "pass"
    finding = found(GoesAway(10**9), slow)
    assert finding.verdict == "fail"
    assert finding.at == pytest.approx(67 * MINUTE, abs=MINUTE)


def test_no_app_has_to_return_to_a_fallback():
    both = profile_of(window(on=(Target("anthropic"), Target("openai")), ends=20 * MINUTE))
    finding = found(Defended(), both, returns_to("openai"))
    assert finding.verdict == "not applicable"
    assert finding.seen == "healthy calls do not use openai"


def test_a_provider_that_the_app_does_not_know_is_not_applicable():
    both = profile_of(window(on=(Target("anthropic"), Target("openai")), ends=20 * MINUTE))
    assert found.verdict(ask_once, both, returns_to("openai")) == "not applicable"


def test_a_cache_that_answers_meanwhile_is_not_blamed():
    prompts = [f"question {n}" for n in range(3)]
    assert found.verdict(Cached(Defended(), keep=10**9), prompts=prompts) == "not applicable"


def test_calls_that_are_too_rare_to_judge_pass():
    # One call two minutes after the recovery, when a breaker may be open, the next half an hour on.
    breaker = Breaker(limit=1, cooldown=40 * MINUTE)
    rare = {"every": "32m", "warmup": 0, "recovery": "90m"}
    long = profile_of(window(ends=30 * MINUTE))
    assert found.verdict(Defended(breaker=breaker), long, **rare) == "not applicable"


@pytest.mark.parametrize("seed", range(3))
def test_where_calls_are_spread_over_vendors_the_other_ones_turn_is_no_absence(seed):
    assert found.verdict(Balanced(), seed=seed, every="2m", warmup="20m") == "pass"
    gone = Balanced(claude=Breaker(limit=1, cooldown=10**9))
    assert found.verdict(gone, seed=seed, every="30s") == "fail"


def test_many_users_are_back_together():
    assert found.verdict(DefendedAsync().answer, every="10m", users=20) == "pass"


def test_the_first_failed_recovery_is_reported():
    twice = profile_of(
        window(ends=10 * MINUTE, name="one"),
        window(begins=40 * MINUTE, ends=50 * MINUTE, name="two"),
    )
    assert found(GoesAway(10**9), twice).at == 10 * MINUTE
    assert found(GoesAway(28 * MINUTE), twice).at == 10 * MINUTE


def test_wrong_arguments_are_refused_when_the_check_is_made():
    with pytest.raises(UnknownName, match="nearest first: 'openai'"):
        returns_to("opeanai")
    with pytest.raises(UsageError, match="'soon' is not a duration"):
        returns_to("openai", within="soon")
