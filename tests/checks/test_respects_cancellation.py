"""Does anything go on after the app has given up?"""

from __future__ import annotations

import asyncio
import importlib
import re
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor

import anthropic
import anyio
import pytest
import trio
from support.apps.bots import MODEL, ask_once
from support.apps.defended import APOLOGY, claude_async
from support.small_profiles import MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.checks import respects_cancellation
from chaos_llm.faults import hang, overloaded


async def ask(question):
    message = await claude_async(0).messages.create(
        model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}]
    )
    return message.content[0].text


async def swallows(question):
    """Ask again whatever happens, a cancellation included."""
    for _ in range(2):
        try:
            return await ask(question)
        except BaseException:
            continue
    return APOLOGY


async def retries(question):
    for _ in range(2):
        try:
            return await ask(question)
        except anthropic.APIError:
            continue
    return APOLOGY


def retries_blocking(question):
    """A sync client in async code: no deadline can pass while it waits."""
    for _ in range(3):
        try:
            return ask_once(question, timeout=15)
        except anthropic.APIError:
            continue
    return APOLOGY


async def blocks_the_loop(question):
    return retries_blocking(question)


async def in_a_thread(question):
    return await asyncio.to_thread(retries_blocking, question)


async def in_a_pool(question):
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, retries_blocking, question)


async def in_a_thread_of_anyio(question):
    return await anyio.to_thread.run_sync(retries_blocking, question, abandon_on_cancel=True)


async def shielded_thread_of_anyio(question):
    return await anyio.to_thread.run_sync(retries_blocking, question)


async def asks_once_and_blocks(question):
    return ask_once(question, timeout=45)


async def tidies_up(question):
    """It needs a moment to end, and works on in a way that was meant."""
    try:
        return await ask(question)
    finally:
        await asyncio.sleep(0.5)


async def by_timeout(work, question):
    async with asyncio.timeout(20):
        return await work(question)


async def by_wait_for(work, question):
    return await asyncio.wait_for(work(question), 20)


async def by_fail_after(work, question):
    with anyio.fail_after(20):
        return await work(question)


def found(work, deadline, fault=None):
    async def app(question):
        try:
            return await deadline(work, question)
        except TimeoutError:
            return APOLOGY

    with outage(profile_of(window(fault or hang(), ends=20 * MINUTE)), seed=3) as chaos:
        return respects_cancellation()(chaos.replay(app, every="5m").run)


DEADLINES = [by_timeout, by_wait_for, by_fail_after]


@pytest.mark.parametrize("deadline", DEADLINES)
def test_c13_a_request_that_begins_after_the_apps_own_deadline_fails(deadline):
    finding = found(swallows, deadline)
    assert finding.verdict == "fail"
    assert re.fullmatch(
        r"(\d) requests in \1 calls began after the app's own deadline of 20 s, the first to "
        "anthropic in call 2, 20 s after it began",
        finding.seen,
    )


@pytest.mark.parametrize("deadline", DEADLINES)
def test_c13_an_app_that_stops_at_its_deadline_passes(deadline):
    finding = found(retries, deadline)
    assert finding.verdict == "pass"


@pytest.mark.parametrize("deadline", DEADLINES)
def test_it_is_not_applicable_if_nothing_was_cancelled(deadline):
    assert found(retries, deadline, overloaded()).verdict == "not applicable"


@pytest.mark.parametrize(
    ("work", "deadline"),
    [
        *[(blocks_the_loop, deadline) for deadline in DEADLINES],
        (shielded_thread_of_anyio, by_fail_after),
    ],
)
def test_c13_a_blocking_client_asks_again_after_the_deadline_that_it_holds_up(work, deadline):
    finding = found(work, deadline)
    assert finding.verdict == "fail"
    assert finding.seen.endswith(
        "own deadline of 20 s, the first to anthropic in call 2, 30 s after it began"
    )


@pytest.mark.parametrize(
    ("work", "deadline"),
    [
        *[(in_a_thread, deadline) for deadline in DEADLINES],
        (in_a_pool, by_wait_for),
        (in_a_thread_of_anyio, by_fail_after),
    ],
)
def test_c13_a_thread_that_retries_behind_a_deadline_fails(work, deadline):
    finding = found(work, deadline)
    assert finding.verdict == "fail"
    assert re.match(r"\d requests in the background began after the app", finding.seen)


def test_c13_a_future_that_was_cancelled_in_vain_asks_no_more():
    def app(question):
        future = pool.submit(retries_blocking, question)
        try:
            return future.result(timeout=20)
        except TimeoutError:
            future.cancel()
            return APOLOGY

    with (
        ThreadPoolExecutor(8) as pool,
        outage(profile_of(window(hang(), ends=20 * MINUTE)), seed=3) as chaos,
    ):
        finding = respects_cancellation()(chaos.replay(app, every="5m").run)
    assert finding.verdict == "fail"
    assert finding.seen == (
        "4 requests in the background began after the app had cancelled them, "
        "the first to anthropic"
    )


@pytest.mark.parametrize("deadline", DEADLINES)
def test_c13_work_that_goes_on_after_the_deadline_fails_without_a_further_request(deadline):
    finding = found(asks_once_and_blocks, deadline)
    assert finding.verdict == "fail"
    assert re.fullmatch(
        r"call \d went on for 25 s after the app's own deadline of 20 s \(\d deadlines overrun\)",
        finding.seen,
    )


