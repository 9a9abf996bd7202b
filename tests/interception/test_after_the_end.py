"""A stream that is open when its outage ends fails like a broken connection."""

from __future__ import annotations

import asyncio

import anthropic
import pytest
from support.http_clients import BODY, HEADERS, MESSAGES, STREAMED

from chaos_llm import outage

SAYS = "belongs to an outage of chaos_llm that has ended"


def test_e_a_stream_of_httpx_fails_after_its_outage(http):
    async def scene(settle, each):
        with outage() as chaos:
            client = http.client()
            request = client.build_request("POST", MESSAGES, json=STREAMED, headers=HEADERS)
            response = await settle(client.send(request, stream=True))
            chunks = each(http.raw(response))
            assert await settle(anext(chunks))
            (exchange,) = chaos.journal
        with pytest.raises(http.module.ReadError, match=SAYS):
            async for _ in chunks:
                pass
        assert exchange.end == "abandoned"
        await settle(response.aclose() if http.is_async else response.close())

    _play(http, scene)


def test_bytes_read_before_the_end_stay_available(http):
    async def scene(settle, _each):
        with outage():
            response = await settle(http.client().post(MESSAGES, json=BODY, headers=HEADERS))
        assert response.json()["type"] == "message"

    _play(http, scene)


def _play(http, scene):
    async def settle(value):
        return await value if hasattr(value, "__await__") else value

    async def each(chunks):
        if http.is_async:
            async for chunk in chunks:
                yield chunk
        else:
            for chunk in chunks:
                yield chunk

    asyncio.run(scene(settle, each))


def test_e_a_stream_of_a_vendors_sdk_fails_after_its_outage():
    with outage():
        messages = [{"role": "user", "content": "Hi."}]
        stream = anthropic.Anthropic(max_retries=0).messages.create(
            model="claude-opus-4-6", max_tokens=99, messages=messages, stream=True
        )
        next(iter(stream))
    with pytest.raises(Exception, match=SAYS):
        list(stream)


def test_e_a_stream_of_urllib3_fails_after_its_outage():
    urllib3 = pytest.importorskip("urllib3")
    with outage() as chaos:
        pool = urllib3.PoolManager(retries=False)
        response = pool.request(
            "POST", MESSAGES, json=STREAMED, headers=HEADERS, preload_content=False
        )
        assert response.read(10)
        (exchange,) = chaos.journal
    with pytest.raises(urllib3.exceptions.ProtocolError, match=SAYS):
        response.read()
    assert exchange.end == "abandoned"


def test_e_a_stream_of_aiohttp_fails_after_its_outage():
    aiohttp = pytest.importorskip("aiohttp")

    async def scene():
        with outage() as chaos:
            session = aiohttp.ClientSession()
            chaos.on("anthropic")
            response = await session.post(MESSAGES, json=STREAMED, headers=HEADERS)
            assert await response.content.readany()
            (exchange,) = chaos.journal
        with pytest.raises(aiohttp.ClientError):
            while await response.content.readany():
                pass
        assert exchange.end == "abandoned"
        response.close()
        await session.close()

    asyncio.run(scene())
