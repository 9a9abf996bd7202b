"""`honours_retry_after` fails a retry before the time that a refusal asked for."""

from __future__ import annotations

import asyncio
import time

import anthropic
import httpx
import openai
import pytest
from support.apps.bots import MODEL, ask, ask_once
from support.apps.defended import ERRORS, ask_gpt, try_again
from support.judging import NUMBERED, Judge
from support.small_profiles import MINUTE, profile_of, window

from chaos_llm.checks import honours_retry_after
from chaos_llm.errors import UsageError
from chaos_llm.faults import overloaded, rate_limited, raw
from chaos_llm.profiles.model import Target

LIMITED = profile_of(window(rate_limited(retry_after=5), ends=20 * MINUTE))
GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent"


found = Judge(
    honours_retry_after(),
    LIMITED,
    {"every": "1m", "prompts": NUMBERED, "warmup": "2m", "recovery": "2m"},
)


def refused(*headers, json=None):
    return profile_of(window(raw(429, headers, json=json), ends=20 * MINUTE))


def ask_gemini(question, pause=0.0, key="a key"):
    for _ in range(3):
        reply = httpx.post(
            GEMINI,
            headers={"x-goog-api-key": key},
            json={"contents": [{"role": "user", "parts": [{"text": question}]}]},
        )
        if reply.status_code == 200:
            return reply.json()["candidates"][0]["content"]["parts"][0]["text"]
        time.sleep(pause)
    raise ConnectionError(reply.status_code)


@pytest.mark.parametrize("make", [anthropic.Anthropic, openai.OpenAI])
def test_the_vendors_sdks_obey(make):
    target = "anthropic" if make is anthropic.Anthropic else "openai"
    limited = profile_of(window(rate_limited(retry_after=5), ends=20 * MINUTE, on=Target(target)))
    app = ask if target == "anthropic" else gpt
    finding = found(app, limited)
    assert finding.verdict == "pass"
    assert finding.seen == "calls waited as long as a retry-after asked, 40 times"


def gpt(question):
    completion = openai.OpenAI().chat.completions.create(
        model="gpt-5.5", messages=[{"role": "user", "content": question}]
    )
    return completion.choices[0].message.content


def test_a_retry_before_that_time_fails():
    finding = found(try_again(ask_once, 3, pause=2))
    assert finding.verdict == "fail"
    assert finding.seen == (
        "call 2 sent anthropic a request 2 s after a refusal with a retry-after of 5 s "
        "(40 times in all)"
    )
    assert finding.at == 2.0


def test_an_immediate_retry_fails():
    assert found(try_again(ask_once, 3, pause=0)).verdict == "fail"


def test_a_retry_layer_around_an_obedient_sdk_that_retries_too_early_fails():
    assert found(try_again(ask, 2, pause=1)).verdict == "fail"
    assert found(try_again(ask, 2, pause=6)).verdict == "pass"


def test_a_router_that_takes_turns_between_deployments_of_one_upstream_fails():
    def router(question):
        for turn in range(4):
            try:
                return ask_once(question, model=("claude-a", "claude-b")[turn % 2])
            except ERRORS:
                continue
        raise ConnectionError("no deployment is left")

    assert found(router).verdict == "fail"


def test_another_model_or_vendor_may_have_room():
    def falls_back(question):
        for model in ("claude-opus-4-6", "claude-sonnet-5-5"):
            try:
                return ask_once(question, model=model)
            except ERRORS:
                continue
        return ask_gpt(question)

    finding = found(falls_back)
    assert finding.verdict == "pass"
    assert finding.seen == "no call sent another request after a refusal with a retry-after"


def test_the_next_call_need_not_wait():
    assert found(ask_once, every="2s", warmup="10s", recovery="10s").verdict == "pass"


@pytest.mark.parametrize(
    "profile",
    [
        refused(("retry-after", "5")),
        refused(("Retry-After-Ms", "5000"), ("retry-after", "1")),
        refused(("retry-after", "Mon, 02 Mar 2026 12:00:05 GMT")),
        refused(("x-ratelimit-reset", str(1772452805))),
    ],
    ids=["seconds", "milliseconds", "date", "reset"],
)
def test_every_form_of_retry_after_is_read(profile):
    one = {"profile": profile, "warmup": 0, "every": "1h", "until": "1m", "recovery": 0}
    assert found(try_again(ask_once, 2, pause=4), **one).verdict == "fail"
    assert found(try_again(ask_once, 2, pause=5), **one).verdict == "pass"


def test_googles_retry_delay_is_read_from_the_body():
    limited = profile_of(
        window(rate_limited(retry_after=4), ends=20 * MINUTE, on=Target("gemini"), name="limited")
    )
    assert found(lambda q: ask_gemini(q, pause=0.2), limited).verdict == "fail"
    assert found(lambda q: ask_gemini(q, pause=4), limited).verdict == "pass"


def test_an_absurd_time_need_not_be_obeyed():
    absurd = profile_of(window(rate_limited(retry_after=3600), ends=20 * MINUTE))
    finding = found(try_again(ask_once, 3, pause=2), absurd)
    assert finding.verdict == "not applicable"
    assert finding.seen == "the only retry-afters were longer than 1 min, the longest 1 h"
    check = honours_retry_after(up_to="2h")
    assert found(try_again(ask_once, 3, pause=2), absurd, check).verdict == "fail"


def test_it_is_not_applicable_without_a_retry_after():
    finding = found(ask, profile_of(window(overloaded(), ends=20 * MINUTE)))
    assert finding.verdict == "not applicable"
    assert finding.seen == "no reply had a retry-after"


def test_an_invalid_retry_after_is_ignored():
    for value in ("soon", "-5", "0", "nan", "Mon, 02 Mar 2020 12:00:05 GMT"):
        profile = refused(("retry-after", value), json=["no", "object"])
        assert found(try_again(ask_once, 2, pause=0), profile).verdict == "not applicable"


def test_a_wrong_limit_is_refused_when_the_check_is_made():
    with pytest.raises(UsageError, match="'soon' is not a duration"):
        honours_retry_after(up_to="soon")


def test_parallel_requests_of_one_call_are_judged_separately():
    client = anthropic.AsyncAnthropic(api_key="made once", max_retries=0)

    async def ask_until_answered(question, part):
        while True:
            try:
                message = await client.messages.create(
                    model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}]
                )
            except anthropic.RateLimitError as error:
                await asyncio.sleep(float(error.response.headers["retry-after"]) + part)
            else:
                return message.content[0].text

    async def ask_thrice(question):
        return await asyncio.gather(
            *[ask_until_answered(f"{question}, {part}", part) for part in range(3)]
        )

    finding = found(
        ask_thrice, profile_of(window(rate_limited(retry_after=5), ends=8)), warmup=0, recovery=0
    )
    assert finding.verdict == "pass"
    assert finding.seen == "calls waited as long as a retry-after asked, 6 times"
