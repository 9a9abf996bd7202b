"""The snippets by which the API was designed, as they stand."""

from __future__ import annotations

import time

import pytest
from support.apps.bots import AsyncBot, ask, trip

from chaos_llm.checks import (
    never_caches_the_outage,
    retries_stay_under,
    returns_to,
    stops_calling,
)
from chaos_llm.demo.hardened_bot import HardenedBot as SupportBot
from chaos_llm.faults import overloaded, rate_limited


@pytest.fixture
def bot():
    return SupportBot()


@pytest.mark.chaos("anthropic-2026-03-02-three-waves")
def test_bot_survives_march_2(chaos):
    report = chaos.replay(SupportBot().answer, every="30s", until="21:16")  # the ten hours
    assert report.answered >= 0.99
    assert report.longest_downtime <= 120
    report.check(
        stops_calling("anthropic", within_calls=8),
        retries_stay_under(3),
        returns_to("anthropic", within="10m"),
        never_caches_the_outage(),
    )


@pytest.mark.exhaustive(sample=3)
@pytest.mark.asyncio
@pytest.mark.chaos(tags="5xx")
async def test_async_bot(chaos):
    report = await chaos.replay(AsyncBot().answer, every="10m", users=20)
    report.check()


def test_retry_after_is_honoured(chaos):
    chaos.on("anthropic").inject(rate_limited(retry_after=7), times=2)
    assert ask("hi")
    assert chaos.journal.gaps("anthropic") == [7, 7]


def test_breaker_half_opens(chaos, bot):
    chaos.on("anthropic").inject(overloaded())
    trip(bot)
    chaos.on("anthropic").heal()
    time.sleep(61)
    assert bot.answer("hi").provider == "anthropic"


@pytest.mark.chaos("anthropic-2026-03-02-three-waves", at="wave 1: some API methods fail")
def test_at_the_peak(chaos):
    chaos.replay(SupportBot().answer, every="30s", until="15:47").check()
