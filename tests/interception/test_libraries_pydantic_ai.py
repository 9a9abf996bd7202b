"""pydantic-ai, unmodified, with its own fallback model and its own exceptions."""

from __future__ import annotations

import asyncio

import pytest

from chaos_llm import outage
from chaos_llm.faults import overloaded, stall_mid_stream

pydantic_ai = pytest.importorskip("pydantic_ai", minversion="2")
anthropic = pytest.importorskip("pydantic_ai.models.anthropic")
fallback = pytest.importorskip("pydantic_ai.models.fallback")
openai = pytest.importorskip("pydantic_ai.models.openai")

ASKED = "Where is order KX-48213?"
provider = pytest.mark.parametrize("provider", ["anthropic", "openai"])


def model(provider):
    if provider == "anthropic":
        return anthropic.AnthropicModel("claude-opus-4-6")
    return openai.OpenAIChatModel("gpt-5")


async def streamed(agent, pieces):
    async with agent.run_stream(ASKED) as answer:
        async for piece in answer.stream_text(delta=True, debounce_by=None):
            pieces.append(piece)


@provider
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_healthy_call_is_answered(provider, is_async):
    with outage():
        agent = pydantic_ai.Agent(model(provider))
        answer = asyncio.run(agent.run(ASKED)) if is_async else agent.run_sync(ASKED)
    assert "KX-48213" in answer.output


@provider
def test_a_healthy_stream_arrives_in_pieces(provider):
    pieces = []
    with outage():
        asyncio.run(streamed(pydantic_ai.Agent(model(provider)), pieces))
    assert len(pieces) > 3
    assert "KX-48213" in "".join(pieces)


@provider
def test_the_vendors_retries_survive_two_errors_in_virtual_time(provider):
    with outage() as chaos:
        chaos.on(provider).inject(overloaded(), times=2)
        answer = asyncio.run(pydantic_ai.Agent(model(provider)).run(ASKED))
        assert len(chaos.journal) == 3
        assert chaos.now > 0
    assert "KX-48213" in answer.output


@provider
def test_lasting_overload_raises_its_own_exception(provider):
    with outage() as chaos:
        chaos.on(provider).inject(overloaded())
        with pytest.raises(pydantic_ai.exceptions.ModelAPIError) as caught:
            asyncio.run(pydantic_ai.Agent(model(provider)).run(ASKED))
    assert caught.value.status_code == {"anthropic": 529, "openai": 503}[provider]


def test_a_fallback_answers_for_a_provider_that_is_down():
    with outage() as chaos:
        chaos.on("anthropic").inject(overloaded())
        agent = pydantic_ai.Agent(fallback.FallbackModel(model("anthropic"), model("openai")))
        assert "KX-48213" in asyncio.run(agent.run(ASKED)).output
        assert chaos.journal[-1].provider == "openai"


def test_a_stalled_stream_raises_its_own_exception():
    pieces = []
    with outage() as chaos:
        chaos.on("anthropic").inject(stall_mid_stream())
        with pytest.raises(pydantic_ai.exceptions.ModelAPIError):
            asyncio.run(streamed(pydantic_ai.Agent(model("anthropic")), pieces))
        assert chaos.now >= 600  # the SDK's own limit
    assert pieces
