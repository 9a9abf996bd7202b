"""aiobreaker's cool-down reads `datetime.utcnow`."""

import asyncio
from datetime import timedelta

import pytest
from support.libraries import library

from chaos_llm import outage

aiobreaker = library("aiobreaker")

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utc:DeprecationWarning")


async def fail():
    raise ValueError


async def succeed():
    return 1


def test_it_closes_after_its_cooldown_and_not_a_second_before():
    breaker = aiobreaker.CircuitBreaker(fail_max=1, timeout_duration=timedelta(seconds=60))

    async def scene():
        with pytest.raises(aiobreaker.CircuitBreakerError):
            await breaker.call_async(fail)
        await asyncio.sleep(59)
        with pytest.raises(aiobreaker.CircuitBreakerError):
            await breaker.call_async(succeed)
        await asyncio.sleep(1)
        return await breaker.call_async(succeed)

    with outage() as chaos:
        assert asyncio.run(scene()) == 1
        assert chaos.now == 60
        assert breaker.current_state is aiobreaker.CircuitBreakerState.CLOSED
