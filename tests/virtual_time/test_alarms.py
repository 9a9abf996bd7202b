"""Alarms, interval timers and signals that threads send, in virtual time and the main thread."""

import asyncio
import os
import queue
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from signal import alarm, getitimer, pthread_kill, setitimer

import pytest

from chaos_llm.errors import HorizonReached
from chaos_llm.virtual_time import VirtualTime, real_monotonic, real_sleep


class TookTooLong(Exception):
    pass


@contextmanager
def handled(signum: int, handler: object) -> Iterator[None]:
    before = signal.signal(signum, handler)
    try:
        yield
    finally:
        signal.signal(signum, before)


def give_up(*_: object) -> None:
    assert threading.current_thread() is threading.main_thread()
    raise TookTooLong


def hold_lock() -> None:
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


WAITS = {
    "sleep": lambda: time.sleep(600),
    "event": lambda: threading.Event().wait(600),
    "event without limit": lambda: threading.Event().wait(),
    "lock": hold_lock,
    "queue": lambda: queue.Queue().get(timeout=600),
    "simple queue": lambda: queue.SimpleQueue().get(timeout=600),
    "loop": lambda: asyncio.run(asyncio.sleep(600)),
    "many sleeps": lambda: [time.sleep(1) for _ in range(600)],
}
SETS = {
    "alarm": lambda: alarm(20),
    "setitimer": lambda: setitimer(signal.ITIMER_REAL, 20),
    "a timer's pthread_kill": lambda: timer(lambda: pthread_kill(main_id(), signal.SIGALRM)),
    "a timer's os.kill": lambda: timer(lambda: os.kill(os.getpid(), signal.SIGALRM)),
    "a timer's raise_signal": lambda: timer(lambda: signal.raise_signal(signal.SIGALRM)),
}


def main_id() -> int:
    return threading.main_thread().ident or 0


def timer(send: object) -> None:
    threading.Timer(20, send).start()


@pytest.mark.parametrize("wait", WAITS)
@pytest.mark.parametrize("sets", SETS)
def test_a9_a_time_limit_by_signal_ends_any_wait_in_virtual_time(sets: str, wait: str) -> None:
    with handled(signal.SIGALRM, give_up), VirtualTime() as clock:
        SETS[sets]()
        with pytest.raises(TookTooLong):
            WAITS[wait]()
        assert clock.now == 20
        time.sleep(5)
        assert clock.now == 25


def test_a9_a_handler_that_returns_lets_the_wait_go_on_to_its_end() -> None:
    rang: list[float] = []
    with handled(signal.SIGALRM, lambda *_: rang.append(time.monotonic())), VirtualTime() as clock:
        begin = time.monotonic()
        assert setitimer(signal.ITIMER_REAL, 10, 30) == (0.0, 0.0)
        time.sleep(100)
        assert [at - begin for at in rang] == [10, 40, 70, 100]
        assert clock.now == 100
        assert setitimer(signal.ITIMER_REAL, 0) == (30.0, 30.0)
        time.sleep(100)
        assert len(rang) == 4


def test_a9_alarms_and_threads_run_in_order_of_time() -> None:
    order: list[str] = []

    def work() -> None:
        for _ in range(3):
            time.sleep(10)
            order.append(f"thread {time.monotonic() - begin:.0f}")

    with (
        handled(signal.SIGALRM, lambda *_: order.append(f"alarm {time.monotonic() - begin:.0f}")),
        VirtualTime(),
    ):
        begin = time.monotonic()
        thread = threading.Thread(target=work)
        thread.start()
        setitimer(signal.ITIMER_REAL, 5, 10)
        thread.join()
    assert order == ["alarm 5", "thread 10", "alarm 15", "thread 20", "alarm 25", "thread 30"]


def test_a9_alarm_returns_the_seconds_left_and_can_be_cancelled() -> None:
    with handled(signal.SIGALRM, give_up), VirtualTime():
        assert alarm(20) == 0
        time.sleep(5)
        assert getitimer(signal.ITIMER_REAL) == (15.0, 0.0)
        assert alarm(0) == 15
        time.sleep(60)
        assert alarm(3) == 0
        time.sleep(2.9)
        assert alarm(0) == 1


def test_a9_a_loops_own_signal_handler_is_called_on_the_clock() -> None:
    async def scene() -> None:
        loop = asyncio.get_running_loop()
        rang = loop.create_future()
        loop.add_signal_handler(signal.SIGALRM, rang.set_result, None)
        alarm(20)
        await asyncio.wait_for(rang, 600)
        loop.remove_signal_handler(signal.SIGALRM)

    with VirtualTime() as clock:
        asyncio.run(scene())
        assert clock.now == 20


def test_a9_a_handler_may_wait_itself() -> None:
    with handled(signal.SIGALRM, lambda *_: time.sleep(3)), VirtualTime() as clock:
        alarm(1)
        time.sleep(2)
        assert clock.now == 4


def test_a9_pause_waits_for_the_alarm() -> None:
    with handled(signal.SIGALRM, lambda *_: None), VirtualTime() as clock:
        alarm(7)
        signal.pause()
        assert clock.now == 7


def test_a9_an_alarm_set_before_stays_real_and_one_set_inside_ends_with_the_outage() -> None:
    rang: list[float] = []
    with handled(signal.SIGALRM, lambda *_: rang.append(real_monotonic())):
        before = setitimer(signal.ITIMER_REAL, 100)
        try:
            with VirtualTime():
                assert getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
                alarm(20)
                time.sleep(10)
            left, _ = getitimer(signal.ITIMER_REAL)
            assert 50 < left <= 100
            real_sleep(0.05)
            assert rang == []
        finally:
            setitimer(signal.ITIMER_REAL, *before)


def test_a9_a_wrong_argument_raises_the_error_of_the_real_function() -> None:
    with VirtualTime():
        with pytest.raises(signal.ItimerError):
            setitimer(signal.ITIMER_REAL, -1)
        with pytest.raises(TypeError):
            alarm("soon")  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            setitimer(which=signal.ITIMER_REAL, seconds=1)  # type: ignore[call-arg]


def test_a9_a_signal_to_the_calling_thread_is_handled_at_once() -> None:
    seen: list[int] = []
    with handled(signal.SIGUSR1, lambda signum, _: seen.append(signum)), VirtualTime() as clock:
        signal.raise_signal(signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGUSR1)
        assert seen == [signal.SIGUSR1] * 2
        assert clock.now == 0


def test_a9_an_alarm_after_the_horizon_raises_horizon_reached() -> None:
    horizon = pytest.raises(HorizonReached)
    with handled(signal.SIGALRM, give_up), horizon, VirtualTime(horizon=100):
        alarm(200)
        threading.Event().wait()
