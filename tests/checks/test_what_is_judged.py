"""Kinds of wrong verdicts that real apps met; each test carries the id of its kind."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import anthropic
import pytest
from support.apps.bots import MODEL, SECOND_MODEL, ask_once
from support.apps.defended import ERRORS, Breaker, ask_gpt_async, claude_async, gpt
from support.small_profiles import MINUTE, day, window

from chaos_llm import outage
from chaos_llm.checks import (
    honours_retry_after,
    never_waits_past,
    probes_with_one_request,
    returns_to,
    standard,
    stops_calling,
)
from chaos_llm.faults import hang, latency, overloaded, rate_limited, slow_first_token, slow_tokens
from chaos_llm.profiles.model import HealthyLatency, Target

GPT = Target("openai")


def failing(profile, app, **options):
    """The default checks that fail, by name, with what each of them found."""
    report = replayed(profile, app, **options)
    findings = [check(report.run) for check in standard(report.run)]
    return {f.check.partition("(")[0]: f.seen for f in findings if f.verdict == "fail"}


def replayed(profile, app, **options):
    with outage(profile, seed=3) as chaos:
        return chaos.replay(app, **({"every": "30s", "recovery": "10m"} | options))


def until_finish_reason(question):
    """Read a stream to its finish_reason, and close it before [DONE]."""
    pieces = []
    stream = gpt().chat.completions.create(
        model=SECOND_MODEL, stream=True, messages=[{"role": "user", "content": question}]
    )
    for chunk in stream:
        pieces.append(chunk.choices[0].delta.content or "")
        if chunk.choices[0].finish_reason:
            break
    stream.close()
    return "".join(pieces)


@pytest.mark.parametrize(
    "fault", [latency(seconds=5), slow_tokens(seconds=0.5), slow_first_token(seconds=9)], ids=repr
)
def test_c1_a_stream_that_is_closed_at_its_finish_reason_has_answered(fault):
    profile = day(window(fault, ends=40 * MINUTE, on=GPT))
    report = replayed(profile, until_finish_reason)
    assert report.primary == 1.0
    assert stops_calling("openai")(report.run).verdict == "not applicable"
    assert returns_to("openai")(report.run).verdict == "pass"
    assert not failing(profile, until_finish_reason)


def test_c2_two_answers_with_one_reference_are_each_the_answer_of_their_call():
    """In 10,000 calls two references are equal by chance; here every second one is."""
    with outage(None, seed=3) as chaos:
        chaos.on("anthropic").answers(
            lambda request: f"Yes, {request.prompt} Reference R7-20931-K."
        )
        report = chaos.replay(ask_once, calls=20, warmup="0s")
    assert report.counts == {"primary": 20}


async def ask_claude_for_twenty_seconds(question):
    client = claude_async(0).with_options(timeout=20)
    message = await client.messages.create(
        model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}]
    )
    return message.content[0].text


class HalfOpen:
    """A breaker that lets one call through after a minute, and all calls after a good answer."""

    def __init__(self):
        self.opened, self.failures, self.probing = 0.0, 0, False

    async def answer(self, question):
        is_open = self.failures >= 3
        if is_open and (self.probing or time.monotonic() - self.opened < 60):
            return await ask_gpt_async(question)
        self.probing = is_open
        try:
            answer = await ask_claude_for_twenty_seconds(question)
            for _ in range(5):  # the breaker's state is kept in a store that answers at once
                await asyncio.sleep(0)
        except anthropic.APIError:
            self.failures, self.opened = self.failures + 1, time.monotonic()
            return await ask_gpt_async(question)
        finally:
            self.probing = False
        self.failures = 0
        return answer


@pytest.mark.parametrize("seed", range(3))
def test_c3_calls_after_a_good_answer_are_no_probes(seed):
    """An answer takes as long as two calls are apart, so one begins when the good probe ends."""
    pace = {"anthropic": HealthyLatency(first_token=3.75)}
    profile = day(window(hang(), ends=40 * MINUTE, share=0.6), baseline=pace)
    with outage(profile, seed=seed) as chaos:
        report = chaos.replay(HalfOpen().answer, users=16, every="30s", recovery="5m")
    finding = probes_with_one_request("anthropic", at_most=3)(report.run)
    assert finding.verdict in ("pass", "not judged", "not applicable"), finding.seen


def waits_far_too_long(question, unit=100):
    """Take a retry-after of seconds for one of another unit."""
    for _ in range(2):
        try:
            return ask_once(question)
        except anthropic.RateLimitError as refused:
            time.sleep(float(refused.response.headers["retry-after"]) * unit)
    return ask_once(question)


def test_c4_a_wait_of_a_hundred_times_the_retry_after_is_not_called_obedience():
    profile = day(window(rate_limited(retry_after=2), ends=20 * MINUTE))
    run = replayed(profile, waits_far_too_long, every="10m").run
    late, early = never_waits_past()(run), honours_retry_after()(run)
    assert late.verdict == early.verdict == "fail"
    assert "it waited 3 min 20 s, 100 times a retry-after of 2 s from anthropic" in late.seen
    assert early.seen.endswith("waited 3 min 20 s, 100 times the 2 s that anthropic had asked for")


def test_c4_a_wait_that_is_longer_by_the_apps_own_backoff_is_sound():
    profile = day(window(rate_limited(retry_after=2), ends=20 * MINUTE))

    def patient(question):
        return waits_far_too_long(question, unit=10)

    assert honours_retry_after()(replayed(profile, patient, every="10m").run).verdict == "pass"


class SecondModel:
    """Claude's large model, else its small one; with or without a breaker for the large one."""

    def __init__(self, breaker=None):
        self.breaker = breaker

    def __call__(self, question):
        try:
            return self.breaker.ask(ask_once, question) if self.breaker else ask_once(question)
        except ERRORS:
            return ask_once(question, "claude-haiku-4-5")


ONE_MODEL = day(window(overloaded(), ends=40 * MINUTE, on=Target("anthropic", model=MODEL)))


def test_c7_a_dead_model_that_every_call_asks_first_fails():
    report = replayed(ONE_MODEL, SecondModel())
    finding = stops_calling("anthropic")(report.run)
    assert finding.verdict == "fail"
    assert finding.seen == (
        f"80 calls in a row used anthropic while it was down, and it answered none (model {MODEL})"
    )
    assert report.counts["fallback"] == 80


def test_c7_a_breaker_for_one_model_passes():
    run = replayed(ONE_MODEL, SecondModel(Breaker())).run
    assert stops_calling("anthropic")(run).verdict == "pass"
    assert returns_to("anthropic")(run).verdict == "pass"
    assert not failing(ONE_MODEL, SecondModel(Breaker()))


def test_c7_two_models_that_healthy_calls_use_together_are_no_fallback():
    def classify_and_answer(question):
        with suppress(anthropic.APIError):
            ask_once(question, "claude-haiku-4-5")
        return ask_once(question)

    small = day(window(overloaded(), ends=40 * MINUTE, on=Target("anthropic", model="*haiku*")))
    assert replayed(small, classify_and_answer).primary == 1.0
