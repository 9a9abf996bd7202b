"""Async tests meet an outage under every runner, with no marker of ours."""

from __future__ import annotations

import pytest

BODY = """
    import asyncio
    import anthropic
    import pytest
    from bot import REQUEST

    @pytest.fixture
    def anyio_backend():
        return "asyncio"

    async def ask():
        async with anthropic.AsyncAnthropic() as client:
            return await client.messages.create(**REQUEST)

    MARK
    async def test(chaos):
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await asyncio.sleep(36_000)
        assert loop.time() - begun == 36_000
        assert await ask()
        assert len(chaos.journal) == 1

    MARK
    async def test_again(chaos):
        await asyncio.sleep(36_000)
        assert await ask()
"""


@pytest.mark.parametrize(
    ("mark", "options"),
    [
        ("@pytest.mark.asyncio", ["--asyncio-mode=strict"]),
        ("", ["--asyncio-mode=auto"]),
        ('@pytest.mark.asyncio(loop_scope="session")', ["--asyncio-mode=strict"]),
        ("@pytest.mark.anyio", ["--asyncio-mode=strict"]),
    ],
    ids=["strict", "auto", "session-loop", "anyio"],
)
def test_async_tests_need_no_marker_of_ours(run, mark, options):
    text = BODY.replace("MARK", mark)
    run(text, *options).assert_outcomes(passed=2)


def test_a_session_loop_beats_on_after_the_outage(run):
    """A heartbeat from before the outage must not wait for ten hours after it."""
    run(
        """
        import asyncio
        import pytest

        beats = []

        async def beat():
            while True:
                beats.append(1)
                await asyncio.sleep(0.01)

        @pytest.fixture(scope="session")
        async def heart():
            task = asyncio.create_task(beat())
            yield
            task.cancel()

        async def test_during(heart, chaos):
            await asyncio.sleep(60)

        async def test_after(heart):
            seen = len(beats)
            await asyncio.sleep(0.2)
            assert len(beats) > seen
        """,
        "--asyncio-mode=auto",
        "-o",
        "asyncio_default_fixture_loop_scope=session",
        "-o",
        "asyncio_default_test_loop_scope=session",
    ).assert_outcomes(passed=2)
