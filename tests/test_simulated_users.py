"""Simulated users: they make a call when it is due, and wait for its result."""

from __future__ import annotations

import asyncio
import functools
import sys
import time

import anthropic
import pytest
from support.apps.bots import MODEL, ask, ask_async, ask_once
from support.small_profiles import HOUR, MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.errors import HarnessError, UsageError
from chaos_llm.faults import hang, latency, overloaded
from chaos_llm.replay.simulated_users import is_async
from chaos_llm.virtual_time.clock import Clock


class Slow:
    """Takes its time, and remembers when it was asked."""

    def __init__(self, *seconds):
        self.seconds, self.began = list(seconds), []

    def __call__(self, question):
        self.began.append(time.time())
        time.sleep(self.seconds.pop(0) if self.seconds else 0)
        return question


def replay(app, profile=None, **options):
    with outage(profile) as chaos:
        return chaos.replay(app, **{"warmup": 0, "recovery": "10m", "prompts": "hello", **options})


def outcomes(report):
    return [call.outcome for call in report.run.calls]


def test_a_call_begins_when_it_is_due():
    report = replay(Slow(), every="1m")
    assert [call.began for call in report.run.calls] == [n * MINUTE for n in range(10)]
    assert [call.due for call in report.run.calls] == [n * MINUTE for n in range(10)]


def test_a_call_that_is_due_while_its_user_waits_is_missed():
    slow = Slow(150)
    report = replay(slow, every="1m")
    missed = [call.number for call in report.run.calls if call.outcome == "missed"]
    assert missed == [1, 2]
    assert [call.began for call in report.run.calls][3] == 3 * MINUTE
    assert len(slow.began) == 8
    assert report.missed == 0.2


def test_a_call_that_ends_when_the_next_is_due_does_not_make_it_missed():
    assert "missed" not in outcomes(replay(Slow(60, 60, 0.1 + 0.2), every="1m"))


def test_calls_of_an_hour_of_hanging_are_missed():
    with outage(profile_of(window(hang(), ends=HOUR))) as chaos:
        report = chaos.replay(
            lambda question: ask_once(question, timeout=4000), every="1m", recovery="10m"
        )
    lost = [call for call in report.run.calls if 0 <= call.due < 4000]
    assert {call.outcome for call in lost} == {"failed", "missed"}
    assert len(lost) == 67
    assert report.missed == 66 / report.calls
    assert report.longest_downtime == pytest.approx(4020, abs=60)


