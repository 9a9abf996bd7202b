"""asyncio: every loop follows virtual time while it idles, and works normally afterwards."""

import asyncio
import selectors
import time
from collections.abc import AsyncIterator
from datetime import datetime

import pytest
import pytest_asyncio

from chaos_llm.virtual_time import VirtualTime, real_monotonic
from chaos_llm.virtual_time.clock import Clock


def test_asyncio_run_needs_no_marker(march: datetime) -> None:
    async def main() -> float:
        began = time.monotonic()
        await asyncio.sleep(36_000)
        return time.monotonic() - began

    with VirtualTime(starts=march):
        assert asyncio.run(main()) == 36_000


def test_timers_are_due_after_years_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Clock, "ended_at", 5 * 365 * 86_400)

    async def main() -> None:
        for _ in range(100):
            await asyncio.sleep(0.1)

    with VirtualTime() as clock:
        asyncio.run(main())
        assert clock.now == pytest.approx(10)


@pytest.mark.asyncio
async def test_an_outage_can_begin_on_a_running_loop() -> None:
    with VirtualTime() as clock:
        await asyncio.sleep(3600)
        assert clock.now == 3600


@pytest_asyncio.fixture
async def slept() -> AsyncIterator[float]:
    with VirtualTime() as clock:
        await asyncio.sleep(100)
        yield clock.now


@pytest.mark.asyncio
async def test_an_async_fixture_may_enter_virtual_time(slept: float) -> None:
    await asyncio.sleep(500)
    assert slept == 100


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_anyios_plugin_works(anyio_backend: str) -> None:
    anyio = pytest.importorskip("anyio")
    with VirtualTime() as clock:
        began = anyio.current_time()
        with anyio.move_on_after(1.5):
            await anyio.sleep(36_000)
        assert anyio.current_time() - began == pytest.approx(1.5, abs=1e-6)
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 50)
            group.start_soon(anyio.sleep, 500)
        assert clock.now == pytest.approx(501.5, abs=1e-6)


def test_timeouts_fire_on_time_and_in_order() -> None:
    async def main(clock: VirtualTime) -> list[float]:
        log = []
        for seconds in (10, 5, 7):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), seconds)
            log.append(clock.now)

        async def nap(seconds: int) -> None:
            await asyncio.sleep(seconds)
            log.append(clock.now - log[2])

        await asyncio.gather(*(nap(30 - n) for n in range(5)))
        return log

    with VirtualTime() as clock:
        assert asyncio.run(main(clock)) == pytest.approx([10, 15, 22, 26, 27, 28, 29, 30])


def test_loop_time_is_monotonic_time() -> None:
    async def main() -> bool:
        await asyncio.sleep(77)
        return asyncio.get_running_loop().time() == time.monotonic()

    with VirtualTime():
        assert asyncio.run(main())


def test_a_loop_and_sync_code_take_turns_on_one_clock() -> None:
    with VirtualTime() as clock:
        for _ in range(3):
            time.sleep(10)
            asyncio.run(asyncio.sleep(10))
        assert clock.now == 60


class TestALoopThatOutlivesTheOutage:
    @pytest.fixture
    def loop(self) -> object:
        loop = asyncio.new_event_loop()
        yield loop
        for task in asyncio.all_tasks(loop):
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                loop.run_until_complete(task)
        loop.close()

    def heartbeat(self, loop: asyncio.AbstractEventLoop) -> list[float]:
        beats: list[float] = []

        async def beat() -> None:
            while True:
                beats.append(real_monotonic())
                await asyncio.sleep(0.02)

        loop.create_task(beat())
        loop.run_until_complete(asyncio.sleep(0.05))
        return beats

    def test_a_heartbeat_from_before_beats_in_virtual_time_and_again_after_it(
        self, loop: asyncio.AbstractEventLoop
    ) -> None:
        beats = self.heartbeat(loop)
        with VirtualTime():
            loop.run_until_complete(asyncio.sleep(20))
            inside = len(beats)
        assert 990 <= inside <= 1010

        async def until_five_more() -> None:
            while len(beats) < inside + 5:
                await asyncio.sleep(0.02)

        loop.run_until_complete(asyncio.wait_for(until_five_more(), 60))

    def test_a_timer_set_before_keeps_its_distance_through_several_outages(
        self, loop: asyncio.AbstractEventLoop
    ) -> None:
        fired: list[float] = []
        began = loop.time()
        loop.call_later(100, lambda: fired.append(clock.now))
        with VirtualTime() as clock:
            loop.run_until_complete(asyncio.sleep(60))
        assert not fired
        with VirtualTime() as clock:
            loop.run_until_complete(asyncio.sleep(60))
        assert fired == pytest.approx([40], abs=2)
        assert loop.time() - began < 5

    def test_an_outage_inside_a_coroutine_leaves_the_other_tasks_alive(
        self, loop: asyncio.AbstractEventLoop
    ) -> None:
        beats = self.heartbeat(loop)

        async def test() -> None:
            with VirtualTime():
                await asyncio.sleep(36)

        loop.run_until_complete(test())
        inside = len(beats)
        loop.run_until_complete(asyncio.sleep(0.2))
        assert len(beats) > inside + 4


def test_the_select_of_the_loops_is_restored() -> None:
    select = selectors.DefaultSelector.select
    before = select.__code__
    with VirtualTime():
        assert select.__code__ is not before
    assert select.__code__ is before


@pytest.mark.parametrize("kind", ["EpollSelector", "PollSelector", "SelectSelector"])
def test_a_select_that_was_bound_before_the_outage_follows(kind: str) -> None:
    class Loop(asyncio.SelectorEventLoop):
        def __init__(self) -> None:
            super().__init__(getattr(selectors, kind)())
            self._selector.select = self._selector.select  # as looptime's loops do

    loop = Loop()
    with VirtualTime() as clock:
        loop.run_until_complete(asyncio.sleep(3600))
        assert clock.now == 3600
    loop.close()
