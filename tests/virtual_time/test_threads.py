"""Threads take turns on one clock, switch where they block, and go on after the outage."""

import asyncio
import http.server
import queue
import sys
import threading
import time
import urllib.request
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from multiprocessing.pool import ThreadPool

import pytest
from support.real_servers import OkPage
from support.threads import press_ctrl_c, run_together
from support.waiting import PATIENCE

from chaos_llm.errors import Deadlock, HarnessError, HorizonReached
from chaos_llm.virtual_time import VirtualTime, real_monotonic, real_sleep

BREAKER = threading.RLock()
CONDITION = threading.Condition()
POOL = ThreadPoolExecutor(2)


def test_threads_sleep_in_parallel() -> None:
    with VirtualTime() as clock:
        log: list[tuple[int, float]] = []

        def nap(seconds: int) -> None:
            time.sleep(seconds)
            log.append((seconds, clock.now))

        run_together(*(lambda s=s: nap(s) for s in (30, 10, 20)))
        assert log == [(10, 10), (20, 20), (30, 30)]
        assert clock.now == 30


def test_start_returns_before_the_thread_does_anything() -> None:
    with VirtualTime():
        log: list[str] = []
        thread = threading.Thread(target=log.append, args=("thread",))
        thread.start()
        assert thread.is_alive()
        log.append("starter")
        thread.join()
        assert log == ["starter", "thread"]
        assert not thread.is_alive()


def test_threads_use_the_clock() -> None:
    with VirtualTime() as clock:
        lives: list[bool] = []
        run_together(lambda: lives.append(clock.is_managed_here()))
        assert lives == [True]


def test_join_with_a_timeout_gives_up_in_virtual_time() -> None:
    with VirtualTime() as clock:
        thread = threading.Thread(target=time.sleep, args=(100,))
        thread.start()
        thread.join(timeout=7)
        assert clock.now == 7
        assert thread.is_alive()
        thread.join()
        assert clock.now == 100


def test_barriers_semaphores_and_conditions_wait_in_virtual_time() -> None:
    with VirtualTime() as clock:
        barrier, semaphore = threading.Barrier(3), threading.Semaphore(1)
        ended: list[float] = []

        def work(number: int) -> None:
            time.sleep(number * 10)
            barrier.wait()
            with semaphore:
                time.sleep(5)
                ended.append(clock.now)

        run_together(*(lambda n=n: work(n) for n in range(3)))
        assert ended == [25, 30, 35]
        condition = threading.Condition()
        with condition:
            assert not condition.wait(3)
        assert clock.now == 38
        with pytest.raises(threading.BrokenBarrierError):
            threading.Barrier(2).wait(timeout=7)
        assert clock.now == 45


def test_a_lock_made_at_import_and_held_during_a_call_makes_others_wait() -> None:
    with VirtualTime() as clock:
        ended: list[float] = []

        def call() -> None:
            with BREAKER:
                time.sleep(10)
                ended.append(clock.now)

        run_together(call, call, call)
        assert ended == [10, 20, 30]


def test_a_condition_made_at_import_reacquires_its_lock_in_virtual_time() -> None:
    with VirtualTime() as clock:
        woken: list[float] = []

        def waiter() -> None:
            with CONDITION:
                CONDITION.wait()
                woken.append(clock.now)

        def notifier() -> None:
            time.sleep(5)
            CONDITION.acquire()
            CONDITION.notify_all()
            time.sleep(10)  # the waiter is woken, but cannot have the lock yet
            CONDITION.release()

        run_together(waiter, waiter, notifier)
        assert woken == [15, 15]


def test_lock_acquire_with_a_timeout_gives_up_in_virtual_time() -> None:
    with VirtualTime() as clock:
        lock, rlock = threading.Lock(), threading.RLock()
        lock.acquire()

        def try_both() -> None:
            assert not lock.acquire(timeout=10)
            assert not lock.acquire(blocking=False)
            assert clock.now == 10
            assert not rlock.acquire(timeout=10)
            assert clock.now == 20

        with rlock:
            errors = Future[None]()

            def report() -> None:
                try:
                    errors.set_result(try_both())
                except BaseException as error:
                    errors.set_exception(error)

            thread = threading.Thread(target=report)
            thread.start()
            thread.join()
        errors.result()
        with pytest.raises(ValueError, match="timeout"):
            lock.acquire(timeout=-5)


