"""purgatory's breakers read `time.time`, sync and async."""

import asyncio
import time

import pytest
from support.libraries import library

from chaos_llm import outage

purgatory = library("purgatory")
OpenedState = library("purgatory.domain.model").OpenedState


def test_the_sync_breaker_is_open_for_its_ttl():
    factory = purgatory.SyncCircuitBreakerFactory(default_threshold=1, default_ttl=60)
    with outage() as chaos:
        with pytest.raises(ZeroDivisionError), factory.get_breaker("llm"):
            raise ZeroDivisionError
        time.sleep(59)
        with pytest.raises(OpenedState), factory.get_breaker("llm"):
            pytest.fail("it must be open")
        time.sleep(2)
        with factory.get_breaker("llm"):
            assert chaos.now == 61


def test_the_async_breaker_is_open_for_its_ttl():
    async def scene():
        factory = purgatory.AsyncCircuitBreakerFactory(default_threshold=1, default_ttl=60)
        with pytest.raises(ZeroDivisionError):
            async with await factory.get_breaker("llm"):
                raise ZeroDivisionError
        await asyncio.sleep(59)
        with pytest.raises(OpenedState):
            async with await factory.get_breaker("llm"):
                pytest.fail("it must be open")
        await asyncio.sleep(2)
        async with await factory.get_breaker("llm"):
            return "closed"

    with outage() as chaos:
        assert asyncio.run(scene()) == "closed"
        assert chaos.now == 61
