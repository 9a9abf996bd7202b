"""`backs_off` demands pauses before retries that grow and have jitter."""

from __future__ import annotations

import asyncio
import random
import time

import pytest
from support.apps.bots import ask, ask_once, claude
from support.apps.defended import ERRORS, ask_async_once, try_again
from support.judging import NUMBERED, Judge
from support.small_profiles import BAD_TIME, MINUTE, profile_of, window

from chaos_llm.checks import backs_off
from chaos_llm.faults import (
    auth_expired,
    hang,
    latency,
    overloaded,
    rate_limited,
    reset_connection,
    truncated_answer,
)

found = Judge(
    backs_off(), BAD_TIME, {"every": "1m", "prompts": NUMBERED, "warmup": "2m", "recovery": "2m"}
)


def waits(*pauses):
    """An app that waits so long before each of its retries; a pause may be a function."""

    def persistent(question):
        for pause in pauses:
            try:
                return ask_once(question)
            except ERRORS:
                time.sleep(pause() if callable(pause) else pause)
        return ask_once(question)

    return persistent


def test_an_sdk_with_its_defaults_backs_off():
    finding = found(ask)
    assert finding.verdict == "pass"
    assert finding.seen.startswith("retries waited 4")
    assert ", then 8" in finding.seen


def test_retries_at_once_fail():
    finding = found(waits(0, 0, 0))
    assert finding.verdict == "fail"
    assert finding.seen == "call 2 retried without a pause 2 times in a row"
    assert finding.at == 0.0


def test_one_retry_at_once_is_forgiven():
    assert found(waits(0)).verdict == "pass"
    assert found(waits(0, lambda: random.uniform(1, 3))).verdict == "pass"


def test_an_app_around_the_sdk_that_adds_a_pause_of_its_own_passes():
    assert found(try_again(ask, 2, pause=4)).verdict == "pass"


@pytest.mark.parametrize("pause", [0.5, 1, 5])
def test_the_same_pause_again_and_again_fails(pause):
    finding = found(waits(pause, pause, pause))
    assert finding.verdict == "fail"
    assert "later retries no longer than that" in finding.seen


def test_the_same_pause_with_a_little_jitter_fails():
    assert found(waits(*[lambda: random.uniform(1, 1.2)] * 3)).verdict == "fail"


def test_a_pause_that_is_long_or_spread_widely_need_not_grow():
    assert found(waits(*[lambda: random.uniform(9, 12)] * 2)).verdict == "pass"
    assert found(waits(*[lambda: random.uniform(0, 4)] * 3)).verdict == "pass"


def test_pauses_that_grow_in_step_fail_for_want_of_jitter():
    finding = found(waits(1, 2, 4))
    assert finding.verdict == "fail"
    assert finding.seen == "all 20 calls waited exactly 1 s before a retry, without jitter"
    assert found(waits(1, 2, 4), check=backs_off(jitter=False)).verdict == "pass"


def test_jitter_at_any_step_is_jitter():
    assert found(waits(1, lambda: random.uniform(2, 3))).verdict == "pass"


def test_full_jitter_as_amazon_describes_it_passes():
    def full(attempt):
        return lambda: random.uniform(0, min(20, 0.05 * 2**attempt))

    assert found(waits(*(full(attempt) for attempt in range(4)))).verdict == "pass"


def test_waiting_for_retry_after_is_not_judged_as_backoff():
    finding = found(ask, profile_of(window(rate_limited(retry_after=4), ends=20 * MINUTE)))
    assert finding.verdict == "pass"
    assert finding.seen == "every retry of a call waited as long as its retry-after asked"


def test_a_retry_that_ignores_retry_after_is_judged_as_backoff():
    shown = profile_of(window(rate_limited(retry_after=4), ends=20 * MINUTE))
    assert found(waits(0, 0), shown).verdict == "fail"


def test_time_outs_and_resets_count_like_refusals():
    for fault in (reset_connection(), hang(seconds=2)):
        profile = profile_of(window(fault, ends=20 * MINUTE))
        assert found(waits(0, 0), profile).verdict == "fail"
        assert found(lambda q: ask_once(q) and ask(q), profile).verdict == "not applicable"
        assert found(ask, profile).verdict == "pass"


@pytest.mark.parametrize("fault", [auth_expired(), truncated_answer(admits=True)], ids=repr)
def test_an_immediate_retry_after_a_failure_that_waiting_cannot_mend_passes(fault):
    def again(question):
        for _ in range(3):
            try:
                message = claude(max_retries=0).messages.create(
                    model="claude-sonnet-5-5",
                    max_tokens=300,
                    messages=[{"role": "user", "content": question}],
                )
            except ERRORS:
                continue
            if message.stop_reason == "end_turn":
                return message.content[0].text
        return "no answer"

    assert found(again, profile_of(window(fault, ends=20 * MINUTE))).verdict == "not applicable"


def test_it_is_not_applicable_without_retries():
    assert found(ask_once).verdict == "not applicable"
    quick = found(ask, profile_of(window(latency(seconds=3), ends=20 * MINUTE)))
    assert quick.verdict == "not applicable"
    assert quick.seen == "no request was retried"


def test_a_few_retries_are_not_judged():
    finding = found(waits(1), profile_of(window(ends=3 * MINUTE)))
    assert finding.verdict == "not judged"
    assert finding.seen == "only 3 calls retried, too few to compare pauses"


def many_at_once(pause):
    """Twenty questions in one call, each with a retry of its own."""

    async def one(question):
        try:
            return await ask_async_once(question)
        except ERRORS:
            await asyncio.sleep(pause())
            return await ask_async_once(question)

    async def app(question):
        parts = [one(f"{question} part {part}") for part in range(20)]
        return " ".join(map(str, await asyncio.gather(*parts, return_exceptions=True)))

    return app


def test_requests_that_failed_together_and_come_back_in_one_instant_fail():
    finding = found(many_at_once(lambda: 2), every="5m")
    assert finding.verdict == "fail"
    assert finding.seen.startswith("20 requests to anthropic failed together and were all retried")
    spread = many_at_once(lambda: random.uniform(1, 2))
    assert found(spread, every="5m").verdict == "pass"
    assert found(many_at_once(lambda: 0), every="5m").verdict == "pass"  # once is forgiven


def test_they_fail_even_when_a_retry_after_set_the_instant():
    async def app(question):
        sent = (ask_async_once(f"{question} part {n}", retries=1) for n in range(20))
        return str(await asyncio.gather(*sent, return_exceptions=True))

    shown = profile_of(window(rate_limited(retry_after=1), ends=20 * MINUTE))
    assert found(app, shown, every="5m").verdict == "fail"
    assert found(app, shown, check=backs_off(jitter=False), every="5m").verdict == "pass"


def test_identical_parallel_requests_are_no_retries():
    async def best_of_three(question):
        sent = [ask_async_once(question) for _ in range(3)]
        return str(await asyncio.gather(*sent, return_exceptions=True))

    assert found(best_of_three, profile_of(window(overloaded()))).verdict == "not applicable"
