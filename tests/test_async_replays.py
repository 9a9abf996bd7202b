"""One name in sync and async tests: `chaos.replay` and `chaos.advance` are awaited in a loop."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
import trio
from support.apps.bots import ask, ask_async, ask_once

from chaos_llm import Report, outage
from chaos_llm.errors import UsageError
from chaos_llm.faults import overloaded


async def replayed(chaos, app=ask_async) -> Report:
    return await chaos.replay(app, calls=5)


def test_in_an_async_test_replay_is_awaited():
    with outage() as chaos:
        report = asyncio.run(replayed(chaos))
    assert report.answered == 1
    assert chaos.reports == [report]


def test_under_trio_replay_is_awaited_too():
    with outage() as chaos:
        assert trio.run(replayed, chaos).answered == 1


def test_an_async_test_may_replay_a_sync_function():
    with outage() as chaos:
        assert asyncio.run(replayed(chaos, ask)).answered == 1


def test_a_replay_can_be_a_task_beside_others():
    async def test(chaos) -> None:
        replay = asyncio.create_task(chaos.replay(ask_async, calls=5))
        assert (await asyncio.gather(replay, chaos.advance("5m")))[0].calls == 5

    with outage() as chaos:
        asyncio.run(test(chaos))


def test_without_await_any_use_says_what_is_missing():
    async def test(chaos) -> None:
        report = chaos.replay(ask_async, calls=5)
        for use in (lambda: report.check(skip=()), lambda: report.answered, lambda: bool(report)):
            with pytest.raises(UsageError, match=r"await chaos.replay\("):
                use()
        await report

    with outage() as chaos:
        asyncio.run(test(chaos))


def test_a_replay_that_was_never_awaited_is_no_silent_pass():
    async def test(chaos) -> None:
        chaos.replay(ask_async, calls=5)

    with pytest.raises(UsageError, match=r"await chaos.replay\("), outage() as chaos:
        asyncio.run(test(chaos))


def test_wrong_options_raise_where_a_replay_is_awaited():
    async def test(chaos) -> None:
        await chaos.replay(ask_async, callz=5)

    with outage() as chaos, pytest.raises(UsageError, match="nearest first: 'calls'"):
        asyncio.run(test(chaos))


def test_time_can_be_advanced_by_a_duration():
    with outage() as chaos:
        before = time.monotonic()
        assert chaos.advance("5m") == 300
        assert time.monotonic() - before == 300


def test_what_is_due_meanwhile_happens():
    rang: list[float] = []
    with outage() as chaos:
        timer = threading.Timer(60, lambda: rang.append(chaos.now))
        timer.start()
        chaos.advance("5m")
        timer.join()
    assert rang == [60]


def test_time_can_be_advanced_to_a_window_or_a_time_of_day():
    with outage("anthropic-2026-03-02-three-waves") as chaos:
        last = chaos.plan.windows[-1]
        assert chaos.advance(to=last.window.name) == chaos.now == last.begins > 0
        with pytest.raises(UsageError, match="is over"):
            chaos.advance(to="1s")


def test_in_an_async_test_advance_is_awaited():
    async def test(chaos) -> float:
        rang = asyncio.create_task(asyncio.sleep(60))
        now = await chaos.advance("5m")
        assert rang.done()
        return now

    with outage() as chaos:
        assert asyncio.run(test(chaos)) == 300


def test_a_month_can_be_passed_and_more():
    with outage() as chaos:
        chaos.advance("40d")
        assert ask_once()


def test_calls_and_every_fix_the_length_where_no_profile_does():
    with outage() as chaos:
        chaos.on("anthropic").inject(overloaded(), times=3)
        report = chaos.replay(ask, calls=20, every="1m")
    assert [call.due - report.run.begins for call in report.run.calls] == [
        60.0 * number for number in range(20)
    ]
    assert report.run.ends - report.run.begins == 1200


def test_a_short_replay_is_not_over_before_the_injected_fault_begins():
    with outage() as chaos:
        chaos.on("anthropic").inject(overloaded(), for_="1h")
        report = chaos.replay(ask_once, calls=30, every="10s")
    assert [call.outcome for call in report.run.calls] == ["primary"] * 15 + ["failed"] * 15


def test_a_warm_up_that_is_asked_for_is_as_long_as_it_says():
    with outage() as chaos:
        report = chaos.replay(ask, calls=30, every="10s", warmup="4m")
    assert report.run.begins == -240


def test_calls_are_those_of_all_users():
    with outage() as chaos:
        report = chaos.replay(ask, calls=20, every="1m", users=4)
    assert report.calls == 20
    assert report.run.ends - report.run.begins == 300


def test_a_profile_with_windows_fixes_the_length():
    says = "'anthropic-529-storm' fixes the length"
    with outage("anthropic-529-storm") as chaos, pytest.raises(UsageError, match=says):
        chaos.replay(ask, calls=20, every="1m")


@pytest.mark.parametrize("option", ["until", "recovery"])
def test_nothing_else_may_fix_the_length_then(option):
    with outage() as chaos, pytest.raises(UsageError, match=f"leave out {option}="):
        chaos.replay(ask, calls=20, every="1m", **{option: "5m"})


class Bot:
    def answer(self) -> str:
        return ask_once()


@pytest.mark.parametrize(
    ("app", "says"),
    [
        (lambda: ask_once("x"), r"<lambda>\(\) cannot be called so"),
        (Bot().answer, r"answer\(\) .*cannot be called so"),
        (lambda prompt, model: prompt, "missing a required argument: 'model'"),
        ("a text", "takes the function that answers a prompt"),
        (None, "takes the function that answers a prompt"),
    ],
)
def test_what_cannot_be_called_with_a_prompt_is_refused_at_once(app, says):
    with outage() as chaos:
        with pytest.raises(UsageError, match=says):
            chaos.replay(app, calls=20)
        assert not len(chaos.journal)


def test_a_coroutine_that_was_made_already_is_refused():
    with outage() as chaos, pytest.raises(UsageError, match="as in replay"):
        chaos.replay(ask_async("hello"))
