"""Executors, queues, timers and schedulers of the standard library."""

import queue
import sched
import threading
import time
from concurrent import futures

import pytest
from support.threads import nap

from chaos_llm import outage

POOL = futures.ThreadPoolExecutor(3)


@pytest.mark.parametrize("made", ["before", "inside"])
def test_a_pool_of_three_sleeps_in_parallel(made):
    with outage() as chaos:
        pool = POOL if made == "before" else futures.ThreadPoolExecutor(3)
        assert list(pool.map(nap, [10, 20, 30, 40])) == [10, 20, 30, 40]
        assert chaos.now == 50  # the fourth begins at 10
        if pool is not POOL:
            pool.shutdown()


def test_futures_complete_in_the_order_of_their_virtual_ends():
    with outage() as chaos, futures.ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(nap, seconds) for seconds in (30, 10, 40, 20)]
        ended = [(job.result(), chaos.now) for job in futures.as_completed(jobs)]
    assert ended == [(10, 10), (20, 20), (30, 30), (40, 40)]


def test_a_late_result_times_out_on_time():
    with outage() as chaos, futures.ThreadPoolExecutor(1) as pool:
        job = pool.submit(nap, 60)
        with pytest.raises(TimeoutError):
            job.result(timeout=45)
        assert chaos.now == 45
        assert futures.wait([job], timeout=10).not_done == {job}
        assert chaos.now == 55
        assert job.result(timeout=5) == 60


@pytest.mark.parametrize("kind", [queue.Queue, queue.LifoQueue, queue.PriorityQueue])
def test_a_consumer_waits_for_its_producer(kind):
    jobs, got = kind(maxsize=1), []
    with outage() as chaos:

        def produce():
            for number in range(4):
                time.sleep(25)
                jobs.put(number)

        threading.Thread(target=produce).start()
        for _ in range(4):
            got.append((jobs.get(timeout=26), chaos.now))
            jobs.task_done()
        jobs.join()
        with pytest.raises(queue.Empty):
            jobs.get(timeout=10)
        assert chaos.now == 110
    assert got == [(0, 25), (1, 50), (2, 75), (3, 100)]


def test_a_full_queue_makes_its_producer_wait():
    jobs, put = queue.Queue(maxsize=1), []
    with outage() as chaos:

        def produce():
            for number in range(3):
                jobs.put(number)
                put.append(chaos.now)

        producer = threading.Thread(target=produce)
        producer.start()
        for _ in range(3):
            time.sleep(60)
            jobs.get()
        producer.join()
        jobs.put(9)
        with pytest.raises(queue.Full):
            jobs.put(10, timeout=7)
        assert chaos.now == 187
    assert put == [0, 60, 120]


def test_timers_and_schedulers_keep_their_times():
    fired = []
    with outage() as chaos:
        threading.Timer(90, lambda: fired.append(("timer", chaos.now))).start()
        cancelled = threading.Timer(30, fired.append, args=["never"])
        cancelled.start()
        cancelled.cancel()
        plan = sched.scheduler(time.monotonic, time.sleep)
        plan.enter(60, 1, lambda: fired.append(("sched", chaos.now)))
        plan.enter(120, 1, lambda: fired.append(("sched", chaos.now)))
        plan.run()
        assert chaos.now == 120
    assert fired == [("sched", 60), ("timer", 90), ("sched", 120)]
