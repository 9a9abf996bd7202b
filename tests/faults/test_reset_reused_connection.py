from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import anthropic
import httpx
import openai
import pytest

from chaos_llm import outage
from chaos_llm.errors import Unsupported
from chaos_llm.faults import latency, overloaded, reset_reused_connection
from chaos_llm.protocol.messages import Ending

HEADERS = {"x-api-key": "k", "anthropic-version": "2023-06-01"}


def ask(client):
    return client.messages.create(
        model="claude-opus-4-6", max_tokens=10, messages=[{"role": "user", "content": "hi"}]
    )


def test_a_connection_that_carried_a_request_before_is_reset_soon(whole, fault_context):
    applied = reset_reused_connection().on_reply(whole, replace(fault_context, reused=True))
    assert (applied.chunks, applied.ending) == ((), Ending.RESET)
    assert 0.13 <= applied.wait < 0.25


def test_the_first_request_of_a_connection_passes(whole, fault_context):
    assert reset_reused_connection().on_reply(whole, replace(fault_context, reused=False)) is whole


def test_it_is_unsupported_where_reuse_is_unknown(whole, fault_context):
    with pytest.raises(Unsupported, match="not known which requests share a connection"):
        reset_reused_connection().on_reply(whole, fault_context)


def test_a_kept_client_is_reset_and_its_retry_opens_a_new_connection():
    with outage() as chaos:
        chaos.on("anthropic").inject(reset_reused_connection())
        client = anthropic.Anthropic()
        assert ask(client)
        assert ask(client)
    ends = [exchange.end for exchange in chaos.journal]
    assert ends == ["complete", "reset", "complete"]


def test_an_async_client_is_reset_only_in_sequential_requests():
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}

    async def scene():
        async with anthropic.AsyncAnthropic(max_retries=0) as client:
            await asyncio.gather(*(client.messages.create(**body) for _ in range(2)))
            with pytest.raises(anthropic.APIConnectionError):
                await client.messages.create(**body)

    with outage() as chaos:
        chaos.on("anthropic").inject(latency(seconds=1), reset_reused_connection())
        asyncio.run(scene())


def test_a_client_for_each_request_is_never_reset():
    with outage() as chaos:
        chaos.on("anthropic").inject(reset_reused_connection())
        for _ in range(3):
            assert ask(anthropic.Anthropic(max_retries=0))
    assert [exchange.applied for exchange in chaos.journal] == [()] * 3


def test_a_connection_is_kept_no_longer_than_its_pool_keeps_it():
    with outage() as chaos:
        chaos.on("anthropic").inject(reset_reused_connection())
        client = anthropic.Anthropic(max_retries=0)
        assert ask(client)
        time.sleep(5.1)  # httpx keeps an idle connection for five seconds
        assert ask(client)
        time.sleep(4.9)
        with pytest.raises(anthropic.APIConnectionError):
            ask(client)


def test_a_pool_without_kept_connections_is_never_reset():
    with outage() as chaos, httpx.Client(limits=httpx.Limits(max_keepalive_connections=0)) as kept:
        chaos.on("anthropic").inject(reset_reused_connection())
        for _ in range(2):
            kept.post("https://api.anthropic.com/v1/messages", json={})
    assert [exchange.end for exchange in chaos.journal] == ["complete"] * 2


def test_a_stream_that_was_not_read_to_its_end_takes_its_connection_along():
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    with outage() as chaos, httpx.Client(headers=HEADERS) as kept:
        chaos.on("anthropic").inject(reset_reused_connection())
        for _ in range(2):
            with kept.stream(
                "POST", "https://api.anthropic.com/v1/messages", json=body | {"stream": True}
            ) as response:
                next(response.iter_raw())
    assert [exchange.end for exchange in chaos.journal] == ["abandoned"] * 2


STREAM = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True}


def test_a_stream_of_openais_sync_client_takes_its_connection_along():
    with outage() as chaos:
        chaos.on("openai").inject(reset_reused_connection())
        client = openai.OpenAI(max_retries=0)
        for _ in range(2):
            assert list(client.chat.completions.create(**STREAM))
    assert [exchange.end for exchange in chaos.journal] == ["complete"] * 2


@pytest.mark.skipif(openai.__version__ < "3", reason="it reads on behind [DONE] since openai 3")
def test_a_stream_of_openais_async_client_leaves_its_connection_open():
    async def scene():
        async with openai.AsyncOpenAI(max_retries=0) as client:
            async for _ in await client.chat.completions.create(**STREAM):
                pass
            with pytest.raises(openai.APIConnectionError):
                await client.chat.completions.create(**STREAM)

    with outage() as chaos:
        chaos.on("openai").inject(reset_reused_connection())
        asyncio.run(scene())


def test_a_refusal_that_was_read_leaves_its_connection_open():
    with outage() as chaos:
        chaos.on("anthropic").inject(overloaded(), times=1)
        chaos.on("anthropic").inject(reset_reused_connection())
        client = anthropic.Anthropic(max_retries=1)
        with pytest.raises(anthropic.APIConnectionError):
            ask(client)
