"""backoff reads `datetime.now` and sleeps with `time.sleep` or `asyncio.sleep`."""

import asyncio

import pytest
from support.libraries import library

from chaos_llm import outage

backoff = library("backoff")

# On 3.14 its use of `asyncio.iscoroutinefunction` is deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:backoff")


def test_it_gives_up_when_max_time_has_passed():
    @backoff.on_exception(backoff.expo, ZeroDivisionError, max_time=300, jitter=None)
    def fail():
        raise ZeroDivisionError

    with outage() as chaos:
        with pytest.raises(ZeroDivisionError):
            fail()
        # 1 + 2 + ... + 128 is 255; the last wait is cut to what is left
        assert chaos.now == 300


def test_async_waits_are_as_long():
    @backoff.on_exception(
        backoff.constant, ZeroDivisionError, max_tries=4, interval=60, jitter=None
    )
    async def fail():
        raise ZeroDivisionError

    with outage() as chaos:
        with pytest.raises(ZeroDivisionError):
            asyncio.run(fail())
        assert chaos.now == 180


def test_full_jitter_follows_the_seed():
    @backoff.on_exception(backoff.expo, ZeroDivisionError, max_tries=6)
    def fail():
        raise ZeroDivisionError

    def seconds(seed):
        with outage(seed=seed) as chaos:
            with pytest.raises(ZeroDivisionError):
                fail()
            return chaos.now

    assert seconds(1) == seconds(1) != seconds(2)
