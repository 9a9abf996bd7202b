"""Is a wait of the app for work of its own the deadline that its users know?"""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed, wait

import anthropic
import pytest
from support.apps.bots import ask_once
from support.apps.defended import APOLOGY
from support.small_profiles import MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.checks import never_waits_past, respects_cancellation
from chaos_llm.faults import hang


def asks_three_times(question):
    for _ in range(3):
        try:
            return ask_once(question, timeout=15)
        except anthropic.APIError:
            continue
    return APOLOGY


def waits_for_the_result(question):
    pool = ThreadPoolExecutor(1)
    future = pool.submit(asks_three_times, question)
    try:
        return future.result(timeout=20)
    except TimeoutError:
        return APOLOGY
    finally:
        pool.shutdown(wait=False)


def waits_for_the_future(question):
    pool = ThreadPoolExecutor(1)
    future = pool.submit(asks_three_times, question)
    done, _ = wait([future], timeout=20)
    pool.shutdown(wait=False)
    return future.result() if done else APOLOGY


async def waits_for_the_task(question):
    task = asyncio.create_task(asyncio.to_thread(asks_three_times, question))
    done, _ = await asyncio.wait([task], timeout=20)
    return task.result() if done else APOLOGY


def waits_for_what_completes(question):
    pool = ThreadPoolExecutor(2)
    asked = [pool.submit(asks_three_times, f"{question} {n}") for n in range(2)]
    try:
        return [future.result() for future in as_completed(asked, timeout=20)]
    except TimeoutError:
        return APOLOGY
    finally:
        pool.shutdown(wait=False)


def maps(question):
    pool = ThreadPoolExecutor(2)
    try:
        return list(pool.map(asks_three_times, [question, f"{question}?"], timeout=20))
    except TimeoutError:
        return APOLOGY
    finally:
        pool.shutdown(wait=False)


async def waits_for_tasks_that_complete(question):
    tasks = [asyncio.create_task(asyncio.to_thread(asks_three_times, question)) for _ in range(2)]
    try:
        return [await each for each in asyncio.as_completed(tasks, timeout=20)]
    except TimeoutError:
        return APOLOGY


async def iterates_over_tasks_that_complete(question):
    tasks = [asyncio.create_task(asyncio.to_thread(asks_three_times, question)) for _ in range(2)]
    try:
        return [await each async for each in asyncio.as_completed(tasks, timeout=20)]
    except TimeoutError:
        return APOLOGY


def is_held_up_by_its_pool(question):
    """The end of the block waits for the thread that nobody awaits any more."""
    with ThreadPoolExecutor(1) as pool:
        try:
            return pool.submit(asks_three_times, question).result(timeout=20)
        except TimeoutError:
            return APOLOGY


def is_held_up_after_what_completed(question):
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(asks_three_times, f"{question} {n}") for n in range(2)]
        try:
            return [future.result() for future in as_completed(asked, timeout=20)]
        except TimeoutError:
            return APOLOGY


async def blocks_its_loop(question):
    async def work():
        return asks_three_times(question)

    done, _ = await asyncio.wait([asyncio.create_task(work())], timeout=20)
    return done.pop().result()


async def blocks_its_loop_until_it_completes(question):
    async def work():
        return asks_three_times(question)

    task = asyncio.create_task(work())
    return [await each for each in asyncio.as_completed([task], timeout=20)]


def asks_elsewhere_after_its_wait(question):
    pool = ThreadPoolExecutor(1)
    future = pool.submit(asks_three_times, question)
    try:
        return future.result(timeout=20)
    except TimeoutError:
        return asks_three_times(f"In short: {question}")
    finally:
        pool.shutdown(wait=False)


def waits_twice(question):
    pool = ThreadPoolExecutor(1)
    future = pool.submit(asks_three_times, question)
    try:
        for _ in range(2):
            if wait([future], timeout=20).done:
                return future.result()
        return APOLOGY
    finally:
        pool.shutdown(wait=False)


def asks_once_more_for_each_that_completes(question):
    """What is done with a result is no part of the wait for it."""
    pool = ThreadPoolExecutor(1)
    asked = [pool.submit(lambda: question)]
    answers = [asks_three_times(each.result()) for each in as_completed(asked, timeout=20)]
    pool.shutdown()
    return answers


def replayed(app):
    with outage(profile_of(window(hang(), ends=20 * MINUTE)), seed=3) as chaos:
        return chaos.replay(app, every="5m").run


IN_TIME = [
    waits_for_the_result,
    waits_for_the_future,
    waits_for_the_task,
    waits_for_what_completes,
    waits_for_tasks_that_complete,
]
if sys.version_info >= (3, 13):
    IN_TIME.append(iterates_over_tasks_that_complete)
HELD_UP = [
    is_held_up_by_its_pool,
    is_held_up_after_what_completed,
    blocks_its_loop,
    blocks_its_loop_until_it_completes,
]


@pytest.mark.parametrize("app", [*IN_TIME, maps, *HELD_UP])
def test_the_time_of_a_wait_is_the_deadline_of_each_call(app):
    assert never_waits_past.with_learned_deadline(replayed(app)) == never_waits_past(20)


@pytest.mark.parametrize("app", IN_TIME)
def test_an_app_that_returns_when_its_wait_is_over_passes(app):
    run = replayed(app)
    assert never_waits_past(20)(run).verdict == "pass"
    assert respects_cancellation()(run).verdict == "not judged"  # its work asks twice more


@pytest.mark.parametrize("app", HELD_UP)
def test_c13_an_app_that_is_held_up_by_what_it_no_longer_awaits_fails(app):
    run = replayed(app)
    assert never_waits_past(20)(run).seen.startswith(
        "4 calls took longer than 20 s, the app's own deadline"
    )
    assert respects_cancellation()(run).seen == (
        "call 2 went on for 25 s after the app's own deadline of 20 s (4 deadlines overrun)"
    )


def test_c13_what_a_map_has_cancelled_must_not_go_on():
    run = replayed(maps)
    assert never_waits_past(20)(run).verdict == "pass"
    assert respects_cancellation()(run).seen.startswith(
        "8 requests in the background began after the app had cancelled them"
    )


NO_DEADLINE = [asks_elsewhere_after_its_wait, waits_twice, asks_once_more_for_each_that_completes]


@pytest.mark.parametrize("app", NO_DEADLINE)
def test_a_wait_for_one_attempt_is_no_deadline_of_the_call(app):
    run = replayed(app)
    assert never_waits_past.with_learned_deadline(run) != never_waits_past(20)
    assert respects_cancellation()(run).verdict == "not applicable"


def test_waits_of_the_test_are_not_the_apps():
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(replayed, ask_once).result(timeout=60)
    assert all(call.waits == () for call in run.calls)
