"""`retries_stay_under` limits the requests per call."""

from __future__ import annotations

import asyncio
import contextlib

import anthropic
import pytest
from support.apps.bots import MODEL, ask, ask_once, claude
from support.apps.defended import (
    ERRORS,
    DefendedAsync,
    WithPings,
    agent,
    ask_async_once,
    ask_gpt,
    try_again,
)
from support.judging import NUMBERED, Judge
from support.small_profiles import BAD_TIME, HOUR, MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.checks import retries_stay_under
from chaos_llm.errors import UsageError
from chaos_llm.faults import cut_stream, hang, latency, overloaded
from chaos_llm.profiles.model import Target

found = Judge(
    retries_stay_under(3),
    BAD_TIME,
    {"every": "1m", "prompts": NUMBERED, "warmup": "5m", "recovery": "5m"},
)
UNCONFIGURED = retries_stay_under()


def test_an_sdk_with_its_defaults_passes():
    finding = found(ask)
    assert finding.verdict == "pass"
    assert finding.seen == "no request was retried more than 2 times"


def test_one_layer_around_the_sdk_multiplies():
    finding = found(try_again(ask, 3))
    assert finding.verdict == "fail"
    assert finding.seen == "call 5 sent one request to anthropic 9 times, 8 of them retries"
    assert finding.at is not None
    assert found(try_again(ask, 3), check=retries_stay_under(9)).verdict == "pass"


@pytest.mark.parametrize(("retries", "verdict"), [(4, "pass"), (5, "fail")])
def test_by_default_one_layer_may_try_four_times_more(retries, verdict):
    client = claude(max_retries=retries)

    def app(question):
        messages = [{"role": "user", "content": question}]
        return client.messages.create(model=MODEL, max_tokens=300, messages=messages)

    finding = found(app, check=UNCONFIGURED)
    assert finding.verdict == verdict


def test_by_default_an_sdk_that_is_asked_twice_fails():
    finding = found(try_again(ask, 2), check=UNCONFIGURED)
    assert finding.seen == "call 5 sent one request to anthropic 6 times, 5 of them retries"


def in_steps(otherwise):
    """Three questions in one call, each to another model where the first one fails."""

    def app(question):
        answers = []
        for step in ("sum up", "judge", "reply to"):
            try:
                answers.append(ask(f"{step}: {question}"))
            except ERRORS:
                answers.append(otherwise(f"{step}: {question}"))
        return " ".join(answers)

    return app


def test_steps_that_another_model_has_answered_are_no_retries_of_each_other():
    finding = found(in_steps(ask_gpt))
    assert finding.verdict == "pass"
    assert finding.seen == "no request was retried more than 2 times"
    assert found(in_steps(lambda question: "nothing")).verdict == "fail"


def test_an_app_without_retries_has_none():
    finding = found(ask_once)
    assert finding.verdict == "pass"
    assert finding.seen == "no request was retried"


def test_it_is_not_applicable_where_nothing_failed():
    finding = found(ask, profile_of(window(latency(seconds=3), ends=20 * MINUTE)))
    assert finding.verdict == "not applicable"
    assert finding.seen == "no request failed"


def test_the_steps_of_an_agent_are_no_retries():
    shaky = profile_of(window(overloaded(), share=0.5, ends=20 * MINUTE))
    assert found(lambda question: agent(question, steps=12, retries=2), shaky).verdict == "pass"
    assert found(lambda question: agent(question, steps=12, retries=9), shaky).verdict == "fail"


def test_another_vendor_and_another_model_are_fallbacks():
    everything = profile_of(window(on=(Target("anthropic"), Target("openai")), ends=20 * MINUTE))

    def through_all(question):
        for ask_one in (
            ask,
            lambda question: ask_once(question, model="claude-haiku-5", timeout=9),
            ask_gpt,
        ):
            try:
                return ask_one(question)
            except ERRORS:
                continue
        return None

    assert found(through_all, everything).verdict == "pass"


async def at_once(question):
    client = anthropic.AsyncAnthropic(max_retries=2)
    parts = (
        client.messages.create(
            model=MODEL, max_tokens=300, messages=[{"role": "user", "content": f"{question} {n}"}]
        )
        for n in range(6)
    )
    return await asyncio.gather(*parts, return_exceptions=True)


@pytest.mark.parametrize("fault", [overloaded(), hang(seconds=20)], ids=repr)
def test_requests_at_the_same_time_are_no_retries_of_each_other(fault):
    finding = found(at_once, profile_of(window(fault, ends=20 * MINUTE)))
    assert finding.verdict == "pass"
    assert finding.seen == "no request was retried more than 2 times"


