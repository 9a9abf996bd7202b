"""uvloop reads its clock in C: a loop made inside is asyncio's, one made before is refused."""

import asyncio
import time

import anyio
import pytest

from chaos_llm.errors import UsageError
from chaos_llm.virtual_time import VirtualTime, active, real_monotonic

uvloop = pytest.importorskip("uvloop")


async def sleep_long() -> str:
    await asyncio.sleep(3600)
    return type(asyncio.get_running_loop()).__module__


def run_with_factory() -> str:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(sleep_long())


@pytest.mark.parametrize(
    "run",
    [
        lambda: uvloop.run(sleep_long()),
        run_with_factory,
        lambda: anyio.run(sleep_long, backend_options={"use_uvloop": True}),
    ],
    ids=["uvloop.run", "new_event_loop", "anyio"],
)
def test_a_loop_made_inside_is_asyncios(run: object) -> None:
    with VirtualTime() as clock:
        assert run().startswith("asyncio.")  # type: ignore[operator]
        assert clock.now == 3600


def test_a_uvloop_loop_made_before_is_refused() -> None:
    loop = uvloop.new_event_loop()
    try:
        with VirtualTime():
            coroutine = sleep_long()
            with pytest.raises(UsageError, match=r"uvloop\.Loop cannot follow virtual time"):
                loop.run_until_complete(coroutine)
            coroutine.close()
        began = real_monotonic()
        loop.run_until_complete(asyncio.sleep(0.02))
        assert real_monotonic() - began >= 0.019  # libuv counts milliseconds
    finally:
        loop.close()


def test_an_outage_inside_a_running_uvloop_is_refused() -> None:
    async def main() -> None:
        with pytest.raises(UsageError, match="uvloop"), VirtualTime():
            pass
        assert active() is None
        time.sleep(0.001)

    uvloop.run(main())


def test_uvloop_makes_its_own_loops_again_after_the_outage() -> None:
    kind = uvloop.Loop
    with VirtualTime():
        assert uvloop.Loop is not kind
    assert uvloop.Loop is kind
    loop = uvloop.new_event_loop()
    assert isinstance(loop, kind)
    assert "run_forever" not in vars(kind)
    loop.close()
