"""`falls_back` demands a fallback after every kind of failure."""

from __future__ import annotations

import asyncio
import re

import anthropic
import pytest
from support.apps.bots import ask, ask_once
from support.apps.defended import (
    APOLOGY,
    ERRORS,
    Balanced,
    Breaker,
    Cached,
    agent,
    apologise,
    ask_async_once,
    ask_gpt,
    ask_gpt_async,
)
from support.apps.failover import REFUSED, FallsOver, NotWhole, found, whole_claude, whole_gpt
from support.small_profiles import ANTHROPIC, MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.checks import falls_back
from chaos_llm.errors import UnknownName
from chaos_llm.faults import (
    auth_expired,
    cut_stream,
    empty_answer,
    error_in_200,
    error_mid_stream,
    hang,
    latency,
    overloaded,
    rate_limited,
    refuse_connection,
    truncated_answer,
)
from chaos_llm.profiles.model import Target

WHOLE = [overloaded(), rate_limited(), auth_expired(), refuse_connection(), hang(), error_in_200()]


def two_parts(first, second):
    """Ten minutes of one fault, and ten of another."""
    return profile_of(
        window(first, ends=10 * MINUTE, name="first"),
        window(second, begins=10 * MINUTE, ends=20 * MINUTE, name="second"),
    )


def found_on(profile, app, check=None):
    with outage(profile, seed=3) as chaos:
        report = chaos.replay(app, every="1m", warmup="10m", recovery="10m")
        return (check or falls_back())(report.run)


@pytest.mark.parametrize("fault", [*WHOLE[1:], empty_answer()], ids=repr)
def test_who_asks_another_after_everything_passes(fault):
    finding = found_on(two_parts(overloaded(), fault), FallsOver())
    assert finding.verdict == "pass"
    assert finding.seen.startswith("another model was tried after a server error")


@pytest.mark.parametrize("fault", [cut_stream(), error_mid_stream(), error_mid_stream(after=0)])
def test_a_fallback_after_a_broken_stream_passes(fault):
    finding = found_on(two_parts(overloaded(), fault), FallsOver(streamed=True))
    assert finding.verdict == "pass"


@pytest.mark.parametrize("fault", [cut_stream(), cut_stream(by="reset"), error_mid_stream()])
def test_a_fallback_for_the_opening_only_fails(fault):
    app = FallsOver(streamed=True, only_at_open=True)
    finding = found_on(two_parts(overloaded(), fault), app)
    assert finding.verdict == "fail"
    assert finding.seen == (
        "10 calls got no answer after a stream that broke off, and no other model was tried; "
        "one was tried after a server error"
    )
    assert finding.at == 10 * MINUTE


def test_an_empty_answer_that_counts_as_success_fails():
    finding = found_on(two_parts(overloaded(), empty_answer()), FallsOver(empty_is_none=False))
    assert finding.verdict == "fail"
    assert "after an empty answer" in finding.seen


def test_no_fallback_after_an_error_in_a_200_fails():
    app = FallsOver(catches=REFUSED)
    finding = found_on(two_parts(overloaded(), error_in_200()), app)
    assert finding.verdict == "fail"
    assert "after an error in a 200" in finding.seen


def test_a_fallback_that_fires_for_some_statuses_only_fails():
    app = FallsOver(catches=(anthropic.InternalServerError, NotWhole))
    finding = found_on(two_parts(overloaded(), auth_expired()), app)
    assert finding.verdict == "fail"
    assert "after a refused key" in finding.seen


def test_retries_before_the_fallback_are_no_failure_to_fall_over():
    def persistent(question):
        for _ in range(3):
            try:
                return whole_claude(question)
            except anthropic.APIError:
                continue
        return whole_gpt(question)

    assert found_on(two_parts(overloaded(), auth_expired()), persistent).verdict == "pass"


@pytest.mark.parametrize("app", [ask_once, agent, Cached(ask_once)])
def test_it_is_not_applicable_without_a_fallback(app):
    finding = found_on(two_parts(overloaded(), auth_expired()), app)
    assert finding.verdict == "not applicable"
    assert finding.seen == "no other provider or model was ever tried instead"


def test_c14_one_kind_of_failure_is_not_judged_with_or_without_a_fallback():
    profile = "add a replay of every-failure-in-turn, or of every-failure-in-turn-two-providers"
    for app in (ask_once, FallsOver()):
        finding = found(falls_back(), app, overloaded())
        assert finding.verdict == "not judged"
        assert profile in finding.seen


def test_c14_retries_that_hide_whether_there_is_a_fallback_are_not_judged():
    profile = profile_of(window(overloaded(), ends=20 * MINUTE, share=0.3))
    finding = found_on(profile, ask)
    assert finding.verdict == "not judged"
    assert "name to=" in finding.seen


@pytest.mark.parametrize("fault", [latency(seconds=3), truncated_answer()], ids=repr)
def test_it_is_not_applicable_where_nothing_failed(fault):
    assert found(falls_back(), FallsOver(), fault).verdict == "not applicable"


