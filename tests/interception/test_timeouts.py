"""A client's own time limits apply in virtual time, at the exact instant."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from support.http_clients import each, streamed
from support.small_profiles import paced

from chaos_llm import outage
from chaos_llm.errors import HorizonReached
from chaos_llm.faults import (
    hang,
    latency,
    refuse_connection,
    reset_connection,
    slow_tokens,
    stall_mid_stream,
)

LIMIT = 7.25


@pytest.fixture
def client(http):
    return http.client(timeout=LIMIT)


def timed_out(http):
    return pytest.raises(http.module.ReadTimeout)


@pytest.mark.parametrize(
    "fault",
    [hang(), hang("10m"), latency(seconds=60), latency(seconds=LIMIT)],
    ids=["hang", "hang-ten-minutes", "latency", "latency-at-the-limit"],
)
def test_a_read_timeout_applies_before_the_headers(http, client, fault):
    with outage() as chaos:
        chaos.on("anthropic").inject(fault)
        with timed_out(http):
            http.ask(client)
        exchange = chaos.journal[0]
        assert chaos.now == LIMIT
    assert (exchange.end, exchange.at, exchange.until) == ("timeout", 0.0, LIMIT)


def test_an_answer_just_within_the_limit_arrives(http, client):
    with outage() as chaos:
        chaos.on("anthropic").inject(latency(seconds=LIMIT - 0.001))
        assert http.ask(client).status_code == 200
        assert chaos.now == pytest.approx(LIMIT - 0.001, abs=1e-6)


def test_a_read_timeout_applies_between_the_chunks_of_a_stream(http, client):
    chunks, begun = [], 2.0
    with outage(paced(first_token=begun)) as chaos:
        chaos.on("anthropic").inject(stall_mid_stream())
        with timed_out(http):
            http.read(chunks, client)
        assert chaos.now == begun + LIMIT
    assert chunks
    assert b"message_stop" not in chunks[-1]
    assert chaos.journal[0].end == "timeout"


def test_the_limit_applies_to_each_read_and_not_to_their_sum(http, client):
    with outage() as chaos:
        chaos.on("anthropic").inject(slow_tokens(LIMIT - 1))
        http.read([], client)
        assert chaos.now > 2 * LIMIT
    assert chaos.journal[0].end == "complete"


def test_each_client_and_each_request_has_its_own_limit(http):
    client = http.client(timeout=30)
    with outage() as chaos:
        chaos.on("anthropic").inject(hang())
        for limit, until in ((3, 3.0), (None, 33.0), (http.module.Timeout(1, read=5), 38.0)):
            options = {} if limit is None else {"timeout": limit}
            with timed_out(http):
                http.ask(client, **options)
            assert chaos.now == until


def test_without_a_given_limit_a_library_has_its_default(http):
    with outage() as chaos:
        chaos.on("anthropic").inject(hang())
        with timed_out(http):
            http.ask()
        assert chaos.now == 5.0


@pytest.mark.parametrize("fault", [hang(), stall_mid_stream()], ids=["hang", "stall"])
def test_no_limit_and_a_silent_provider_end_at_the_horizon(http, fault):
    """Nothing would ever wake such a client: the test ends with an error and does not hang."""
    client = http.client(timeout=None)
    swallowed = []

    async def scene():
        try:
            async with streamed(client) as response:
                async for _ in each(http.raw(response)):
                    pass
        except Exception as error:  # an app's own
            swallowed.append(error)

    with pytest.raises(HorizonReached, match="horizon"), outage() as chaos:
        chaos.clock.horizon = 3 * 86_400
        chaos.on("anthropic").inject(fault)
        http.run(scene())
    assert swallowed == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [(refuse_connection(), "ConnectError"), (reset_connection(), "ReadError")],
    ids=["refused", "reset"],
)
def test_a_broken_connection_takes_no_time(http, client, fault, error):
    with outage() as chaos:
        chaos.on("anthropic").inject(fault)
        with pytest.raises(getattr(http.module, error)):
            http.ask(client)
        assert chaos.now == 0.0


def test_a_client_without_a_time_out_that_waits_for_ever_is_said_to_be_one():
    waits = pytest.raises(HorizonReached, match="a request without a time-out waits for an answer")
    with waits, outage() as chaos:
        chaos.on("anthropic").inject(hang())
        httpx.Client(timeout=None).get("https://api.anthropic.com/v1/models")


def ask_and_wait_for_ever():
    httpx.Client(timeout=None).get("https://api.anthropic.com/v1/models")


async def ask_and_wait_for_ever_async():
    await httpx.AsyncClient(timeout=None).get("https://api.anthropic.com/v1/models")


@pytest.mark.parametrize(
    "asks",
    [ask_and_wait_for_ever, lambda: asyncio.run(ask_and_wait_for_ever_async())],
    ids=["sync", "async"],
)
def test_the_line_that_waits_for_ever_is_named(asks):
    line = r"test_timeouts\.py:\d+ \(ask_and_wait_for_ever"
    with pytest.raises(HorizonReached, match=line), outage() as chaos:
        chaos.on("anthropic").inject(hang())
        asks()
