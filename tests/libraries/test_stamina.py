"""stamina sleeps with tenacity, and its jitter follows the outage's seed."""

import asyncio

import pytest
from support.libraries import library

from chaos_llm import outage

stamina = library("stamina")

EXACT = {"on": ZeroDivisionError, "attempts": 6, "timeout": 500, "wait_max": 60, "wait_initial": 10}
WAITED = 10 + 20 + 40 + 60 + 60  # five waits between six attempts


@stamina.retry(wait_jitter=0, **EXACT)
def fail():
    raise ZeroDivisionError


@stamina.retry(wait_jitter=0, **EXACT)
async def fail_async():
    raise ZeroDivisionError


@stamina.retry(wait_jitter=30, **EXACT)
def fail_with_jitter():
    raise ZeroDivisionError


def seconds(function, seed=0):
    with outage(seed=seed) as chaos:
        with pytest.raises(ZeroDivisionError):
            function()
        return chaos.now


@pytest.mark.parametrize("function", [fail, lambda: asyncio.run(fail_async())])
def test_waits_double_up_to_the_limit(function):
    assert seconds(function) == WAITED


def test_the_jitter_follows_the_seed():
    assert seconds(fail_with_jitter, seed=1) == seconds(fail_with_jitter, seed=1)
    assert seconds(fail_with_jitter, seed=1) != seconds(fail_with_jitter, seed=2)