def test_queues_wait_in_virtual_time() -> None:
    with VirtualTime() as clock:
        jobs: queue.Queue[int] = queue.Queue(maxsize=1)
        simple: queue.SimpleQueue[int] = queue.SimpleQueue()

        def produce() -> None:
            for number in range(3):
                time.sleep(10)
                jobs.put(number)
                simple.put(number)

        thread = threading.Thread(target=produce)
        thread.start()
        assert [jobs.get() for _ in range(3)] == [0, 1, 2]
        assert clock.now == 30
        assert [simple.get() for _ in range(3)] == [0, 1, 2]
        thread.join()
        with pytest.raises(queue.Empty):
            jobs.get(timeout=5)
        with pytest.raises(queue.Empty):
            simple.get(timeout=5)
        with pytest.raises(queue.Empty):
            simple.get(block=False)
        assert clock.now == 40


def test_a_timer_fires_in_virtual_time() -> None:
    with VirtualTime() as clock:
        fired: list[float] = []
        timer = threading.Timer(3600, lambda: fired.append(clock.now))
        timer.start()
        timer.join()
        assert fired == [3600]


def test_executors_made_inside_work_in_parallel_on_the_clock() -> None:
    with VirtualTime() as clock:
        with ThreadPoolExecutor(4) as pool:
            futures = {pool.submit(time.sleep, 10 * n): n for n in (3, 1, 2)}
            assert [futures[future] for future in as_completed(futures)] == [1, 2, 3]
            assert clock.now == 30
            slow = pool.submit(time.sleep, 100)
            with pytest.raises(TimeoutError):
                slow.result(timeout=60)
            assert clock.now == 90
            assert wait([slow], timeout=1).not_done == {slow}
        assert clock.now == 130


def test_an_executor_made_at_import_works_on_the_clock_and_in_real_time_after_it() -> None:
    POOL.submit(int).result()
    old = set(POOL._threads)
    for _ in range(3):
        with VirtualTime() as clock:
            began = [POOL.submit(time.sleep, 10) for _ in range(4)]
            for future in began:
                future.result()
            assert clock.now == 20
        assert set(POOL._threads) == old
    began_at = real_monotonic()
    POOL.submit(time.sleep, 0.02).result()
    assert real_monotonic() - began_at >= 0.02


def test_an_executor_leaves_no_threads_behind() -> None:
    POOL.submit(int).result()
    before = set(threading.enumerate())
    for _ in range(3):
        with VirtualTime():
            POOL.submit(time.sleep, 10).result()
    assert set(threading.enumerate()) == before


def test_a_thread_pool_of_multiprocessing_works_on_the_clock() -> None:
    with VirtualTime() as clock, ThreadPool(2) as pool:
        assert pool.map(lambda n: (time.sleep(10), n * n)[1], range(4), chunksize=1) == [0, 1, 4, 9]
        assert clock.now == 20
        result = pool.apply_async(time.sleep, (50,))
        result.wait(timeout=5)
        assert not result.ready()
        assert clock.now == 25


def test_a_loops_executor_works_on_the_clock() -> None:
    async def main() -> None:
        await asyncio.gather(*(asyncio.to_thread(time.sleep, 10 * n) for n in range(1, 4)))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.to_thread(time.sleep, 100), 30)

    with VirtualTime() as clock:
        asyncio.run(main())
        assert clock.now == 130  # closing the loop waits for its threads


def test_a_loop_in_a_thread_of_its_own_uses_the_clock() -> None:
    with VirtualTime() as clock:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        future = asyncio.run_coroutine_threadsafe(asyncio.sleep(3600, "done"), loop)
        assert future.result(timeout=5000) == "done"
        assert clock.now == 3600
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        assert clock.now == 3600


def test_the_same_threads_take_the_same_turns_in_each_run() -> None:
    def run() -> list[tuple[int, float]]:
        trace: list[tuple[int, float]] = []
        lock = threading.Lock()
        with VirtualTime() as clock, ThreadPoolExecutor(8) as pool:

            def user(number: int) -> None:
                for step in range(5):
                    with lock:
                        time.sleep(0.3)
                        trace.append((number, clock.now))
                    time.sleep((number * 7 + step * 3) % 5)

            list(pool.map(user, range(8)))
        return trace

    first = run()
    assert all(run() == first for _ in range(5))


def test_a_sleeping_thread_ends_with_the_outage() -> None:
    def beat() -> None:
        while True:
            time.sleep(60)

    with VirtualTime():
        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        time.sleep(600)
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_an_idle_queue_consumer_goes_on_in_real_time_after_the_outage() -> None:
    jobs: queue.Queue[int | None] = queue.Queue()
    done: list[int] = []

    def consume() -> None:
        while (job := jobs.get()) is not None:
            done.append(job)

    with VirtualTime():
        thread = threading.Thread(target=consume, daemon=True)
        thread.start()
        jobs.put(1)
        time.sleep(1)
        assert done == [1]
    jobs.put(2)
    jobs.put(None)
    thread.join(PATIENCE)
    assert done == [1, 2]
    assert not thread.is_alive()


