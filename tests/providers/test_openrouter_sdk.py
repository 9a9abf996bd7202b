"""OpenRouter's own SDK: answers, streams, its retries and its classes of errors."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from chaos_llm import outage
from chaos_llm.faults import auth_expired, cut_stream, overloaded, rate_limited, server_error

openrouter = pytest.importorskip("openrouter")

KEY = f"sk-or-v1-{'0' * 64}"
SAID = {
    "model": "openai/gpt-5.2",
    "messages": [{"role": "user", "content": "Where is order KX-48213?"}],
}


@pytest.fixture
def client():
    with openrouter.OpenRouter(api_key=KEY) as client:
        yield client


def answer(client):
    return client.chat.send(**SAID).choices[0].message.content


def streamed(client):
    events = client.chat.send(stream=True, **SAID)
    deltas = [choice.delta.content or "" for event in events for choice in event.choices]
    return "".join(deltas)


@pytest.mark.parametrize("ask", [answer, streamed])
def test_an_answer_is_read_in_full(chaos, client, ask):
    assert "KX-48213" in ask(client)
    assert [exchange.provider for exchange in chaos.journal] == ["openrouter"]


def test_an_async_answer_is_read_too():
    async def scene():
        async with openrouter.OpenRouter(api_key=KEY) as client:
            return (await client.chat.send_async(**SAID)).choices[0].message.content

    with outage():
        assert "KX-48213" in asyncio.run(scene())


@pytest.mark.parametrize("fault", [overloaded(), server_error()], ids=repr)
def test_its_own_retry_waits_on_the_clock(chaos, client, fault):
    chaos.on("openrouter").inject(fault, times=1)
    assert "KX-48213" in answer(client)
    (pause,) = chaos.journal.gaps("openrouter")
    assert pause == pytest.approx(chaos.now)
    assert 0.1 < pause < 2.0


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        (rate_limited(retry_after=3), "TooManyRequestsResponseError"),
        (auth_expired(), "UnauthorizedResponseError"),
    ],
    ids=repr,
)
def test_a_refusal_is_its_own_error(chaos, client, fault, name):
    chaos.on("openrouter").inject(fault)
    with pytest.raises(openrouter.errors.OpenRouterError) as caught:
        answer(client)
    assert type(caught.value).__name__ == name
    assert len(chaos.journal) == 1  # it retries neither


def test_a_cut_stream_is_an_error_of_httpx(chaos, client):
    chaos.on("openrouter").inject(cut_stream())
    with pytest.raises(httpx.RemoteProtocolError):
        streamed(client)
