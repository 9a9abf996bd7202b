"""tenacity reads `time.monotonic` and sleeps in three ways, all in virtual time."""

import asyncio
import threading

from support.libraries import library

from chaos_llm import outage

tenacity = library("tenacity")


def failing():
    raise ValueError


async def failing_async():
    raise ValueError


def test_attempts_double_their_waits_up_to_the_limit():
    retrying = tenacity.Retrying(
        wait=tenacity.wait_exponential(multiplier=1, max=60),
        stop=tenacity.stop_after_delay(600),
        retry_error_cls=TimeoutError,
    )
    with outage() as chaos:
        try:
            retrying(failing)
        except TimeoutError:
            # 1 + 2 + 4 + 8 + 16 + 32, then nine times 60
            assert chaos.now == 63 + 9 * 60
            assert retrying.statistics["delay_since_first_attempt"] == 603
            assert retrying.statistics["attempt_number"] == 16
            return
        raise AssertionError("it has to give up")


def test_a_delay_of_1000_seconds_stops_at_1000_and_not_at_1100():
    """The readings are exact, whatever the machine's uptime is."""
    retrying = tenacity.AsyncRetrying(
        wait=tenacity.wait_fixed(100), stop=tenacity.stop_after_delay(1000), reraise=True
    )

    async def give_up():
        try:
            await retrying(failing_async)
        except ValueError:
            return

    with outage() as chaos:
        asyncio.run(give_up())
        assert chaos.now == 1000


def test_waiting_for_an_event_takes_virtual_time():
    retrying = tenacity.Retrying(
        wait=tenacity.wait_fixed(100),
        stop=tenacity.stop_after_attempt(5),
        sleep=tenacity.nap.sleep_using_event(threading.Event()),
        reraise=True,
    )
    with outage() as chaos:
        try:
            retrying(failing)
        except ValueError:
            assert chaos.now == 400
            return
        raise AssertionError("it has to give up")


def test_an_event_set_by_another_thread_ends_the_wait_at_once():
    event = threading.Event()
    retrying = tenacity.Retrying(
        wait=tenacity.wait_fixed(100),
        stop=tenacity.stop_after_attempt(2),
        sleep=tenacity.nap.sleep_using_event(event),
        retry_error_callback=lambda state: None,
    )
    with outage() as chaos:
        threading.Timer(30, event.set).start()
        retrying(failing)
        assert chaos.now == 30
