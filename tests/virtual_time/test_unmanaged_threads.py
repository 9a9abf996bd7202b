"""Real-time threads that work for code on the clock stop it; others do not."""

import _thread
import asyncio
import os
import queue
import socketserver
import threading
import time
import types
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import pytest
from support.waiting import PATIENCE

from chaos_llm.errors import RealWaitExceeded
from chaos_llm.virtual_time import VirtualTime, real_monotonic, real_sleep

Jobs = queue.Queue[Callable[[], None] | None]


@pytest.fixture
def worker() -> Iterator[Jobs]:
    """A thread from before the outage that works through a queue."""
    jobs: Jobs = queue.Queue()

    def work() -> None:
        while (job := jobs.get()) is not None:
            job()

    thread = threading.Thread(target=work, daemon=True, name="old worker")
    thread.start()
    yield jobs
    jobs.put(None)
    thread.join(PATIENCE)


def test_a_future_that_an_old_worker_completes_meets_virtual_timeouts(worker: Jobs) -> None:
    answer: Future[int] = Future()
    with VirtualTime() as clock:
        worker.put(lambda: (real_sleep(0.2), answer.set_result(7)))  # type: ignore[arg-type,func-returns-value]
        assert answer.result(timeout=5) == 7
        assert clock.now == 0


def test_a_thread_that_was_on_its_way_at_the_beginning_idles_where_it_comes_to_rest() -> None:
    reads, writes = os.pipe()
    has_begun: list[bool] = []

    def work() -> None:
        while not has_begun:  # without a wait, so that it moves for as long
            pass
        os.read(reads, 1)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    with VirtualTime() as clock:
        has_begun.append(True)
        time.sleep(100)
        assert clock.now == 100
    os.write(writes, b"x")
    thread.join(PATIENCE)
    os.close(reads)
    os.close(writes)


def test_a_worker_thread_that_calls_a_loop_meets_virtual_timeouts(worker: Jobs) -> None:
    async def main() -> int:
        loop = asyncio.get_running_loop()
        answer = loop.create_future()

        def work() -> None:
            real_sleep(0.2)
            loop.call_soon_threadsafe(answer.set_result, 7)

        worker.put(work)
        return int(await asyncio.wait_for(answer, 5))

    with VirtualTime() as clock:
        assert asyncio.run(main()) == 7
        assert clock.now == 0


def test_a_sleep_waits_for_an_old_worker_that_was_just_woken(worker: Jobs) -> None:
    for _ in range(20):
        done: list[int] = []
        with VirtualTime() as clock:
            worker.put(partial(done.append, 1))
            time.sleep(5)
            assert done == [1]
            assert clock.now == 5


def test_the_worker_of_an_old_pool_meets_virtual_timeouts() -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        for _ in range(10):
            with VirtualTime() as clock:
                with clock.unmanaged():
                    answer = pool.submit(real_sleep, 0.01)
                time.sleep(0.001)
                assert answer.done()


def test_an_idle_worker_lets_time_pass(worker: Jobs) -> None:
    began = real_monotonic()
    with VirtualTime() as clock:
        for _ in range(50):
            time.sleep(60)
        assert clock.now == 3000
    assert real_monotonic() - began < PATIENCE


def test_a_periodic_old_thread_in_real_time_lets_time_pass() -> None:
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(0.01):
            pass

    heart = threading.Thread(target=beat)
    heart.start()
    try:
        with VirtualTime() as clock:
            for _ in range(50):
                time.sleep(60)
            assert clock.now == 3000
    finally:
        stop.set()
        heart.join()


def test_an_idle_server_thread_lets_time_pass() -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            with VirtualTime() as clock:
                for _ in range(20):
                    time.sleep(60)
                assert clock.now == 1200
        finally:
            server.shutdown()
            thread.join()


def test_old_threads_keep_real_time(worker: Jobs) -> None:
    readings: Future[list[float]] = Future()

    def read() -> None:
        began = time.monotonic()
        time.sleep(0.02)
        readings.set_result([began, time.monotonic()])

    with VirtualTime() as clock:
        time.sleep(5000)
        worker.put(read)
        began, ended = readings.result(timeout=60)
        assert clock.now == 5000
        assert 0.02 <= ended - began < PATIENCE
        assert abs(ended - real_monotonic()) < PATIENCE