def test_a_fallback_named_as_an_argument_is_required():
    finding = found(falls_back(to="openai"), ask_once, overloaded())
    assert finding.verdict == "fail"
    assert finding.seen == ("20 calls got no answer after a server error, and openai was not tried")
    assert found(falls_back(to="openai"), FallsOver(), overloaded()).verdict == "pass"
    assert found(falls_back(to="openai"), ask_once, latency(seconds=1)).verdict == "not applicable"


def test_two_vendors_that_step_in_for_each_other_pass():
    assert found_on(two_parts(overloaded(), auth_expired()), Balanced()).verdict == "pass"


def test_a_fallback_that_is_down_too_cannot_help():
    both = ANTHROPIC, Target("openai")
    profile = profile_of(
        window(overloaded(), ends=10 * MINUTE, name="one"),
        window(auth_expired(), begins=10 * MINUTE, ends=20 * MINUTE, name="both", on=both),
    )
    assert found_on(profile, FallsOver()).verdict == "pass"


def test_a_second_model_that_is_called_while_all_is_healthy_is_no_fallback():
    def classify_and_answer(question):
        try:
            ask_once(question, "claude-haiku-4-5")
        except anthropic.APIError:
            return "We cannot tell."
        return whole_claude(question)

    small = Target("anthropic", model="claude-haiku-4-5")
    profile = profile_of(window(overloaded(), ends=20 * MINUTE, on=small))
    assert found_on(profile, classify_and_answer).verdict == "not judged"


def test_another_model_of_the_same_vendor_is_a_fallback():
    def other_model(question):
        try:
            return ask_once(question)
        except anthropic.InternalServerError:
            return ask_once(question, "claude-haiku-4-5")

    only = Target("anthropic", model="claude-sonnet-5-5")
    profile = profile_of(
        window(overloaded(), ends=10 * MINUTE, on=only, name="one"),
        window(auth_expired(), begins=10 * MINUTE, ends=20 * MINUTE, on=only, name="two"),
    )
    finding = found_on(profile, other_model)
    assert finding.verdict == "fail"
    assert "after a refused key" in finding.seen


def test_an_apology_where_a_fallback_exists_is_a_lost_call():
    def half_hearted(question):
        try:
            return whole_claude(question)
        except anthropic.RateLimitError:
            return apologise(question)
        except anthropic.APIError:
            return whole_gpt(question)

    finding = found_on(two_parts(overloaded(), rate_limited(retry_after=1)), half_hearted)
    assert finding.verdict == "fail"
    assert "after a rate limit" in finding.seen


def behind_one_breaker(otherwise):
    """Claude, else GPT; while the breaker is open neither is asked, or GPT alone."""
    breaker = Breaker(cooldown=300)

    def app(question):
        if not breaker.let_through():
            return otherwise(question)
        try:
            return breaker.ask(ask_once, question)
        except ERRORS:
            return ask_gpt(question)

    return app


def test_a_breaker_that_keeps_the_app_from_its_fallback_too_fails():
    finding = found(falls_back(), behind_one_breaker(apologise))
    assert finding.verdict == "fail"
    assert finding.seen == (
        "16 calls sent no request and got no answer, although a fallback was up that had answered "
        "others; the first was call 13"
    )
    assert found(falls_back("openai"), behind_one_breaker(ask_gpt)).verdict == "pass"


def test_an_app_that_turns_users_away_while_others_wait_is_not_kept_from_its_fallback():
    """Two may ask at a time; who comes meanwhile is told to come again."""
    asking = []

    async def app(question):
        if len(asking) == 2:
            return APOLOGY
        asking.append(question)
        try:
            async with asyncio.timeout(50):
                return await ask_async_once(question)
        except (TimeoutError, *ERRORS):
            return await ask_gpt_async(question)
        finally:
            asking.remove(question)

    finding = found(falls_back("openai"), app, hang(), every="40s", users=4)
    assert finding.verdict == "pass"


def buggy(ends):
    """Read the fallback's answer as if it were the first provider's."""

    def app(question):
        try:
            return ask_once(question)
        except anthropic.APIError:
            try:
                return ask_gpt(question).content
            except AttributeError:
                if ends == "in an error":
                    raise
                return "Sorry, something went wrong."

    return app


@pytest.mark.parametrize(
    ("ends", "seen"),
    [("in an error", "failed with AttributeError"), ("in an apology", "returned an apology")],
)
def test_a_fallback_whose_answer_the_app_cannot_read_fails(ends, seen):
    with outage(profile_of(window(ends=20 * MINUTE)), seed=3) as chaos:
        finding = falls_back()(chaos.replay(buggy(ends), every="1m").run)
    assert finding.verdict == "fail"
    assert re.match(
        rf"\d+ calls {seen} although openai had answered as the fallback, first call \d+: the app "
        "may have an error of its own there",
        finding.seen,
    )


def test_a_fallbacks_answer_that_the_app_refuses_is_no_mistake():
    def app(question):
        try:
            return ask_once(question)
        except anthropic.APIError:
            raise ValueError(ask_gpt(question)) from None

    with outage(profile_of(window(ends=20 * MINUTE)), seed=3) as chaos:
        finding = falls_back()(chaos.replay(app, every="1m").run)
    assert finding.verdict == "not judged"


def test_an_unknown_provider_is_refused():
    with pytest.raises(UnknownName, match="openai"):
        falls_back(to="gpt")
