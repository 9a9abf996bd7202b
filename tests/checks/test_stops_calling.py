"""`stops_calling` limits the calls in a row that call a provider which is down."""

from __future__ import annotations

import time

import pytest
from support.apps.bots import ask, ask_once
from support.apps.defended import (
    APOLOGY,
    ERRORS,
    Balanced,
    Breaker,
    Cached,
    Defended,
    DefendedAsync,
    WithPings,
    agent,
    apologise,
    ask_claude_or_gpt,
    ask_gpt,
    try_again,
)
from support.judging import NUMBERED, Judge
from support.small_profiles import BAD_TIME, HOUR, MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.checks import stops_calling
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.faults import hang, latency, overloaded
from chaos_llm.profiles.model import Target

HALF_DOWN = profile_of(window(ends=HOUR, share=0.9, sticky_by="client", sticky_for=5 * MINUTE))


found = Judge(
    stops_calling("anthropic"),
    BAD_TIME,
    {"every": "30s", "prompts": NUMBERED, "warmup": "5m", "recovery": "5m"},
)


def test_an_app_that_keeps_calling_fails():
    finding = found(ask_once)
    assert finding.verdict == "fail"
    assert finding.seen == (
        "40 calls in a row used anthropic while it was down, and it answered none"
    )
    assert finding.at == 8 * 30.0  # the ninth


def test_a_breaker_passes():
    finding = found(Defended())
    assert finding.verdict == "pass"
    assert finding.seen == (
        "calls stopped using anthropic after at most 3 failed calls in a row while it was down"
    )


@pytest.mark.parametrize("otherwise", [ask_gpt, apologise])
@pytest.mark.parametrize("limit", [1, 5, 8])
def test_any_breaker_within_the_limit_passes_whatever_it_returns(limit, otherwise):
    assert found(Defended(otherwise, breaker=Breaker(limit))).verdict == "pass"


def test_a_breaker_that_is_too_patient_fails():
    assert found(Defended(breaker=Breaker(9))).verdict == "fail"
    check = stops_calling("anthropic", within_calls=9)
    assert found(Defended(breaker=Breaker(9)), check=check).verdict == "pass"


def test_too_few_calls_show_no_breaker():
    finding = found(ask_once, warmup=0, recovery=0, calls=5, every=None)
    assert finding.verdict == "not judged"
    assert finding.seen == (
        "no more than 4 calls in a row failed on anthropic while it was down, "
        "and all calls used it: too few to judge"
    )


def test_a_fallback_without_a_breaker_fails():
    assert found(ask_claude_or_gpt).verdict == "fail"


def test_an_app_that_never_comes_near_passes():
    assert found(Defended(breaker=Breaker(limit=0, cooldown=9 * HOUR))).verdict == "pass"


def test_it_is_not_applicable_to_a_provider_that_was_not_down():
    for provider, profile in (
        ("openai", BAD_TIME),
        ("anthropic", profile_of(window(share=0.3, ends=20 * MINUTE))),
    ):
        finding = found(Defended(), profile, stops_calling(provider))
        assert finding.verdict == "not applicable"
        assert finding.seen == f"{provider} was not down while calls were made"


def test_it_is_not_applicable_where_every_request_was_answered():
    finding = found(ask_once, profile_of(window(latency(seconds=3), ends=20 * MINUTE)))
    assert finding.verdict == "not applicable"
    assert finding.seen == "anthropic answered all calls that used it while it was down"


def test_an_unused_fallback_that_is_down_is_not_judged():
    both = profile_of(
        window(ends=MINUTE), window(begins=HOUR, ends=1.2 * HOUR, on=Target("openai"))
    )
    assert found(Defended(), both, stops_calling("openai")).verdict == "not applicable"


def test_calls_to_a_fallback_that_is_down_too_fail():
    both = profile_of(window(on=(Target("anthropic"), Target("openai")), ends=20 * MINUTE))
    last = Defended(Defended(apologise, ask_gpt, Breaker(99)))
    assert found(last, both, stops_calling("openai")).verdict == "fail"


def test_an_answer_in_between_restarts_the_count():
    for seed in range(5):
        assert found(Defended(), HALF_DOWN, seed=seed).verdict == "pass"
        assert found(ask_once, HALF_DOWN, seed=seed).verdict == "fail"


@pytest.mark.parametrize("app", [ask_once, agent])
def test_prompts_that_repeat_without_a_cache_count(app):
    assert found(app, prompts="hello").verdict == "fail"


def test_cached_calls_neither_count_nor_reset_the_count():
    prompts = [f"question {n}" for n in range(4)]  # each is kept for half an hour

    def mixed(number):
        return prompts[number % 4] if number % 2 else f"new question {number}"

    assert found(Cached(ask_once), prompts=mixed, every="15s").verdict == "fail"
    assert found(Cached(Defended()), prompts=mixed, every="15s").verdict == "pass"


def test_parallel_calls_before_the_first_failure_do_not_count():
    hanging = profile_of(window(hang(seconds=100), ends=20 * MINUTE))
    finding = found(DefendedAsync().answer, hanging, every="1m", users=30)
    assert finding.verdict == "pass"


def test_many_users_without_a_breaker_are_a_row():
    app = DefendedAsync(breaker=None)
    assert found(app.answer, every="10m", users=20).verdict == "fail"
    hanging = profile_of(window(hang(seconds=100), ends=20 * MINUTE))
    assert found(app.answer, hanging, every="10m", users=20).verdict == "fail"


