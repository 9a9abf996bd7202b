"""Is each kind of transient failure retried, if one is?"""

from __future__ import annotations

import re
import time

import anthropic
import httpx2
import openai
import pytest
from support.apps.bots import SECOND_MODEL, ask_once
from support.apps.defended import APOLOGY, Breaker, ask_gpt, gpt
from support.apps.failover import stream_claude
from support.small_profiles import MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.checks import retries_cover
from chaos_llm.faults import (
    auth_expired,
    cut_stream,
    error_in_200,
    hang,
    insufficient_quota,
    overloaded,
    rate_limited,
    refuse_connection,
    reset_connection,
    server_error,
)
from chaos_llm.profiles.model import Target

GPT = Target("openai")
ALL = (openai.APIError, httpx2.HTTPError, TypeError, ValueError, IndexError)


def whole_text(question):
    """A streamed answer, collected before anything of it is shown."""
    shown = []
    for chunk in gpt().chat.completions.create(
        model=SECOND_MODEL, stream=True, messages=[{"role": "user", "content": question}]
    ):
        shown.extend(choice.delta.content or "" for choice in chunk.choices)
    return "".join(shown)


def retrying(ask, catches):
    def app(question):
        for attempt in range(3):
            try:
                return ask(question)
            except catches:
                if attempt == 2:
                    raise
        return None

    return app


def found(app, first, second, on=GPT):
    profile = profile_of(
        window(first, ends=10 * MINUTE, name="first", share=0.5, on=on),
        window(second, begins=10 * MINUTE, ends=20 * MINUTE, name="second", share=0.5, on=on),
    )
    with outage(profile, seed=3) as chaos:
        return retries_cover()(chaos.replay(app, every="20s", recovery="5m").run)


def test_c12_retries_that_leave_out_broken_streams_fail():
    app = retrying(whole_text, (openai.APIStatusError,))
    finding = found(app, server_error(), cut_stream())
    assert finding.verdict == "fail"
    assert finding.seen.endswith(
        "calls got no answer after a stream that broke off, without a retry; "
        "a server error was retried"
    )


def test_c12_retries_that_leave_out_an_error_in_a_200_fail():
    app = retrying(ask_gpt, (openai.APIStatusError,))
    finding = found(app, server_error(), error_in_200())
    assert finding.verdict == "fail"
    assert "after an error in a 200, without a retry" in finding.seen


@pytest.mark.parametrize(
    ("second", "kind"),
    [(server_error(500), r"a server error \(500\)"), (reset_connection(), "a lost connection")],
    ids=["500", "reset"],
)
def test_c12_retries_of_a_529_only_and_an_apology_fail(second, kind):
    def app(question):
        for _ in range(3):
            try:
                return ask_once(question)
            except anthropic.APIStatusError as error:
                if error.status_code != 529:
                    break
            except anthropic.APIError:
                break
        return APOLOGY

    finding = found(app, overloaded(), second, on=Target("anthropic"))
    assert finding.verdict == "fail"
    assert re.fullmatch(
        rf"\d+ calls got no answer after {kind}, without a retry; a server error( \(529\))? was "
        "retried",
        finding.seen,
    )


def test_c12_an_apology_after_retries_of_every_kind_passes():
    def app(question):
        try:
            return retrying(ask_once, (anthropic.APIError,))(question)
        except anthropic.APIError:
            return APOLOGY

    finding = found(app, overloaded(), server_error(500), on=Target("anthropic"))
    assert finding.verdict == "not judged"  # both are server errors
    finding = found(app, overloaded(), reset_connection(), on=Target("anthropic"))
    assert finding.verdict == "pass"


@pytest.mark.parametrize("second", [cut_stream(), refuse_connection(), rate_limited()], ids=repr)
def test_c12_retries_of_every_kind_pass(second):
    finding = found(retrying(whole_text, ALL), server_error(), second)
    assert finding.verdict == "pass"
    assert "a server error" in finding.seen


@pytest.mark.parametrize(
    "second",
    [auth_expired(), insufficient_quota(), rate_limited(retry_after=600), hang()],
    ids=repr,
)
def test_what_a_retry_does_not_help_need_not_be_retried(second):
    app = retrying(ask_gpt, (openai.InternalServerError,))
    assert found(app, server_error(), second).verdict != "fail"


def test_a_stream_that_the_user_has_seen_need_not_be_retried():
    def app(question):
        for _ in range(3):
            try:
                first = next(pieces := stream_claude(question))
            except anthropic.APIError:
                continue
            yield first
            yield from pieces
            return

    anthropic_only = Target("anthropic")
    assert found(app, server_error(), cut_stream(), on=anthropic_only).verdict != "fail"


def test_a_fallback_covers_as_a_retry_does():
    def app(question):
        try:
            return retrying(whole_text, (openai.APIStatusError,))(question)
        except ALL:
            return ask_once(question)

    assert found(app, server_error(), cut_stream()).verdict == "pass"


def test_c14_one_kind_of_failure_is_not_judged():
    finding = found(retrying(ask_gpt, ALL), overloaded(), overloaded())
    assert finding.verdict == "not judged"
    assert finding.seen == (
        "only a server error occurred; add a replay of every-failure-in-turn, or of "
        "every-failure-in-turn-two-providers, in which every kind occurs"
    )


def test_it_is_not_applicable_without_retries():
    assert found(ask_gpt, server_error(), error_in_200()).verdict == "not applicable"


@pytest.mark.parametrize(("asked", "verdict"), [("3s", "fail"), ("5s", "pass"), ("20s", "pass")])
def test_a_retry_after_that_the_app_never_waits_for_need_not_be_retried(asked, verdict):
    def app(question):
        for _ in range(2):
            try:
                return ask_once(question)
            except anthropic.InternalServerError:
                time.sleep(2)
        return ask_once(question)

    first = window(server_error(), ends=10 * MINUTE, share=0.5)
    second = window(rate_limited(asked), begins=10 * MINUTE, ends=20 * MINUTE, name="limits")
    with outage(profile_of(first, second), seed=3) as chaos:
        finding = retries_cover()(chaos.replay(app, every="1m").run)
    assert finding.verdict == verdict


def test_a_probe_of_an_open_breaker_need_not_be_retried():
    """The breaker opens in the first window, so in the second each call may ask but once."""
    breaker = Breaker(limit=3, cooldown=30.0)

    def app(question):
        for attempt in range(2):
            try:
                return breaker.ask(ask_once, question)
            except anthropic.APIError:
                if attempt or not breaker.let_through():
                    raise
        return None

    first = window(server_error(), ends=10 * MINUTE)
    second = window(rate_limited("1s"), begins=10 * MINUTE, ends=20 * MINUTE, name="limits")
    with outage(profile_of(first, second), seed=3) as chaos:
        finding = retries_cover()(chaos.replay(app, every="1m").run)
    assert finding.verdict == "pass"
