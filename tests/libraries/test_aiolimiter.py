"""aiolimiter reads `loop.time()` and waits with a timer of the loop."""

import asyncio

import pytest
from support.libraries import library

from chaos_llm import outage

aiolimiter = library("aiolimiter")


def test_forty_calls_at_ten_a_minute_take_three_minutes():
    async def forty():
        limiter = aiolimiter.AsyncLimiter(10, 60)
        for _ in range(40):
            async with limiter:
                pass

    with outage() as chaos:
        asyncio.run(forty())
        # Ten at once, then one each 6 s; the leak is computed in floats.
        assert chaos.now == pytest.approx(180, abs=0.001)