def test_the_error_for_a_thread_that_works_too_long_shows_its_position(worker: Jobs) -> None:
    expected = pytest.raises(RealWaitExceeded, match=r"thread 'old worker' at .*unmanaged_threads")
    with expected, VirtualTime(real_wait=0.1):
        worker.put(lambda: real_sleep(0.5))
        time.sleep(10)


def test_an_old_thread_that_waits_for_a_sleeping_threads_lock_lets_time_pass(
    worker: Jobs,
) -> None:
    lock, got = threading.Lock(), threading.Event()

    def want() -> None:
        with lock:
            got.set()

    with VirtualTime() as clock:
        with lock:
            worker.put(want)
            time.sleep(60)
            assert not got.is_set()
        assert got.wait(0.001)
        assert clock.now == 60


def test_a_loop_in_an_old_thread_meets_virtual_timeouts_and_lets_time_pass_when_idle() -> None:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(100):
            await asyncio.sleep(0.05)
            writer.write(b"ok")
        writer.close()

    async def serve() -> asyncio.Server:
        return await asyncio.start_server(answer, "127.0.0.1", 0)

    async def close(server: asyncio.Server) -> None:
        server.close()
        await asyncio.sleep(0.01)

    server = asyncio.run_coroutine_threadsafe(serve(), loop).result()

    async def main() -> None:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        for _ in range(3):
            writer.write(b"x")
            assert await asyncio.wait_for(reader.readexactly(2), 0.001) == b"ok"
            await asyncio.sleep(3600)
        writer.close()
        await writer.wait_closed()

    with VirtualTime() as clock:
        asyncio.run(main())
        assert clock.now == pytest.approx(3 * 3600)
    asyncio.run_coroutine_threadsafe(close(server), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_a_worker_that_becomes_idle_while_the_outage_begins_lets_time_pass() -> None:
    jobs: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()

    def work() -> None:
        while (job := jobs.get()) is not None:
            job()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    for _ in range(20):
        jobs.put(lambda: sum(range(10_000)))
        with VirtualTime() as clock:
            done: Future[int] = Future()
            jobs.put(lambda done=done: done.set_result(1))
            assert done.result(timeout=0.001) == 1
            time.sleep(60)
            assert clock.now == 60
    jobs.put(None)
    thread.join()


@pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="threads of this machine cannot be held on different processors",
)
def test_a_worker_that_is_woken_on_an_idle_processor_meets_virtual_timeouts() -> None:
    """The kernel shows it in its wait until that processor has noticed."""
    allowed = sorted(os.sched_getaffinity(0))
    jobs: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()

    def work() -> None:
        os.sched_setaffinity(0, allowed[1:2])  # 0 is the thread that calls
        while (job := jobs.get()) is not None:
            job()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    os.sched_setaffinity(0, allowed[:1])
    try:
        with VirtualTime() as clock:
            for _ in range(50):
                time.sleep(1)  # until the worker waits
                done: Future[int] = Future()
                jobs.put(partial(done.set_result, 7))
                assert done.result(timeout=0.001) == 7
            assert clock.now == 50
    finally:
        os.sched_setaffinity(0, allowed)
        jobs.put(None)
        thread.join(PATIENCE)


def test_a_thread_of_a_test_tool_without_a_thread_object_lets_time_pass():
    """pytest-xdist talks to its controller in such a thread, which may be anywhere in its code."""
    stop = threading.Event()
    tool = types.ModuleType("execnet.gateway_base")
    source = "def talk(stop, sleep):\n    while not stop.is_set():\n        sleep(0.001)\n"
    exec(source, vars(tool))
    try:
        with VirtualTime(real_wait=0.5) as clock:
            with clock.unmanaged():
                _thread.start_new_thread(tool.talk, (stop, real_sleep))
                real_sleep(0.05)  # by now it talks
            for _ in range(5):
                assert not threading.Event().wait(600)
            assert clock.now == 3000
    finally:
        stop.set()