@pytest.mark.parametrize("deadline", DEADLINES)
def test_a_moment_to_tidy_up_is_no_overrun(deadline):
    assert found(tidies_up, deadline).verdict == "pass"


async def by_shield(work, question):
    return await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(work(question))), 20)


async def by_shield_in_a_timeout(work, question):
    async with asyncio.timeout(20):
        return await asyncio.shield(work(question))


async def by_wait(work, question, cancels=False):
    task = asyncio.ensure_future(work(question))
    done, _ = await asyncio.wait({task}, timeout=20)
    if done:
        return task.result()
    if cancels:
        task.cancel()
    raise TimeoutError


async def by_wait_and_cancel(work, question):
    return await by_wait(work, question, cancels=True)


LEAVES_WORK = [by_shield, by_shield_in_a_timeout, by_wait]


@pytest.mark.parametrize("deadline", LEAVES_WORK)
def test_c13_work_that_is_left_behind_and_asks_again_is_not_judged(deadline):
    finding = found(retries, deadline, hang(60))
    assert finding.verdict == "not judged"
    assert finding.seen == (
        "4 requests of 4 calls began after the app had waited for 20 s and returned without an "
        "answer, the first to anthropic 1 min after call 2 had begun; from outside it is not known "
        "whether anybody still wants these answers: if nobody does, cancel the work"
    )


def test_c13_work_that_is_cancelled_after_a_wait_asks_no_more():
    assert found(retries, by_wait_and_cancel, hang(60)).verdict == "pass"
    assert found(swallows, by_wait_and_cancel, hang(60)).verdict == "fail"


@pytest.mark.parametrize("deadline", LEAVES_WORK)
def test_work_that_is_left_behind_and_does_not_ask_again_is_not_in_doubt(deadline):
    assert found(ask, deadline, hang(60)).verdict == "not applicable"


@pytest.mark.parametrize("wait_for", ["wait", "result"])
def test_c13_threads_that_are_left_behind_and_ask_again_are_not_judged(wait_for):
    def app(question):
        future = pool.submit(retries_blocking, question)
        if wait_for == "result":
            try:
                return future.result(timeout=20)
            except TimeoutError:
                return APOLOGY
        done, _ = futures.wait([future], timeout=20)
        return future.result() if done else APOLOGY

    with (
        ThreadPoolExecutor(8) as pool,
        outage(profile_of(window(hang(), ends=20 * MINUTE)), seed=3) as chaos,
    ):
        finding = respects_cancellation()(chaos.replay(app, every="5m").run)
    assert finding.verdict == "not judged"
    assert finding.seen.startswith(
        "4 requests of 4 calls began after the app had waited for 20 s and returned without an "
        "answer, the first to anthropic 30 s after call 2 had begun"
    )


def test_waits_of_a_call_that_goes_on_leave_nothing_behind():
    """It waits for a moment again and again: none of these waits has ended the call."""

    async def app(question):
        task = asyncio.ensure_future(retries(question))
        while not task.done():
            await asyncio.wait({task}, timeout=5)
        return task.result()

    with outage(profile_of(window(hang(30), ends=20 * MINUTE)), seed=3) as chaos:
        finding = respects_cancellation()(chaos.replay(app, every="5m").run)
    assert finding.verdict == "not applicable"


def test_a_deadline_of_the_test_is_not_the_apps():
    async def test():
        with outage(profile_of(window(overloaded(), ends=20 * MINUTE)), seed=3) as chaos:
            async with asyncio.timeout(86400):
                return await chaos.replay(retries, every="5m")

    assert all(e.app_deadline is None for e in asyncio.run(test()).run.api)


def test_a_deadline_that_a_library_sets_is_not_the_apps(tmp_path, monkeypatch):
    library = tmp_path / "site-packages" / "patient_library.py"
    library.parent.mkdir()
    library.write_text(
        "import asyncio\n\nasync def wait(work):\n"
        "    async with asyncio.timeout(20):\n        return await work\n"
    )
    monkeypatch.syspath_prepend(library.parent)
    patient_library = importlib.import_module("patient_library")

    async def app(question):
        return await patient_library.wait(ask(question))

    with outage(profile_of(window(overloaded(), ends=20 * MINUTE)), seed=3) as chaos:
        report = chaos.replay(app, every="5m")
    assert all(exchange.app_deadline is None for exchange in report.run.api)


@pytest.mark.parametrize(("work", "verdict"), [(blocks_the_loop, "fail"), (retries, "pass")])
def test_c13_deadlines_of_trio_are_seen(work, verdict):
    async def app(question):
        with trio.move_on_after(20):
            return await work(question)
        return APOLOGY

    async def test():
        with outage(profile_of(window(hang(), ends=20 * MINUTE)), seed=3) as chaos:
            return await chaos.replay(app, every="5m")

    assert respects_cancellation()(trio.run(test).run).verdict == verdict


def test_it_is_not_applicable_to_a_sync_app():
    with outage(profile_of(window(overloaded(), ends=20 * MINUTE)), seed=3) as chaos:
        report = chaos.replay(ask_once, every="5m")
    assert respects_cancellation()(report.run).verdict == "not applicable"
