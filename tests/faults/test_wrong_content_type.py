from __future__ import annotations

import asyncio

import pytest

from chaos_llm.faults import wrong_content_type


def test_the_bytes_stay_and_their_name_changes(whole, stream, fault_context):
    for reply in (whole, stream):
        applied = wrong_content_type().on_reply(reply, fault_context)
        assert dict(applied.headers)["content-type"] == "text/plain"
        assert (applied.body, len(applied.headers)) == (reply.body, len(reply.headers))


def test_the_same_content_type_has_no_effect(whole, fault_context):
    assert wrong_content_type("application/json").on_reply(whole, fault_context) == whole


def test_a_reply_without_a_content_type_is_unchanged(refused, fault_context):
    assert wrong_content_type().on_reply(refused, fault_context) == refused


def test_aiohttp_will_not_read_json_of_that_type(whole, fault_context):
    aiohttp = pytest.importorskip("aiohttp")
    web = pytest.importorskip("aiohttp.web")
    applied = wrong_content_type().on_reply(whole, fault_context)

    async def scene():
        async def serve(_):
            return web.Response(body=applied.body, headers=dict(applied.headers))

        runner = web.ServerRunner(web.Server(serve))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        address = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        try:
            async with aiohttp.ClientSession() as client, client.get(address) as response:
                await response.json()
        finally:
            await runner.cleanup()

    with pytest.raises(aiohttp.ContentTypeError):
        asyncio.run(scene())
