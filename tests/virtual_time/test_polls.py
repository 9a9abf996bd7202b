"""Busy loops: short ones end in time, endless ones with an error that names their line."""

import asyncio
import threading
import time
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest

from chaos_llm.errors import Standstill
from chaos_llm.virtual_time import VirtualTime, real_sleep

trio = pytest.importorskip("trio")


def spin(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def spin_by_the_wall(seconds: float) -> None:
    end = datetime.now(UTC) + timedelta(seconds=seconds)
    while datetime.now(UTC) < end:
        pass


def sleep_zero(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        time.sleep(0)


def sleep_that_is_patched_out(seconds: float) -> None:
    with mock.patch("time.sleep"):
        end = time.time() + seconds
        while time.time() < end:
            time.sleep(1)


def event_zero(seconds: float) -> None:
    event, end = threading.Event(), time.monotonic() + seconds
    while time.monotonic() < end:
        event.wait(0)


def asyncio_zero(seconds: float) -> None:
    async def scene() -> None:
        end = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0)

    asyncio.run(scene())


def trio_zero(seconds: float) -> None:
    async def scene() -> None:
        end = trio.current_time() + seconds
        while trio.current_time() < end:
            await trio.sleep(0)

    trio.run(scene)


POLLS = [
    spin,
    spin_by_the_wall,
    sleep_zero,
    sleep_that_is_patched_out,
    event_zero,
    asyncio_zero,
    trio_zero,
]


@pytest.mark.parametrize("poll", POLLS)
def test_a7_a_short_busy_wait_ends_in_time(poll) -> None:
    with VirtualTime() as clock:
        poll(0.01)
        assert 0.00999 < clock.now < 0.02


@pytest.mark.exhaustive(sample=3)  # each spins for seconds
@pytest.mark.parametrize("poll", POLLS)
def test_a7_an_endless_busy_loop_ends_with_an_error_that_names_its_line(poll) -> None:
    named = "scene" if poll is asyncio_zero else poll.__name__
    raised = pytest.raises(Standstill, match=rf"test_polls\.py:\d+ \({named}\)")
    with raised, VirtualTime(real_wait=0.2):
        poll(1e6)


def test_a7_a_busy_wait_takes_the_same_virtual_time_in_each_run() -> None:
    ends = set()
    for _ in range(3):
        with VirtualTime() as clock:
            spin(0.005)
            asyncio_zero(0.005)
            ends.add(clock.now)
    assert len(ends) == 1


def test_a7c_a_wait_until_the_present_instant_ends() -> None:
    """`remaining` is exactly 0.0 at the deadline, unlike on a real clock; grpc waits like that."""
    condition = threading.Condition()
    with VirtualTime() as clock, condition:
        end = time.time() + 30
        while True:
            remaining = end - time.time()
            if remaining < 0:
                break
            condition.wait(remaining)
        assert clock.now == pytest.approx(30, abs=0.001)


@pytest.mark.parametrize("pause", [lambda: time.sleep(0), time.monotonic])
def test_a7_a_busy_loop_lets_other_threads_work(pause) -> None:
    done: list[int] = []

    def work() -> None:
        for _ in range(3):
            time.sleep(0.001)
        done.append(1)

    with VirtualTime() as clock:
        threading.Thread(target=work).start()
        while not done:
            pause()
        assert clock.now < 0.1


def test_a7_a_busy_event_loop_lets_other_threads_work() -> None:
    done: list[int] = []

    async def scene() -> None:
        threading.Thread(target=lambda: (time.sleep(0.001), done.append(1))).start()
        while not done:
            await asyncio.sleep(0)

    with VirtualTime() as clock:
        asyncio.run(scene())
        assert clock.now < 0.1


def test_a7_a_busy_wait_for_a_real_thread_ends() -> None:
    done: list[int] = []
    with VirtualTime() as clock:
        with clock.unmanaged():
            threading.Thread(target=lambda: (real_sleep(0.3), done.append(1))).start()
        while not done:
            time.sleep(0)


def test_an_app_that_sleeps_between_readings_may_read_the_clock_any_number_of_times() -> None:
    with VirtualTime(real_wait=0.1) as clock:
        for _ in range(30):
            for _ in range(50_000):
                time.monotonic()
            time.sleep(1)
        assert clock.now == 30


def test_twenty_thousand_sleepers_of_one_instant_wake_in_one_instant() -> None:
    async def scene() -> None:
        await asyncio.gather(*[asyncio.sleep(1) for _ in range(20_000)])

    with VirtualTime() as clock:
        asyncio.run(scene())
        assert clock.now == 1
