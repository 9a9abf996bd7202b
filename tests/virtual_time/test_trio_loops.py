"""trio follows virtual time as asyncio does."""

import queue
import threading
import time
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
import trio
from support.waiting import PATIENCE

from chaos_llm.errors import Deadlock
from chaos_llm.virtual_time import VirtualTime, real_monotonic, real_sleep

StartServer = Callable[..., int]


def test_trio_sleeps_in_virtual_time() -> None:
    async def main() -> float:
        began = trio.current_time()
        with trio.move_on_after(100):
            await trio.sleep_forever()
        await trio.sleep(36_000)
        return trio.current_time() - began

    began = real_monotonic()
    with VirtualTime() as clock:
        assert trio.run(main) == pytest.approx(36_100, abs=1e-6)
        assert clock.now == pytest.approx(36_100, abs=1e-6)
    assert real_monotonic() - began < PATIENCE


def test_trios_threads_work_on_the_clock() -> None:
    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for number in range(1, 4):
                nursery.start_soon(trio.to_thread.run_sync, time.sleep, 10 * number)

    trio.run(trio.to_thread.run_sync, real_monotonic)  # leaves an idle worker in trio's cache
    with VirtualTime() as clock:
        trio.run(main)
        assert clock.now == pytest.approx(30, abs=1e-6)


def test_a_trio_worker_that_ends_its_job_after_the_outage_began_lets_time_pass() -> None:
    """Also where it waits for the next job by a method of before the outage, as in a race."""
    release, delivered, lock = threading.Event(), threading.Event(), threading.Lock()
    lock.acquire()
    of_before = SimpleNamespace(acquire=lock.acquire, release=lock.release)

    def job() -> None:
        worker: Any = vars(threading.current_thread())["_target"].__self__
        worker._worker_lock = of_before
        release.wait()

    trio.lowlevel.start_thread_soon(job, lambda _: delivered.set())
    with VirtualTime() as clock:
        release.set()
        assert delivered.wait(3600)
        time.sleep(60)
        assert clock.now == pytest.approx(60, abs=1e-6)


def test_anyios_threads_work_on_the_clock_on_a_loop_that_has_idle_ones() -> None:
    async def main() -> float:
        await anyio.to_thread.run_sync(real_monotonic)  # leaves an idle worker behind
        with VirtualTime(real_wait=60) as clock:  # the machine may be busy
            async with anyio.create_task_group() as group:
                for number in range(1, 4):
                    group.start_soon(anyio.to_thread.run_sync, time.sleep, 10 * number)
        began = real_monotonic()
        await anyio.to_thread.run_sync(time.sleep, 0.02)
        assert 0.02 <= real_monotonic() - began < PATIENCE
        return clock.now

    assert anyio.run(main) == pytest.approx(30, abs=1e-6)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["trio", "asyncio"])
async def test_anyios_plugin_works_on_both_backends(anyio_backend: object) -> None:
    with VirtualTime() as clock:
        began = anyio.current_time()
        with anyio.move_on_after(1.5):
            await anyio.sleep(36_000)
        assert anyio.current_time() - began == pytest.approx(1.5, abs=1e-6)
        await anyio.to_thread.run_sync(time.sleep, 500)
        assert clock.now == pytest.approx(501.5, abs=1e-6)
    began = real_monotonic()
    await anyio.sleep(0.02)
    assert 0.02 <= real_monotonic() - began < PATIENCE


def test_a_run_that_outlives_the_outage_keeps_its_deadlines() -> None:
    async def main() -> list[float]:
        times = []
        with trio.move_on_after(5) as scope:
            with VirtualTime():
                await trio.sleep(3)
            times.append(scope.deadline - trio.current_time())
            began = real_monotonic()
            await trio.sleep(0.02)
            times.append(real_monotonic() - began)
        return times

    left, slept = trio.run(main)
    assert left == pytest.approx(2, abs=0.2)
    assert 0.02 <= slept < 1


def test_a_real_socket_that_a_trio_task_awaits_stops_the_clock(late_server: StartServer) -> None:
    port = late_server([b"01234"], 0.1)

    async def main() -> bytes:
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        async with stream:
            await stream.send_all(b"x")
            with trio.fail_after(5):
                return bytes(await stream.receive_some(5))

    with VirtualTime() as clock:
        assert trio.run(main) == b"01234"
        assert clock.now == 0


def test_a_deadlocked_trio_run_ends_with_its_outage() -> None:
    async def main() -> None:
        with VirtualTime(real_wait=0.3):
            await trio.sleep_forever()

    with pytest.raises(Deadlock, match="an idle trio loop"):
        trio.run(main)
    trio.run(trio.sleep, 0)


def test_a_trio_server_and_its_client_share_the_clock() -> None:
    async def answer(stream: trio.SocketStream) -> None:
        async for _ in stream:
            await trio.sleep(45)
            await stream.send_all(b"ok")

    async def main() -> float:
        async with trio.open_nursery() as nursery:
            serve = partial(trio.serve_tcp, answer, 0, host="127.0.0.1")
            listeners = await nursery.start(serve)
            stream = await trio.open_tcp_stream("127.0.0.1", listeners[0].socket.getsockname()[1])
            async with stream:
                began = trio.current_time()
                await stream.send_all(b"x")
                await stream.receive_some(2)
                took = trio.current_time() - began
            nursery.cancel_scope.cancel()
        return took

    with VirtualTime():
        assert trio.run(main) == pytest.approx(45, abs=1e-6)


def test_a_thread_that_calls_trio_waits_for_its_turn() -> None:
    async def main() -> float:
        answers: queue.Queue[float] = queue.Queue()
        token = trio.lowlevel.current_trio_token()

        def work() -> None:
            time.sleep(30)
            answers.put(trio.from_thread.run(trio_time, trio_token=token))

        async def trio_time() -> float:
            return trio.current_time()

        began = trio.current_time()
        thread = threading.Thread(target=work)
        thread.start()
        while answers.empty():
            await trio.sleep(1)
        return answers.get() - began

    with VirtualTime():
        assert trio.run(main) == pytest.approx(30, abs=1.1)


def test_work_in_an_old_thread_meets_virtual_timeouts_of_trio() -> None:
    jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()

    def serve() -> None:
        while (job := jobs.get()) is not None:
            job()

    threading.Thread(target=serve, daemon=True).start()

    async def main() -> bool:
        done, token = trio.Event(), trio.lowlevel.current_trio_token()

        def work() -> None:
            real_sleep(0.1)
            token.run_sync_soon(done.set)

        jobs.put(work)
        with trio.move_on_after(5) as scope:
            await done.wait()
        return not scope.cancelled_caught

    with VirtualTime() as clock:
        assert trio.run(main)
        assert clock.now == 0
    jobs.put(None)
