"""langchain's chat models, unmodified, with their own retries and fallbacks."""

from __future__ import annotations

import asyncio

import pytest
from support.broken_connections import ends

from chaos_llm import outage
from chaos_llm.faults import overloaded, stall_mid_stream

langchain_anthropic = pytest.importorskip("langchain_anthropic")
langchain_openai = pytest.importorskip("langchain_openai")
anthropic = pytest.importorskip("anthropic")
openai = pytest.importorskip("openai")

ASKED = "Where is order KX-48213?"
STORMS = {
    "anthropic": anthropic.InternalServerError,
    "openai": openai.InternalServerError,
}
provider = pytest.mark.parametrize("provider", STORMS)
is_async = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


def model(provider, **options):
    if provider == "anthropic":
        kind, name = langchain_anthropic.ChatAnthropic, "claude-opus-4-6"
    else:
        kind, name = langchain_openai.ChatOpenAI, "gpt-5"
    return kind(model=name, api_key="sk-test", **({"max_retries": 0} | options))


def ask(chat, *, is_async):
    answer = asyncio.run(chat.ainvoke(ASKED)) if is_async else chat.invoke(ASKED)
    return answer.text


@provider
@is_async
def test_a_healthy_call_is_answered(provider, is_async):
    with outage() as chaos:
        assert "KX-48213" in ask(model(provider), is_async=is_async)
        assert ends(chaos) == ["complete"]


@provider
def test_a_healthy_stream_arrives_in_pieces(provider):
    with outage():
        pieces = [piece.text for piece in model(provider).stream(ASKED)]
    assert len(pieces) > 3
    assert "KX-48213" in "".join(pieces)


@provider
@is_async
def test_its_retries_survive_two_errors_in_virtual_time(provider, is_async):
    with outage() as chaos:
        chaos.on(provider).inject(overloaded(), times=2)
        assert "KX-48213" in ask(model(provider, max_retries=2), is_async=is_async)
        assert len(chaos.journal) == 3
        assert chaos.now > 0


@provider
def test_lasting_overload_raises_the_vendors_exception(provider):
    with outage() as chaos:
        chaos.on(provider).inject(overloaded())
        with pytest.raises(STORMS[provider]):
            ask(model(provider), is_async=False)


def test_a_fallback_answers_for_a_provider_that_is_down():
    chat = model("anthropic").with_fallbacks([model("openai")])
    with outage() as chaos:
        chaos.on("anthropic").inject(overloaded())
        assert "KX-48213" in ask(chat, is_async=False)
        assert [exchange.provider for exchange in chaos.journal] == ["anthropic", "openai"]


def test_a_fallback_is_not_called_in_the_middle_of_a_stream():
    """After the first piece langchain raises the error unchanged."""
    chat, pieces = model("anthropic", timeout=20).with_fallbacks([model("openai")]), []
    with outage() as chaos:
        chaos.on("anthropic").inject(stall_mid_stream())
        with pytest.raises(Exception, match="timed out"):
            pieces.extend(piece.text for piece in chat.stream(ASKED))
        assert [exchange.provider for exchange in chaos.journal] == ["anthropic"]
        assert chaos.now == 20.0
