"""google-genai, unmodified: its async client uses aiohttp if that can be imported."""

from __future__ import annotations

import asyncio

import pytest
from support.broken_connections import ends

from chaos_llm import outage
from chaos_llm.faults import (
    cut_stream,
    hang,
    overloaded,
    refuse_connection,
    reset_connection,
    stall_mid_stream,
)

genai = pytest.importorskip("google.genai", minversion="3")
aiohttp = pytest.importorskip("aiohttp")

# It subclasses a class of aiohttp that warns about subclasses.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class:DeprecationWarning")

ASKED = {"model": "gemini-2.5-flash", "contents": "Where is order KX-48213?"}


def client(seconds=None, attempts=1):
    retry = genai.types.HttpRetryOptions(attempts=attempts)
    timeout = None if seconds is None else seconds * 1000
    return genai.Client(
        api_key="test", http_options=genai.types.HttpOptions(timeout=timeout, retry_options=retry)
    )


async def whole(own):
    async with own.aio as models:
        return (await models.models.generate_content(**ASKED)).text


async def stream(own, pieces):
    async with own.aio as models:
        async for piece in await models.models.generate_content_stream(**ASKED):
            pieces.append(piece.text or "")


def test_a_healthy_call_is_answered_over_aiohttp():
    with outage() as chaos:
        assert "KX-48213" in asyncio.run(whole(client()))
        assert ends(chaos) == ["complete"]


def test_a_healthy_stream_arrives_in_pieces():
    pieces = []
    with outage() as chaos:
        asyncio.run(stream(client(), pieces))
        assert ends(chaos) == ["complete"]
    assert len(pieces) > 3
    assert "KX-48213" in "".join(pieces)


def test_its_retries_survive_two_errors_in_virtual_time():
    with outage() as chaos:
        chaos.on("gemini").inject(overloaded(), times=2)
        assert "KX-48213" in asyncio.run(whole(client(attempts=3)))
        assert len(chaos.journal) == 3
        assert chaos.now > 1


def test_lasting_overload_raises_its_own_exception():
    with outage() as chaos:
        chaos.on("gemini").inject(overloaded())
        with pytest.raises(genai.errors.ServerError) as caught:
            asyncio.run(whole(client()))
    assert (caught.value.code, caught.value.status) == (503, "UNAVAILABLE")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (refuse_connection(), aiohttp.ClientConnectorError),
        (reset_connection(), aiohttp.ClientOSError),
        (hang("1s"), aiohttp.ServerDisconnectedError),
        (hang(), TimeoutError),
    ],
    ids=["refused", "reset", "closed", "silent"],
)
def test_a_broken_connection_raises_aiohttps_exception(fault, error):
    with outage() as chaos:
        chaos.on("gemini").inject(fault)
        with pytest.raises(error) as caught:
            asyncio.run(whole(client(seconds=20)))
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("fault", "error", "end"),
    [
        (cut_stream(), aiohttp.ClientPayloadError, "closed"),
        (cut_stream(by="reset"), aiohttp.ClientPayloadError, "reset"),
        (stall_mid_stream(), TimeoutError, "timeout"),
        (cut_stream(by="end"), None, "complete"),
    ],
    ids=["closed", "reset", "stalled", "ended"],
)
def test_a_stream_breaks_with_aiohttps_exception_or_silently(fault, error, end):
    pieces = []
    with outage() as chaos:
        chaos.on("gemini").inject(fault)
        if error is None:
            asyncio.run(stream(client(seconds=20), pieces))
        else:
            with pytest.raises(error) as caught:
                asyncio.run(stream(client(seconds=20), pieces))
            assert type(caught.value) is error
        assert ends(chaos) == [end]
    assert pieces
