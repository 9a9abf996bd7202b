"""`pool_is_not_exhausted` finds connections that are never returned to their pool."""

from __future__ import annotations

import gc
from itertools import count

import httpx2
import pytest
from support.apps.bots import MODEL, SECOND_MODEL, ask_once, claude
from support.apps.defended import ask_gpt, gpt_async
from support.apps.failover import found, stream_claude, talk

from chaos_llm import outage
from chaos_llm.checks import pool_is_not_exhausted
from chaos_llm.errors import UsageError
from chaos_llm.faults import cut_stream, overloaded, stall_mid_stream


class Leaky:
    """Shows the first words of a stream, and keeps what it has not read."""

    def __init__(self):
        self.kept = []

    def __call__(self, question):
        stream = claude(max_retries=0, timeout=20).messages.create(
            model=MODEL, max_tokens=300, messages=talk(question), stream=True
        )
        self.kept.append(stream)
        shown = ""
        for event in stream:
            if event.type == "content_block_delta":
                shown += event.delta.text
                if len(shown) > 30:
                    break
        return shown or ask_gpt(question)


def test_streams_that_are_never_closed_fail():
    finding = found(pool_is_not_exhausted(), Leaky(), cut_stream())
    assert finding.verdict == "fail"
    assert "streams were still open when their calls had ended, most of them to anthropic" in (
        finding.seen
    )


def test_a_few_unclosed_streams_are_mentioned():
    finding = found(pool_is_not_exhausted(), Leaky(), cut_stream(), every="8m")
    assert finding.verdict == "pass"
    assert "stayed open after the call, fewer than 10 at once" in finding.seen


@pytest.fixture
def _collected_by_hand():
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_collected_by_hand")
def test_c9_streams_that_an_async_app_leaves_to_the_garbage_collector_fail():
    client, numbers = gpt_async(), count(1)

    async def first_words(question):
        if next(numbers) % 3 == 0:
            gc.collect()  # so that no more than three are ever open at once
        stream = await client.chat.completions.create(
            model=SECOND_MODEL, messages=talk(question), stream=True
        )
        shown = ""
        async for chunk in stream:
            shown += chunk.choices[0].delta.content or ""
            if len(shown) > 20:
                break
        return shown

    with outage() as chaos:
        run = chaos.replay(first_words, calls=40, every="1m").run
    finding = pool_is_not_exhausted()(run)
    assert finding.verdict == "fail"
    assert finding.seen.endswith("open when their calls had ended, most of them to openai")


@pytest.mark.parametrize("fault", [cut_stream(), stall_mid_stream()], ids=repr)
def test_streams_that_break_and_are_closed_pass(fault):
    finding = found(pool_is_not_exhausted(), stream_claude, fault)
    assert finding.verdict == "pass"
    assert finding.seen == "20 streams broke off and closed again"


def test_a_call_that_waited_for_a_connection_in_vain_fails():
    def full(question):
        try:
            return ask_once(question)
        except Exception as error:
            raise RuntimeError("cannot answer") from httpx2.PoolTimeout(str(error))

    finding = found(pool_is_not_exhausted(), full, overloaded())
    assert finding.verdict == "fail"
    assert finding.seen == "call 10 found no connection: PoolTimeout"


def test_it_is_not_applicable_where_no_stream_broke():
    assert found(pool_is_not_exhausted(), ask_once, overloaded()).verdict == "not applicable"


def test_a_limit_is_a_whole_number():
    with pytest.raises(UsageError, match="whole number"):
        pool_is_not_exhausted(open_streams=0)