@pytest.mark.parametrize("seed", range(4))
def test_an_app_that_spreads_its_calls_is_judged_by_its_turns(seed):
    good, bad = Breaker(), Breaker(limit=10**6)
    assert found(Balanced(), seed=seed).verdict == "pass"
    assert found(Balanced(claude=bad), seed=seed, every="10s").verdict == "fail"
    balanced = DefendedAsync(good, balanced=True)
    assert found(balanced.answer, seed=seed, every="10m", users=20).verdict == "pass"
    reckless = DefendedAsync(None, balanced=True)
    assert found(reckless.answer, seed=seed, every="10m", users=20).verdict == "fail"


def test_calls_that_are_further_apart_than_a_cooldown_are_not_judged():
    finding = found(ask_once, profile_of(window()), every="4m")
    assert finding.verdict == "not judged"
    assert "use a shorter every=" in finding.seen
    assert found(Defended(), profile_of(window()), every="4m").verdict == "not judged"


def test_a_longer_cooldown_can_be_set():
    check = stops_calling("anthropic", probe_after="5m")
    hour = {"profile": profile_of(window()), "every": "4m", "check": check}
    assert found(ask_once, **hour).verdict == "fail"
    assert found(Defended(breaker=Breaker(cooldown=400)), **hour).verdict == "pass"


def test_an_agent_whose_last_step_fails_has_failed():
    profile = profile_of(window(overloaded(), share=0.5, ends=20 * MINUTE))
    assert found(lambda question: agent(question, steps=9, retries=0), profile).verdict == "fail"


def test_pings_in_the_background_are_no_calls():
    app = WithPings(DefendedAsync().answer)
    assert found(app.answer, every="1m", users=2).verdict == "pass"


def test_a_fault_on_one_model_counts_for_an_app_of_that_model():
    opus = profile_of(window(on=Target("anthropic", model="claude-opus*"), ends=20 * MINUTE))
    calls = []

    def app(question):
        calls.append(question)
        # The first request, by which a day might be judged, is to another model.
        return ask_once(question, model="claude-opus-4-6" if len(calls) > 1 else "claude-haiku-5")

    assert found(app, opus).verdict == "fail"
    assert found(ask_once, opus).verdict == "not applicable"


def test_a_pause_of_the_apps_own_is_a_way_of_leaving_alone():
    quiet_until = 0.0

    def backs_off(question):
        nonlocal quiet_until
        if time.monotonic() < quiet_until:
            return APOLOGY
        try:
            return ask_once(question)
        except ERRORS:
            quiet_until = time.monotonic() + 120
            return APOLOGY

    assert found(backs_off).verdict == "pass"


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda: stops_calling("anthropic", within_calls=0), "within_calls= is a whole number"),
        (lambda: stops_calling("anthropic", probe_after="soon"), "'soon' is not a duration"),
    ],
)
def test_wrong_limits_are_refused_when_the_check_is_made(made, says):
    with pytest.raises(UsageError, match=says):
        made()


def test_an_unknown_provider_is_refused_when_the_check_is_made():
    with pytest.raises(UnknownName, match="nearest first: 'anthropic'"):
        stops_calling("antropic")


STACKED = try_again(ask_once, 3)


def test_calls_that_are_rare_but_bring_all_their_retries_for_long_are_no_probes():
    finding = found(STACKED, profile_of(window()), every="4m")
    assert finding.verdict == "fail"
    assert finding.seen == (
        "15 calls in a row, over 56 min, used anthropic while it was down, "
        "each with all its retries, as without a breaker"
    )
    assert finding.at == 35 * MINUTE  # the ninth, of those a call every four minutes


def test_a_breaker_around_all_retries_that_lets_each_rare_call_through_fails():
    """Seen from outside it is the same as none; one with probes of one request is not judged."""
    around = Defended(ask=STACKED)
    assert found(around, profile_of(window()), every="4m").verdict == "fail"


def test_they_are_not_judged_where_they_are_few_or_not_for_long():
    assert found(STACKED, profile_of(window(ends=25 * MINUTE)), every="2m").verdict == "not judged"
    assert found(STACKED, profile_of(window()), every="8m").verdict != "fail"


def test_a_breaker_around_one_retry_looks_like_no_breaker():
    one_retry = try_again(ask_once, 2)
    assert found(one_retry, profile_of(window()), every="4m").verdict == "not judged"
    assert found(Defended(ask=one_retry), profile_of(window()), every="4m").verdict == "not judged"


def test_a_breaker_that_keeps_some_calls_away_passes_whatever_its_probes_bring():
    patient = Defended(ask=STACKED, breaker=Breaker(cooldown=7 * MINUTE))
    assert found(patient, profile_of(window()), every="4m").verdict != "fail"


def test_forty_prompts_without_a_breaker_fail_in_a_default_replay():
    for options in ({"calls": 40}, {}):
        with outage(seed=3) as chaos:
            chaos.on("anthropic").inject(overloaded())
            report = chaos.replay(ask, warmup=0, **options)
        assert stops_calling("anthropic")(report.run).verdict == "fail"


def test_a_time_can_be_given_as_well_as_a_number_of_calls():
    counts = Defended(breaker=Breaker(limit=12))
    assert found(counts).verdict == "fail"
    counts = Defended(breaker=Breaker(limit=12))
    in_time = stops_calling("anthropic", within="6m")
    assert found(counts, check=in_time).verdict == "pass"
    counts = Defended(breaker=Breaker(limit=12))
    assert found(counts, check=stops_calling("anthropic", within="5m")).verdict == "fail"
    assert found(ask_once, check=in_time).verdict == "fail"