def test_a_loop_in_a_thread_goes_on_in_real_time_after_the_outage() -> None:
    loop = asyncio.new_event_loop()
    with VirtualTime():
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        asyncio.run_coroutine_threadsafe(asyncio.sleep(1000), loop).result()
    began = real_monotonic()
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0.02), loop).result(timeout=5)
    assert 0.02 <= real_monotonic() - began < PATIENCE
    loop.call_soon_threadsafe(loop.stop)
    thread.join(PATIENCE)
    loop.close()


def test_a_deadlock_lists_every_thread_and_where_it_waits() -> None:
    def wait_for_ever() -> None:
        threading.Event().wait()

    with pytest.raises(Deadlock) as raised, VirtualTime(real_wait=0.3):
        for name in ("worker-a", "worker-b"):
            threading.Thread(target=wait_for_ever, name=name, daemon=True).start()
        threading.Event().wait()
    message = str(raised.value)
    assert all(name in message for name in ("worker-a", "worker-b", "the test's thread"))
    assert message.count("test_threads.py") == 3
    assert "(wait_for_ever)" in message


def test_deadlocked_threads_end_with_the_outage_so_that_the_process_can_end() -> None:
    threads = [threading.Thread(target=threading.Event().wait) for _ in range(2)]
    with pytest.raises(Deadlock), VirtualTime(real_wait=0.3):
        pool = ThreadPoolExecutor(1)
        stuck = pool.submit(threading.Event().wait)
        for thread in threads:
            thread.start()
        threads[0].join()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    with pytest.raises(SystemExit):
        stuck.result(timeout=5)
    pool.shutdown()


def test_a_horizon_reached_in_a_thread_is_raised_in_the_test() -> None:
    def beat() -> None:
        while True:
            time.sleep(10)

    with pytest.raises(HorizonReached, match="beat"), VirtualTime(horizon=3600):
        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        threading.Event().wait()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_ctrl_c_while_the_tests_thread_waits_leaves_a_clean_state() -> None:
    stop: list[int] = []

    def spin() -> None:
        while not stop:
            time.sleep(1)

    with pytest.raises(KeyboardInterrupt), VirtualTime() as clock:
        thread = threading.Thread(target=spin, daemon=True)
        thread.start()
        with clock.unmanaged():
            threading.Thread(target=press_ctrl_c, daemon=True).start()
        threading.Event().wait()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    began = time.monotonic()
    time.sleep(0.01)
    assert 0.01 <= time.monotonic() - began < PATIENCE


def test_cleaning_up_after_ctrl_c_may_still_use_the_clock() -> None:
    def spin() -> None:
        while not stop.is_set():
            time.sleep(1)

    with pytest.raises(KeyboardInterrupt), VirtualTime() as clock:
        stop = threading.Event()
        thread = threading.Thread(target=spin)
        thread.start()
        with clock.unmanaged():
            threading.Thread(target=press_ctrl_c, daemon=True).start()
        try:
            thread.join()
        finally:
            stop.set()
            thread.join()
            assert not thread.is_alive()


def test_threads_take_turns_though_telemetry_packages_wrap_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda args: None)

    class Wrapped(threading.Thread):
        def start(self) -> None:
            run = self.run.__func__  # as sentry-sdk's threading integration does

            def wrapper(*args: object) -> object:
                return run(*args)

            self.run = wrapper.__get__(self)  # type: ignore[method-assign]
            super().start()

    class Broken(threading.Thread):
        def run(self) -> None:
            raise SystemExit

    with VirtualTime() as clock:
        wrapped, broken = Wrapped(target=time.sleep, args=(50,)), Broken()
        wrapped.start()
        broken.start()
        wrapped.join()
        broken.join()
        assert clock.now == 50


def test_a_thread_that_ends_with_an_exception_lets_the_next_one_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda args: None)

    def fail() -> None:
        time.sleep(5)
        raise ValueError

    with VirtualTime() as clock:
        run_together(fail, lambda: time.sleep(10))
        assert clock.now == 10


def test_a_thread_that_ends_without_passing_its_turn_on_ends_the_outage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(Deadlock, match="without letting another thread run"):  # noqa: SIM117
        with VirtualTime(real_wait=0.1) as clock:
            monkeypatch.setattr(clock._scheduler, "finish", lambda runner: None)
            run_together(lambda: None)


