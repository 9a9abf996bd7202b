"""pytest-asyncio's session-scoped loop, made before the outage and used after it."""

import asyncio
import time

import pytest

from chaos_llm.virtual_time import VirtualTime, real_monotonic

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_tasks_of_the_session_loop_run_before_inside_and_after_an_outage() -> None:
    beats: list[float] = []

    async def beat() -> None:
        while True:
            beats.append(time.monotonic())
            await asyncio.sleep(0.02)

    heart = asyncio.create_task(beat())
    await asyncio.sleep(0.05)
    with VirtualTime():
        before = len(beats)
        await asyncio.sleep(10)
        assert 490 <= len(beats) - before <= 510
    inside = len(beats)
    began = real_monotonic()
    async with asyncio.timeout(60):  # a guard: on a busy machine the beats come late
        while len(beats) - inside <= 4 or real_monotonic() - began < 0.2:
            await asyncio.sleep(0.02)
    assert real_monotonic() - began >= 0.2
    heart.cancel()
    with pytest.raises(asyncio.CancelledError):
        await heart


async def test_the_session_loop_keeps_real_time_outside() -> None:
    began = real_monotonic()
    await asyncio.sleep(0.03)
    assert real_monotonic() - began >= 0.03
