"""Threads that native code started get real time while they work: time does not jump."""

from __future__ import annotations

import asyncio
import ctypes
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from support.waiting import PATIENCE, wait_until
from virtual_time.compiled import compiled_library

from chaos_llm.virtual_time import VirtualTime, real_monotonic, real_sleep

pytestmark = [
    pytest.mark.exhaustive(of_file=6),  # each needs threads of native code at work
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists native threads"),
]

CALLBACK = ctypes.CFUNCTYPE(None)
Work = Callable[[Any], None]


@pytest.fixture
def native() -> Iterator[ctypes.CDLL]:
    library = compiled_library()
    yield library
    library.stop()
    settle()


def settle() -> None:
    """Let the threads of one test end before the next begins."""
    for _ in range(500):
        if len(list(Path("/proc/self/task").iterdir())) <= 1 + len(sys._current_frames()):
            break
        real_sleep(0.002)


def wait_until_asleep(count: int) -> None:
    """Wait for `count` native threads that have begun and now sleep in the kernel."""
    me, tasks = str(threading.get_native_id()), Path("/proc/self/task")

    def states() -> Iterator[str]:
        for task in tasks.iterdir():
            with suppress(OSError):  # it has ended
                if task.name != me:
                    yield (task / "stat").read_text().rpartition(")")[2].split()[0]

    def asleep() -> bool:
        found = list(states())
        return len(found) >= len(sys._current_frames()) - 1 + count and set(found) <= {"S"}

    wait_until(asleep)


def thousand_jumps() -> tuple[float, tuple[str, ...]]:
    """The real seconds that they take, and what the clock says was not waited for."""
    with VirtualTime() as clock:
        began = real_monotonic()
        for _ in range(1000):
            time.sleep(1)
        assert clock.now == 1000
        return real_monotonic() - began, clock.stayed_real


async def answered(begin: Work, ticker: float | None = 300.0) -> None:
    """Wait for a native thread to complete a future, beside a task that sleeps."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    complete = CALLBACK(lambda: loop.call_soon_threadsafe(done.set_result, None))
    beside = asyncio.create_task(asyncio.sleep(ticker)) if ticker else None
    begin(complete)
    await done
    if beside:
        beside.cancel()
    settle()


WORK = {
    "sleeps for 50 ms": lambda native: lambda done: native.sleep_in_thread(50, done),
    "computes for 50 ms": lambda native: lambda done: native.compute_in_thread(50, done),
    "is done at once": lambda native: lambda done: native.sleep_in_thread(0, done),
    "is handed on by 30 threads": lambda native: lambda done: native.hand_on_in_threads(30, done),
}


@pytest.mark.exhaustive(sample=6)
@pytest.mark.parametrize("work", WORK)
@pytest.mark.parametrize("ticker", [300.0, 0.001, None])
def test_a4_time_does_not_jump_while_native_work_goes_on(
    native: ctypes.CDLL, work: str, ticker: float | None
) -> None:
    with VirtualTime() as clock:
        asyncio.run(answered(WORK[work](native), ticker))
        assert clock.now == 0


def test_a4_a_pthread_that_calls_into_the_loop_after_50_real_ms_is_awaited() -> None:
    libc = ctypes.CDLL(None)
    routine = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)

    async def scene() -> None:
        loop, thread = asyncio.get_running_loop(), ctypes.c_ulong()
        beside = asyncio.create_task(asyncio.sleep(300))
        done = loop.create_future()

        @routine
        def run(_: object) -> None:
            libc.usleep(50_000)
            loop.call_soon_threadsafe(done.set_result, None)

        libc.pthread_create(ctypes.byref(thread), None, run, None)
        await done
        beside.cancel()
        await asyncio.to_thread(libc.pthread_join, thread, None)

    with VirtualTime() as clock:
        asyncio.run(scene())
        assert clock.now == 0


def test_a4_a_plain_sleep_waits_for_native_work_before_it_jumps(native: ctypes.CDLL) -> None:
    """Work that begins before a sleep ends during the sleep, not after it."""
    done: list[float] = []
    with VirtualTime() as clock:
        note = CALLBACK(lambda: done.append(clock.now))
        native.compute_in_thread(30, note)
        time.sleep(30)
        assert done == [0]


def test_a4_idle_pools_cost_no_real_time_and_are_not_reported(native: ctypes.CDLL) -> None:
    here, there = os.pipe()
    for _ in range(4):
        native.idle_in_thread(here)
    wait_until_asleep(4)
    runs = [thousand_jumps() for _ in range(3)]
    assert min(seconds for seconds, _ in runs) < 10  # the machine may be busy
    assert [stayed_real for _, stayed_real in runs] == [()] * 3
    os.write(there, b"xxxx")
    settle()
    os.close(here)
    os.close(there)


def test_a4_a_native_thread_that_sleeps_for_long_is_ignored_and_reported(
    native: ctypes.CDLL,
) -> None:
    done = threading.Event()
    note = CALLBACK(done.set)
    with VirtualTime() as clock:
        native.sleep_in_thread(4_000, note)
        wait_until_asleep(1)
        time.sleep(10)
        assert [said for said in clock.stayed_real if "which sleeps for" in said]
    assert done.wait(PATIENCE)
    settle()


def test_a4_a_periodic_native_thread_costs_a_second_in_all_and_not_at_every_jump(
    native: ctypes.CDLL,
) -> None:
    native.start_ticking(10)
    quickest = min(thousand_jumps()[0] for _ in range(3))  # the machine may be busy
    assert quickest < 8  # 10 if it were waited for at every jump


def test_a4_a_native_thread_that_never_pauses_is_ignored_and_reported(
    native: ctypes.CDLL,
) -> None:
    native.start_spinning()
    with VirtualTime(real_wait=0.3) as clock:
        time.sleep(10)
        time.sleep(10)
        assert clock.now == 20
        assert [said for said in clock.stayed_real if "never rests" in said]


def test_a4_native_work_without_a_timer_beside_it_is_no_deadlock(native: ctypes.CDLL) -> None:
    """It may take longer than 0.25 s, after which a deadlock is reported otherwise."""
    with VirtualTime() as clock:
        asyncio.run(answered(WORK["sleeps for 50 ms"](native), None))
        asyncio.run(answered(lambda done: native.sleep_in_thread(600, done), None))
        assert clock.now == 0
