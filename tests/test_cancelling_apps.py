"""An app that cancels every task of its loop loses its calls; the replay goes on."""

import asyncio

import anthropic
import pytest

from chaos_llm import outage
from chaos_llm.faults import hang


class CancelsEverything:
    """What an app did when one call timed out: it cancelled all tasks of the loop."""

    def __init__(self):
        self.claude = anthropic.AsyncAnthropic(api_key="k", max_retries=0)

    async def __call__(self, question):
        ask = self.claude.messages.create(
            model="claude-sonnet-5-5",
            max_tokens=100,
            messages=[{"role": "user", "content": question}],
        )
        try:
            return await asyncio.wait_for(ask, 20)
        except TimeoutError:
            for task in asyncio.all_tasks():
                task.cancel()
            await asyncio.sleep(0)
            raise


@pytest.mark.parametrize("users", [1, 3])
def test_a10_calls_that_an_app_cancels_are_failed_and_the_replay_goes_on(users):
    with outage() as chaos:
        chaos.on("anthropic").inject(hang(), times=2)
        report = chaos.replay(CancelsEverything(), calls=30, users=users)
    failed = [call for call in report.run.calls if call.outcome == "failed"]
    assert len(report.run.calls) == 30
    assert 1 <= len(failed) <= 2 * users
    assert any(issubclass(call.error.kind, asyncio.CancelledError) for call in failed)


def test_a10_on_a_loop_of_the_tests_own_the_test_is_not_cancelled_either():
    async def scene():
        mine = asyncio.current_task()
        with outage() as chaos:
            chaos.on("anthropic").inject(hang(), times=1)
            report = await chaos.replay(CancelsEverything(), calls=10)
        assert mine in asyncio.all_tasks()
        assert not mine.cancelling()
        return report

    report = asyncio.run(scene())
    assert len([call for call in report.run.calls if call.outcome == "failed"]) == 1


def test_a10_a_test_that_cancels_its_replay_ends_it():
    async def scene():
        with outage() as chaos:
            chaos.on("anthropic").inject(hang())
            replay = asyncio.ensure_future(chaos.replay(CancelsEverything(), calls=10))
            await asyncio.sleep(1)
            replay.cancel()
            with pytest.raises(asyncio.CancelledError):
                await replay

    asyncio.run(scene())
