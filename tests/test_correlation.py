"""Which request belongs to which call."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
import uuid
from contextlib import ExitStack

import pytest
from support.waiting import slowness

from chaos_llm.requests.correlation import BACKGROUND_USER, NO_CALL, Correlation, OpenCall

PATH = "/v1/messages"


@pytest.fixture
def correlation():
    return Correlation()


def asked(correlation, body=b"{}", provider="anthropic", path=PATH):
    return correlation.key(provider, path, body)


def test_a_request_belongs_to_the_call_whose_context_it_is_made_in(correlation):
    with (
        correlation.calling(OpenCall(0, 1, "AB-11111")),
        correlation.calling(OpenCall(1, 2, "CD-22222")),
    ):
        key = asked(correlation, b"about AB-11111")
    assert (key.user, key.call) == (1, 2)


def test_requests_of_a_call_are_counted_for_each_provider_and_path(correlation):
    with correlation.calling(OpenCall(0, 1, "")):
        made = [
            asked(correlation),
            asked(correlation),
            asked(correlation, provider="openai"),
            asked(correlation, path="/v1/messages/count_tokens"),
            asked(correlation),
        ]
    assert [key.attempt for key in made] == [0, 1, 0, 0, 2]
    assert len(set(made)) == len(made)


def test_tasks_of_concurrent_calls_keep_their_own_calls(correlation):
    async def step(number):
        await asyncio.sleep(0)
        return asked(correlation)

    async def call(number):
        with correlation.calling(OpenCall(number, number, "")):
            both = await asyncio.gather(step(number), asyncio.create_task(step(number)))
        return {key.call for key in both}

    async def all_at_once():
        return await asyncio.gather(*(call(number) for number in range(5)))

    assert asyncio.run(all_at_once()) == [{0}, {1}, {2}, {3}, {4}]


def in_empty_context(function, *args):
    """What a thread that copies no context finds."""
    return contextvars.Context().run(function, *args)


def test_without_context_the_token_in_the_body_identifies_the_call(correlation):
    with (
        correlation.calling(OpenCall(0, 1, "AB-11111")),
        correlation.calling(OpenCall(1, 2, "CD-22222")),
    ):
        key = in_empty_context(asked, correlation, b'{"content": "order AB-11111"}')
    assert (key.user, key.call) == (0, 1)


def test_without_context_and_token_it_is_the_sole_open_call(correlation):
    with correlation.calling(OpenCall(0, 1, "AB-11111")):
        found = []
        thread = threading.Thread(target=lambda: found.append(asked(correlation)))
        thread.start()
        thread.join()
    assert found[0].call == 1


def test_the_sole_open_call_does_not_get_requests_of_an_earlier_one(correlation):
    with correlation.calling(OpenCall(0, 1, "AB-11111")):
        pass
    with correlation.calling(OpenCall(1, 2, "CD-22222")):
        refresh = in_empty_context(asked, correlation, b"again: AB-11111")
        unknown = in_empty_context(asked, correlation, b"a part number: XY-33333")
        both = in_empty_context(asked, correlation, b"after AB-11111: CD-22222")
    assert (refresh.call, unknown.call, both.call) == (NO_CALL, 2, 2)


@pytest.mark.parametrize("open_calls", [0, 2])
def test_a_request_of_an_unknown_call_is_background(correlation, open_calls):
    with ExitStack() as stack:
        for number in range(open_calls):
            stack.enter_context(correlation.calling(OpenCall(number, number, f"AB-1111{number}")))
        key = in_empty_context(asked, correlation, b"hello")
    assert (key.user, key.call) == (BACKGROUND_USER, NO_CALL)


def test_two_open_calls_with_one_token_are_not_distinguished_by_it(correlation):
    with (
        correlation.calling(OpenCall(0, 1, "AB-11111")),
        correlation.calling(OpenCall(1, 2, "AB-11111")),
    ):
        assert in_empty_context(asked, correlation, b"AB-11111").call == NO_CALL


def test_work_of_an_earlier_call_does_not_belong_to_the_next_one(correlation):
    with correlation.calling(OpenCall(0, 1, "AB-11111")):
        left_behind = contextvars.copy_context()
    with correlation.calling(OpenCall(0, 2, "CD-22222")):
        assert left_behind.run(asked, correlation, b"a summary of AB-11111").call == NO_CALL
        assert left_behind.run(asked, correlation, b"from a queue: CD-22222").call == 2


def test_a_worker_that_an_earlier_call_started_serves_prompts_without_tokens(correlation):
    with correlation.calling(OpenCall(0, 1, "")):
        worker = contextvars.copy_context()
    with correlation.calling(OpenCall(0, 2, "")):
        assert worker.run(asked, correlation, b"hello").call == 2


def body(words, **ids):
    return f"{words} {ids}".encode()


def test_background_requests_are_identified_by_words_and_not_by_ids_and_times(correlation):
    first = asked(correlation, body("ping", id=uuid.uuid4(), at="2026-03-02T11:37:00Z", n=17))
    second = asked(correlation, body("ping", id=uuid.uuid4(), at="2026-03-03T01:02:03Z", n=4211))
    other = asked(correlation, body("refresh", id=uuid.uuid4(), at="2026-03-02T11:37:00Z", n=17))
    assert first.content == second.content != other.content
    assert [first.attempt, second.attempt, other.attempt] == [0, 1, 0]


def test_only_both_ends_of_a_long_background_body_are_read(correlation):
    middle = [b"a" * 5000 + bytes([letter]) * 5000 + b"z" * 5000 for letter in b"xy"]
    ends = [b"a" * 5000 + b"x" * 5000 + bytes([letter]) * 5000 for letter in b"yz"]
    assert len({asked(correlation, each).content for each in middle}) == 1
    assert len({asked(correlation, each).content for each in ends}) == 2


def test_a_long_word_without_digits_is_read_once(correlation):
    before = time.process_time()
    for _ in range(20):
        asked(correlation, b"a" * 100_000)
    # Read once for each of its letters it takes more than ten times as long.
    assert time.process_time() - before < 0.5 * slowness()
