"""`auth_failures_are_not_hammered` limits the requests with a refused credential."""

from __future__ import annotations

import asyncio

import anthropic
import pytest
from support.apps.bots import MODEL, ask, ask_once
from support.apps.defended import ERRORS, ask_async_once, try_again
from support.judging import NUMBERED, Judge
from support.small_profiles import MINUTE, profile_of, window

from chaos_llm.checks import auth_failures_are_not_hammered
from chaos_llm.errors import UsageError
from chaos_llm.faults import auth_expired, overloaded

REFUSED = profile_of(window(auth_expired(), ends=20 * MINUTE))


found = Judge(
    auth_failures_are_not_hammered(),
    REFUSED,
    {"every": "1m", "prompts": NUMBERED, "warmup": "2m", "recovery": "2m"},
)


def with_key(question, key):
    message = anthropic.Anthropic(api_key=key, max_retries=0).messages.create(
        model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}]
    )
    return message.content[0].text


def with_keys(*keys):
    def app(question):
        for key in keys:
            try:
                return with_key(question, key)
            except ERRORS:
                continue
        raise ConnectionError("no key is left")

    return app


def test_an_sdk_does_not_repeat_a_refused_key():
    finding = found(ask)
    assert finding.verdict == "pass"
    assert finding.seen == "20 calls got a 401, and none kept sending refused credentials"


def test_a_layer_that_retries_whatever_fails_repeats_it():
    finding = found(try_again(ask, 3))
    assert finding.verdict == "fail"
    assert finding.seen == "call 2 sent anthropic a refused credential 3 times"
    assert finding.at == 2.0
    patient = auth_failures_are_not_hammered(repeats=2)
    assert found(try_again(ask, 3), check=patient).verdict == "pass"


def test_repeats_without_a_pause_fail_too():
    assert found(try_again(ask_once, 3, pause=0)).verdict == "fail"


def test_one_repeat_is_forgiven_unless_it_is_not():
    assert found(try_again(ask, 2)).verdict == "pass"
    strict = auth_failures_are_not_hammered(repeats=0)
    assert found(try_again(ask, 2), check=strict).verdict == "fail"
    assert found(ask, check=strict).verdict == "pass"


def test_after_the_refresh_still_refused_is_the_end():
    assert found(with_keys("old", "new")).verdict == "pass"
    finding = found(with_keys("old", "new", "newer", "newest"))
    assert finding.verdict == "fail"
    assert finding.seen == "anthropic refused 4 credentials of call 2, one after another"
    pool = auth_failures_are_not_hammered(credentials=4)
    assert found(with_keys("old", "new", "newer", "newest"), check=pool).verdict == "pass"


def test_parallel_requests_with_a_refused_key_are_forgiven():
    async def agent(question):
        sent = (ask_async_once(f"{question} part {part}") for part in range(6))
        return str(await asyncio.gather(*sent, return_exceptions=True))

    assert found(agent).verdict == "pass"


def test_each_call_is_judged_by_itself():
    assert found(ask_once, every="1s", warmup="10s", recovery="10s").verdict == "pass"


def test_it_is_not_applicable_without_a_refused_key():
    finding = found(try_again(ask_once, 3), profile_of(window(overloaded(), ends=20 * MINUTE)))
    assert finding.verdict == "not applicable"
    assert finding.seen == "no credential was refused in a call"


def test_a_key_that_is_refused_between_other_failures_counts_by_itself():
    mixed = profile_of(
        window(auth_expired(), ends=20 * MINUTE, share=0.3, name="refused"),
        window(overloaded(), ends=20 * MINUTE, name="busy"),
    )
    assert found(ask, mixed).verdict == "pass"


@pytest.mark.parametrize("wrong", [{"repeats": -1}, {"repeats": 1.5}, {"credentials": 0}])
def test_wrong_limits_are_refused_when_the_check_is_made(wrong):
    with pytest.raises(UsageError, match="is a whole number"):
        auth_failures_are_not_hammered(**wrong)
