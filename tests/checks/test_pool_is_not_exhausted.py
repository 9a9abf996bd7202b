"""`pool_is_not_exhausted` finds connections that are never returned to their pool."""

from __future__ import annotations

import asyncio
import gc
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from threading import Thread

import anthropic
import httpx2
import pytest
from support.apps.bots import MODEL, SECOND_MODEL, ask_async, ask_once, claude
from support.apps.defended import ask_gpt, gpt_async
from support.apps.failover import found, stream_claude, talk

from chaos_llm import outage
from chaos_llm.checks import pool_is_not_exhausted
from chaos_llm.errors import UsageError
from chaos_llm.faults import cut_stream, hang, overloaded, stall_mid_stream


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


def joined(patience, **client):
    """An app that asks in a thread, and leaves it behind when its patience is over."""

    def app(question):
        answers = []

        def work():
            with suppress(anthropic.APIError):
                answers.append(ask_once(question, **client))

        thread = Thread(target=work, daemon=True)
        thread.start()
        thread.join(patience)
        if not answers:
            raise TimeoutError
        return answers[0]

    return app


def in_a_pool(size):
    pool = ThreadPoolExecutor(size)
    return lambda question: pool.submit(ask_once, question).result(10)


def left_tasks():
    kept = []

    async def app(question):
        task = asyncio.create_task(ask_async(question))
        kept.append(task)
        done, _ = await asyncio.wait({task}, timeout=10)
        if not done:
            raise TimeoutError
        return task.result()

    return app


OFTEN = {"every": "30s", "warmup": "10m", "recovery": "20m"}


@pytest.mark.parametrize(
    "app",
    [joined(10), in_a_pool(32), left_tasks()],
    ids=["threads", "an executor", "tasks"],
)
def test_requests_that_pile_up_behind_failed_calls_fail(app):
    finding = found(pool_is_not_exhausted(), app, hang(), **OFTEN)
    assert finding.verdict == "fail"
    assert finding.seen == (
        f"{finding.seen.split()[0]} requests were at work at the same time for calls that had "
        "failed a minute ago or earlier, the first to anthropic in call 20"
    )
    assert int(finding.seen.split()[0]) >= 18


@pytest.mark.parametrize(
    "app",
    [joined(10, timeout=30), joined(30, timeout=20), in_a_pool(4), lambda q: joined(10)(q) or ""],
    ids=["ends soon", "awaited", "bounded", "rare"],
)
def test_requests_that_end_soon_or_are_bounded_do_not_fail(app, request):
    often = OFTEN | ({"every": "2m"} if request.node.callspec.id == "rare" else {})
    assert found(pool_is_not_exhausted(), app, hang(), **often).verdict == "not applicable"


def test_work_that_goes_on_for_calls_that_said_so_is_no_pile():
    """The user was promised an answer by mail, say."""

    def promised(question):
        try:
            return joined(10)(question)
        except TimeoutError:
            return "We shall send you the answer."

    finding = found(pool_is_not_exhausted(), promised, hang(), **OFTEN)
    assert finding.verdict == "not applicable"


def test_one_request_for_each_of_many_users_is_no_pile():
    finding = found(
        pool_is_not_exhausted(), joined(10), hang(), every="10m", users=12, warmup="10m"
    )
    assert finding.verdict == "not applicable"
