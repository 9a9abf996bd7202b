"""Virtual clocks of other libraries are refused with the same message as freezegun."""

import asyncio
from collections.abc import Callable

import pytest

from chaos_llm.errors import UsageError
from chaos_llm.virtual_time import VirtualTime, active

trio = pytest.importorskip("trio")
pytest.importorskip("trio.testing")


class LoopWithItsOwnTime(asyncio.SelectorEventLoop):
    """A loop with its own clock, as looptime and async-solipsism have it."""

    def time(self) -> float:
        return 0.0


async def sleep_a_while() -> None:
    await asyncio.sleep(100)


async def outage_inside() -> None:
    with VirtualTime():
        await sleep_a_while()


def refused(name: str, run: Callable[[], object]) -> None:
    with pytest.raises(UsageError, match=f"{name}.* is already active; .* its own clock"):
        run()
    assert active() is None


@pytest.mark.parametrize("scene", [sleep_a_while, outage_inside])
def test_a6_a_loop_with_its_own_clock_is_refused(scene: Callable[[], object]) -> None:
    loop = LoopWithItsOwnTime()

    def run() -> None:
        if scene is outage_inside:
            loop.run_until_complete(scene())
            return
        coroutine = scene()
        try:
            with VirtualTime():
                loop.run_until_complete(coroutine)
        finally:
            coroutine.close()

    try:
        refused("test", run)
    finally:
        loop.close()


def test_a6_a_loop_whose_time_is_patched_while_it_runs_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scene() -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: 0.0)
        await asyncio.sleep(0)

    def run() -> None:
        with VirtualTime():
            asyncio.run(scene())

    refused("test", run)


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("options", [{"autojump_threshold": 0}, {"rate": 10}])
def test_a6_trios_mock_clock_is_refused(options: dict[str, float], inside: bool) -> None:
    async def sleep() -> None:
        await trio.sleep(100)

    async def outage_in_trio() -> None:
        with VirtualTime():
            await trio.sleep(100)

    def run() -> None:
        clock = trio.testing.MockClock(**options)
        if inside:
            trio.run(outage_in_trio, clock=clock)
        else:
            with VirtualTime():
                trio.run(sleep, clock=clock)

    refused("trio's MockClock", run)


def test_a6_looptime_is_refused(pytester: pytest.Pytester) -> None:
    pytest.importorskip("looptime")
    pytester.makepyfile(
        """
        import asyncio, pytest

        @pytest.mark.asyncio
        @pytest.mark.looptime
        @pytest.mark.chaos("anthropic-529-storm")
        async def test_with_looptime(chaos):
            await asyncio.sleep(100)
        """
    )
    found = pytester.runpytest_subprocess("-p", "no:randomly")
    found.stdout.fnmatch_lines(["*UsageError: looptime is already active*"])


def test_a6_aiotools_virtual_clock_is_refused() -> None:
    aiotools = pytest.importorskip("aiotools")

    async def patched() -> None:
        with aiotools.VirtualClock().patch_loop():
            await asyncio.sleep(100)

    async def outage_in_it() -> None:
        with aiotools.VirtualClock().patch_loop():
            await outage_inside()

    def run() -> None:
        with VirtualTime():
            asyncio.run(patched())

    refused("aiotools' VirtualClock", run)
    refused("aiotools' VirtualClock", lambda: asyncio.run(outage_in_it()))


def test_a6_async_solipsism_is_refused() -> None:
    async_solipsism = pytest.importorskip("async_solipsism")

    def run() -> None:
        loop = async_solipsism.EventLoop()
        coroutine = sleep_a_while()
        try:
            with VirtualTime():
                loop.run_until_complete(coroutine)
        finally:
            coroutine.close()
            loop.close()

    refused("async_solipsism", run)