def test_retries_without_any_pause_are_retries():
    assert found(try_again(ask_once, 5, pause=0)).verdict == "fail"
    assert found(try_again(ask_once, 3, pause=0)).verdict == "pass"


def test_a_request_after_one_that_the_app_gave_up_on_is_a_retry():
    async def impatient(question):
        for _ in range(5):
            try:
                return await asyncio.wait_for(ask_async_once(question), 3)
            except TimeoutError:
                continue
        return None

    assert found(impatient, profile_of(window(hang(), ends=20 * MINUTE))).verdict == "fail"


def test_a_retry_after_a_cut_stream_is_one():
    def insists(question):
        for _ in range(5):
            try:
                with claude(max_retries=0).messages.stream(
                    model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}]
                ) as stream:
                    return "".join(stream.text_stream)
            except Exception:
                continue
        return None

    assert found(insists, profile_of(window(cut_stream(), ends=20 * MINUTE))).verdict == "fail"


def test_pings_in_the_background_are_no_retries():
    app = WithPings(DefendedAsync().answer)
    assert found(app.answer, users=2).verdict == "pass"


class ByQueue:
    """A worker from before the outage, and prompts without tokens."""

    def __init__(self, retries):
        self.jobs, self.retries, self.worker = None, retries, None

    async def start(self):
        self.jobs = asyncio.Queue()
        self.worker = asyncio.create_task(self.work())

    async def work(self):
        client = anthropic.AsyncAnthropic(api_key="k", max_retries=self.retries)
        while True:
            question, done = await self.jobs.get()
            asyncio.create_task(self.serve(client, question, done))  # noqa: RUF006 - it is awaited

    async def serve(self, client, question, done):
        try:
            message = await client.messages.create(
                model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}]
            )
            done.set_result(message.content[0].text)
        except ERRORS as error:
            done.set_exception(error)

    async def answer(self, question):
        done = asyncio.get_running_loop().create_future()
        self.jobs.put_nowait((question, done))
        return await done


@pytest.mark.parametrize(("retries", "verdict"), [(2, "pass"), (8, "fail")])
def test_requests_that_belong_to_no_call_are_judged_on_average(retries, verdict):
    words = ("red", "blue", "grey", "pink", "gold")  # numbers would be taken for ids

    async def run():
        app = ByQueue(retries)
        await app.start()
        # Slow enough for the calls of several users to overlap, so that no call is the sole one.
        slow = window(latency(seconds=5), begins=-HOUR, ends=HOUR)
        with outage(profile_of(slow, window(ends=20 * MINUTE)), seed=3) as chaos:
            report = await chaos.replay(
                app.answer,
                users=6,
                every="10s",
                warmup="2m",
                until="20m",
                recovery=0,
                prompts=lambda n: " ".join(words[n // 5**place % 5] for place in range(5)),
            )
            stray = [exchange for exchange in report.run.api if exchange.key.call < 0]
            assert len(stray) > 0.9 * len(report.run.api)
            return retries_stay_under(3)(report.run)

    assert asyncio.run(run()).verdict == verdict


class Later:
    """A worker retries failed requests after their calls have ended."""

    def __init__(self, times, retries=2):
        self.times, self.retries, self.jobs = times, retries, set()

    async def answer(self, question):
        try:
            return await ask_async_once(question, retries=self.retries)
        except ERRORS:
            self.jobs.add(asyncio.create_task(self.work(question)))
            return "you will get an answer by mail"

    async def work(self, question):
        for _ in range(self.times):
            await asyncio.sleep(40)
            with contextlib.suppress(*ERRORS):
                await ask_async_once(question)
                return


@pytest.mark.parametrize(("times", "verdict"), [(0, "pass"), (4, "fail")])
def test_retries_in_the_background_add_to_those_of_the_call(times, verdict):
    words = ("red", "blue", "grey", "pink", "gold")  # numbers would be taken for ids

    def prompts(number):
        return " ".join(words[number // 5**place % 5] for place in range(5))

    finding = found(Later(times).answer, every="20s", users=2, prompts=prompts)
    assert finding.verdict == verdict
    if verdict == "fail":
        assert finding.seen.endswith(
            " retries per call within 5 min, including those in the background"
        )


def test_a_limit_is_a_whole_number():
    for wrong in (0, 2.5, "3"):
        with pytest.raises(UsageError, match="limit= is a whole number"):
            retries_stay_under(wrong)