def test_threads_of_telemetry_packages_stay_real() -> None:
    source: dict[str, object] = {"__name__": "opentelemetry.sdk.export", "time": time}
    exec("def work(log):\n    began = time.monotonic()\n    log.append(began)", source)
    readings: list[float] = []
    with VirtualTime() as clock:
        time.sleep(10_000)
        threads = [
            threading.Thread(target=source["work"], args=(readings,), daemon=True)  # type: ignore[arg-type]
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert clock.now == 10_000
    assert all(abs(reading - real_monotonic()) < PATIENCE for reading in readings)


def test_an_exporter_that_never_waits_in_virtual_time_does_not_stop_the_clock() -> None:
    source: dict[str, object] = {"__name__": "sentry_sdk.monitor", "time": time}
    exec("def work(stop):\n    while not stop:\n        time.sleep(0.001)", source)
    stop: list[int] = []
    began = real_monotonic()
    with VirtualTime() as clock:
        thread = threading.Thread(target=source["work"], args=(stop,), daemon=True)  # type: ignore[arg-type]
        thread.start()
        for _ in range(1000):
            time.sleep(36)
        assert clock.now == 36_000
    stop.append(1)
    thread.join(PATIENCE)
    assert real_monotonic() - began < PATIENCE


def test_unmanaged_starts_threads_in_real_time_that_do_not_stop_the_clock() -> None:
    with VirtualTime() as clock:
        with clock.unmanaged():
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), OkPage)
            thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
            thread.start()
        for _ in range(3):
            address = f"http://127.0.0.1:{server.server_port}/"
            with urllib.request.urlopen(address, timeout=PATIENCE) as page:
                assert page.read() == b"ok"
            time.sleep(100)
        assert clock.now == 300
        with clock.unmanaged():
            server.shutdown()
            thread.join()
        server.server_close()


def test_an_error_recorded_in_a_thread_is_raised_when_the_outage_ends() -> None:
    error = HarnessError("seen by a thread")
    with pytest.raises(HarnessError) as raised, VirtualTime() as clock:
        run_together(lambda: clock.record(error))
    assert raised.value is error


def test_the_locks_of_the_process_are_restored() -> None:
    lock = threading.Lock()
    kinds = (type(lock), type(threading.RLock()), queue.SimpleQueue, threading.Condition)
    before = [dict(vars(kind)) for kind in kinds]
    start, join = threading.Thread.start, threading.Thread.join
    with VirtualTime():
        assert [dict(vars(kind)) for kind in kinds] != before
    assert [dict(vars(kind)) for kind in kinds] == before
    assert threading.Thread.join is join
    assert threading.Thread.start is start


def test_tracing_and_profiling_hooks_still_run_in_threads() -> None:
    seen: list[str] = []
    with VirtualTime():
        threading.setprofile(lambda frame, event, arg: seen.append(frame.f_code.co_name))
        try:
            run_together(lambda: sys.getsizeof(1))
        finally:
            threading.setprofile(None)
    assert "<lambda>" in seen


class TestRefusedThreads:
    def test_keep_real_time(self) -> None:
        with VirtualTime(threads="refuse") as clock:
            lives: list[bool] = []
            began = real_monotonic()
            run_together(lambda: lives.append(clock.is_managed_here()), lambda: time.sleep(0.02))
            assert lives == [False]
            assert real_monotonic() - began >= 0.02
            assert clock.now == 0
            assert clock.is_managed_here()

    def test_stop_the_clock_while_they_work_for_a_loop(self) -> None:
        async def main() -> None:
            await asyncio.wait_for(asyncio.to_thread(real_sleep, 0.1), 5)

        with VirtualTime(threads="refuse") as clock:
            asyncio.run(main())
            assert clock.now == 0

    def test_leave_waits_with_timeouts_real(self) -> None:
        with VirtualTime(threads="refuse"):
            began = real_monotonic()
            assert not threading.Semaphore(0).acquire(timeout=0.02)
            with pytest.raises(queue.Empty):
                queue.Queue[int]().get(timeout=0.02)
            assert threading.Condition().acquire(timeout=0.02)
            assert 0.04 <= real_monotonic() - began < PATIENCE

    def test_let_time_pass_while_they_only_sleep(self) -> None:
        stop: list[int] = []

        def beat() -> None:
            while not stop:
                time.sleep(0.01)

        with VirtualTime(threads="refuse") as clock:
            thread = threading.Thread(target=beat)
            thread.start()
            for _ in range(20):
                time.sleep(60)
            assert clock.now == 1200
            stop.append(1)
            thread.join()
