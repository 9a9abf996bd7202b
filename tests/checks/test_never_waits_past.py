"""`never_waits_past` limits the wait of a call, and names its longest part."""

from __future__ import annotations

import asyncio
import time

import pytest
from support.apps.bots import MODEL, ask, ask_once, claude
from support.apps.defended import ERRORS, Cached, ask_async_once, ask_gpt, try_again
from support.judging import NUMBERED, Judge
from support.small_profiles import BAD_TIME, HOUR, bad_time, profile_of, window

from chaos_llm.checks import never_waits_past
from chaos_llm.errors import UsageError
from chaos_llm.faults import hang, latency, overloaded, ping_only, rate_limited
from chaos_llm.profiles.model import HealthyLatency

found = Judge(
    never_waits_past(),
    BAD_TIME,
    {"every": "1m", "prompts": NUMBERED, "warmup": "2m", "recovery": "2m"},
)


def streamed(question):
    with claude(max_retries=0, timeout=20).messages.stream(
        model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}]
    ) as stream:
        return "".join(stream.text_stream)


def test_a_time_out_and_a_fallback_pass():
    def app(question):
        try:
            return ask_once(question, timeout=20)
        except ERRORS:
            return ask_gpt(question)

    finding = found(app, bad_time(hang()))
    assert finding.verdict == "pass"
    assert finding.seen == "the longest call took 20 s"
    assert found(app, bad_time(hang()), never_waits_past("15s")).verdict == "fail"


def test_an_absurd_retry_after_that_is_obeyed_is_named():
    finding = found(ask, bad_time(rate_limited(retry_after=3600)))
    assert finding.verdict == "fail"
    assert finding.seen == (
        "one call took longer than 1 min, and their users missed 21 calls meanwhile; "
        "call 2 took 1 h: it waited for a retry-after of 1 h from anthropic"
    )
    assert finding.at == 0.0


def test_an_sdk_that_refuses_to_wait_for_so_long_passes():
    assert found(ask_gpt, bad_time(rate_limited(retry_after=3600))).verdict == "not applicable"


def test_a_silent_provider_without_a_time_out_is_named():
    finding = found(lambda question: ask_once(question, timeout=900), bad_time(hang()))
    assert finding.verdict == "fail"
    assert finding.seen.endswith("15 min: anthropic sent nothing for 15 min, the client's time-out")


def test_a_stream_that_only_pings_defeats_a_time_out_and_is_named():
    finding = found(streamed, bad_time(ping_only(seconds=300)))
    assert finding.verdict == "fail"
    assert "a stream of anthropic went on for 5 min" in finding.seen


def test_tries_that_add_up_are_counted():
    finding = found(
        try_again(lambda q: ask_once(q, timeout=20), 4, pause=2), bad_time(hang()), every="5m"
    )
    assert finding.verdict == "fail"
    assert (
        finding.seen
        == "4 calls took longer than 1 min; call 1 took 1 min 26 s: 4 requests, one after the other"
    )


def test_a_pause_of_the_apps_own_is_named():
    finding = found(try_again(ask_once, 2, pause=90), bad_time(overloaded()), every="5m")
    assert finding.verdict == "fail"
    assert finding.seen.endswith("it waited 1 min 30 s without a request")


def test_a_wait_without_a_request_is_named():
    def waits_for_a_lock(question):
        if "7" in question:
            time.sleep(100)
        return Cached(ask_once)(question) if "7" not in question else "sorry"

    finding = found(waits_for_a_lock, bad_time(overloaded()), every="2m")
    assert finding.verdict == "fail"
    assert (
        finding.seen
        == "one call took longer than 1 min; call 7 took 1 min 40 s: it sent no request"
    )


def test_it_is_not_applicable_where_no_fault_was_applied():
    finding = found(lambda question: time.sleep(70), bad_time())
    assert finding.verdict == "not applicable"
    assert finding.seen == "no fault was applied to a call"


def test_the_default_deadline_allows_for_a_slow_healthy_provider():
    slow = bad_time(latency(seconds=1), baseline={"anthropic": HealthyLatency(first_token=50)})
    run = found.run(ask_once, slow, every="2m")
    assert never_waits_past.with_learned_deadline(run) == never_waits_past(100.0)
    assert never_waits_past.with_learned_deadline(run)(run).verdict == "pass"
    assert never_waits_past()(run).verdict == "pass"
    quick = found.run(ask_once, bad_time(overloaded()))
    assert never_waits_past.with_learned_deadline(quick) == never_waits_past("1m")


def within(limit, work=ask_async_once):
    async def app(question):
        try:
            async with asyncio.timeout(limit):
                return await work(question)
        except TimeoutError:
            return "sorry"

    return app


def learned(app, profile):
    run = found.run(app, profile, every="5m")
    return never_waits_past.with_learned_deadline(run), run


def test_the_default_deadline_is_the_one_that_the_app_sets_itself():
    check, run = learned(within(150), bad_time(hang()))
    assert check == never_waits_past(150.0)
    assert check(run).verdict == "pass"
    finding = never_waits_past()(run)
    assert finding.verdict == "fail"
    assert finding.seen.endswith("sent nothing for 2 min 30 s, until the app's own deadline")


def test_a_deadline_that_the_app_sets_itself_and_does_not_keep_is_named():
    async def blocking(question):
        return ask_once(question, timeout=45)

    check, run = learned(within(20, blocking), bad_time(hang()))
    finding = check(run)
    assert finding.verdict == "fail"
    assert finding.seen == (
        "4 calls took longer than 20 s, the app's own deadline; call 1 took 45 s: anthropic sent "
        "nothing for 45 s, the client's time-out"
    )


def test_a_deadline_of_each_attempt_is_not_the_calls():
    async def twice(question):
        answer = await within(40)(question)
        return answer if answer != "sorry" else await within(40)(question)

    check, run = learned(twice, bad_time(hang()))
    assert check == never_waits_past("1m")
    assert check(run).verdict == "fail"


def test_a_deadline_after_which_the_app_answers_in_another_way_is_not_the_calls():
    async def slowly_by_itself(question):
        answer = await within(20)(question)
        if answer == "sorry":
            await asyncio.sleep(15)
        return answer

    check, run = learned(slowly_by_itself, bad_time(hang()))
    assert check == never_waits_past("1m")
    assert check(run).verdict == "pass"


def test_exactly_the_deadline_is_in_time():
    profile = profile_of(window(hang(seconds=60), ends=HOUR))
    assert found(ask_once, profile, every="2m").verdict == "pass"


def test_a_wrong_deadline_is_refused_when_the_check_is_made():
    with pytest.raises(UsageError, match="'soon' is not a duration"):
        never_waits_past("soon")