def test_a_waiting_user_does_not_delay_the_others():
    async def slow(question):
        began.append(question)
        await asyncio.sleep(90 if len(began) == 1 else 1)

    began = []
    report = replay(slow, every="1m", users=3)
    calls = report.run.calls
    assert [call.due for call in calls[:6]] == [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
    assert [call.user for call in calls[:6]] == [0, 1, 2, 0, 1, 2]
    missed = {call.number: call.user for call in calls if call.outcome == "missed"}
    assert missed == {3: 0}


def test_calls_are_returned_in_the_order_of_their_due_times():
    async def slow_at_first(question):
        await asyncio.sleep(50 if asyncio.get_running_loop().time() < 30 else 1)

    report = replay(slow_at_first, every="1m", users=6)
    assert [call.number for call in report.run.calls] == list(range(60))


def test_on_call_gets_each_call_when_it_is_over():
    shown = []
    report = replay(Slow(90), every="1m", on_call=shown.append)
    assert shown == list(report.run.calls)


def test_an_exception_of_the_app_is_an_outcome():
    def app(question):
        raise KeyError("a bug of the app's own")

    report = replay(app, calls=3)
    assert outcomes(report) == ["failed"] * 3
    assert report.run.calls[0].error.is_a(KeyError)


async def lets_its_cancellation_out(question):
    async with asyncio.timeout(5):
        task = asyncio.ensure_future(asyncio.sleep(60))
        asyncio.get_running_loop().call_later(1, task.cancel)
        await task


def test_an_uncaught_cancellation_of_the_app_ends_its_call_and_not_its_user():
    report = replay(lets_its_cancellation_out, calls=4, users=2)
    assert outcomes(report) == ["failed"] * 4
    assert report.run.calls[0].error.is_a(asyncio.CancelledError)


def mistaken(question):
    raise UsageError("used wrongly")


async def mistaken_async(question):
    mistaken(question)


@pytest.mark.parametrize("app", [mistaken, mistaken_async])
def test_a_wrong_use_of_chaos_llm_is_raised_and_no_outcome(app):
    with pytest.raises(UsageError, match="used wrongly"):
        replay(app, calls=3)


async def exits(question):
    sys.exit(3)


def exits_sync(question):
    sys.exit(3)


@pytest.mark.parametrize("app", [exits, exits_sync])
def test_an_exit_of_the_process_ends_the_replay(app):
    with pytest.raises(SystemExit):
        replay(app, calls=3)


def test_a_harness_error_of_one_of_many_users_is_raised_unwrapped():
    async def swallows(question):
        return (await asyncio.gather(never(), return_exceptions=True))[0]

    async def never():
        await asyncio.sleep(1e9)

    with pytest.raises(HarnessError, match="horizon"):
        replay(swallows, calls=4, users=4)


@pytest.mark.parametrize(
    "app",
    [
        lambda question, ask=ask_async: ask(question),
        lambda question: Streams().answer(question),
        functools.partial(lambda ask, question: ask(question), ask_async),
    ],
    ids=["coroutine", "async generator", "partial"],
)
def test_a_sync_function_that_returns_an_awaitable_is_refused(app):
    with pytest.raises(UsageError, match="give replay"):
        replay(app, calls=1)


async def stream(question):
    yield question


class Streams:
    async def answer(self, question):
        yield question


class AsyncCall:
    async def __call__(self, question):
        return question

    answer = __call__


@pytest.mark.parametrize(
    ("app", "expected"),
    [
        (ask, False),
        (ask_async, True),
        (stream, True),
        (AsyncCall().answer, True),
        (AsyncCall(), True),
        (functools.partial(ask_async, "hi"), True),
        (functools.partial(functools.partial(AsyncCall()), "hi"), True),
        (functools.partial(ask, "hi"), False),
        (lambda question: question, False),
        (Slow(), False),
    ],
)
def test_async_apps_are_recognised(app, expected):
    assert is_async(app) == expected


async def ask_once_async(question):
    async with anthropic.AsyncAnthropic(api_key="made once", max_retries=0) as client:
        message = await client.messages.create(
            model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}]
        )
    return message.content[0].text


def decisions(chaos):
    return [
        (e.key, [met[:2] for met in e.fault_effects], e.status, e.reference)
        for e in sorted(chaos.journal, key=lambda exchange: exchange.key)
    ]


SPAN = {"begins": -HOUR, "ends": 5 * HOUR, "share": 0.5}
HALF_BAD = profile_of(
    window(overloaded(), name="busy", **SPAN),
    window(latency(seconds=(1, 9)), name="slow", sticky_by="session", **SPAN),
)


def test_a_sync_and_an_async_replay_get_the_same_decisions(monkeypatch):
    monkeypatch.setattr(Clock, "ended_at", 0)  # a loop's times are floats, coarser as time goes on

    def run(app):
        with outage(HALF_BAD, seed=5) as chaos:
            report = chaos.replay(app, calls=80)
            return chaos.journal.to_jsonl(), outcomes(report)

    assert run(ask_once) == run(ask_once_async)


def test_concurrent_users_get_the_same_decisions_in_any_order_of_arrival():
    def run(pauses):
        async def app(question):
            await asyncio.sleep(next(pauses))
            return await ask_once_async(question)

        with outage(HALF_BAD, seed=5) as chaos:
            chaos.replay(app, calls=60, users=10, until="3h", recovery=0)
            return [exchange.key.call for exchange in chaos.journal], decisions(chaos)

    in_order, expected = run(iter([0.0] * 60))
    shuffled, found = run(iter([n * 7 % 10 * 120.0 for n in range(60)]))
    assert in_order == sorted(shuffled) != shuffled
    assert found == expected
    assert {met[0] for _, met, *_ in found if met} == {("busy", "overloaded"), ("slow", "latency")}
