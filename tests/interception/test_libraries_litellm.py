"""litellm and instructor, unmodified: sync calls go through httpx, async ones through aiohttp."""

from __future__ import annotations

import asyncio
import os
from importlib.metadata import version

import pydantic
import pytest
from support.broken_connections import ends

from chaos_llm import outage
from chaos_llm.faults import cut_stream, hang, overloaded, reset_connection, stall_mid_stream

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else it fetches prices
litellm = pytest.importorskip("litellm")
openai = pytest.importorskip("openai")

# litellm's own warnings are not about chaos_llm.
pytestmark = pytest.mark.filterwarnings("default")

ASKED = {"messages": [{"role": "user", "content": "Where is order KX-48213?"}]}
MODELS = {"anthropic": "anthropic/claude-opus-4-6", "openai": "openai/gpt-5"}
provider = pytest.mark.parametrize("provider", MODELS)


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def ask(request):
    """`ask(provider)`: the text of a whole answer, or of a stream read to its end."""

    async def ask_async(options):
        answer = await litellm.acompletion(**options)
        if not options.get("stream"):
            return answer.choices[0].message.content
        return "".join([part.choices[0].delta.content or "" async for part in answer])

    def ask_sync(options):
        answer = litellm.completion(**options)
        if not options.get("stream"):
            return answer.choices[0].message.content
        return "".join(part.choices[0].delta.content or "" for part in answer)

    def ask(provider, **options):
        sent = {"model": MODELS[provider], "num_retries": 0} | ASKED | options
        return asyncio.run(ask_async(sent)) if request.param else ask_sync(sent)

    ask.is_async = request.param
    return ask


@provider
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_healthy_call_is_answered(ask, provider, stream):
    with outage() as chaos:
        assert "KX-48213" in ask(provider, stream=stream)
        (exchange,) = chaos.journal
    assert (exchange.status, exchange.stream, exchange.failed) == (200, stream, False)


@provider
def test_its_retries_survive_two_errors(ask, provider):
    with outage() as chaos:
        chaos.on(provider).inject(overloaded(), times=2)
        assert "KX-48213" in ask(provider, num_retries=2)
        assert len(chaos.journal) == 3


@provider
def test_lasting_overload_raises_its_own_exception(ask, provider):
    with outage() as chaos:
        chaos.on(provider).inject(overloaded())
        with pytest.raises((litellm.InternalServerError, litellm.ServiceUnavailableError)):
            ask(provider, num_retries=1)
        assert len(chaos.journal) >= 2


@provider
def test_its_time_limit_applies_in_virtual_time(ask, provider):
    with outage() as chaos:
        chaos.on(provider).inject(hang())
        with pytest.raises(litellm.Timeout):
            ask(provider, timeout=20, max_retries=0)
        assert chaos.now == pytest.approx(20.0, abs=1)
        assert ends(chaos) == ["timeout"]


@provider
def test_a_reset_connection_raises_its_own_exception(ask, provider):
    with outage() as chaos:
        chaos.on(provider).inject(reset_connection())
        with pytest.raises(litellm.InternalServerError, match=r"reset by peer|Connection error"):
            ask(provider, max_retries=0)
        assert set(ends(chaos)) == {"reset"}


@provider
def test_a_truncated_stream_raises_an_error(ask, provider):
    with outage() as chaos:
        chaos.on(provider).inject(cut_stream())
        with pytest.raises(litellm.exceptions.MidStreamFallbackError):
            ask(provider, stream=True, max_retries=0)
        assert ends(chaos) == ["closed"]


@provider
def test_a_stalled_stream_ends_with_an_error_in_virtual_time(ask, provider):
    """With a time-out where httpx reads it before LiteLLM 1.110, else with a broken stream."""
    with outage() as chaos:
        chaos.on(provider).inject(stall_mid_stream())
        broken = litellm.exceptions.MidStreamFallbackError
        with pytest.raises(broken if ask.is_async else (broken, litellm.Timeout)):
            ask(provider, stream=True, timeout=20, max_retries=0)
        assert chaos.now == pytest.approx(20.0, abs=1)
        assert ends(chaos) == ["timeout"]


class Order(pydantic.BaseModel):
    """The response model for instructor."""

    number: str
    parcels: int


class TestInstructor:
    @pytest.fixture
    def client(self):
        instructor = pytest.importorskip("instructor")
        return instructor.from_openai(openai.OpenAI(api_key="sk-test", max_retries=2))

    def test_a_healthy_call_returns_the_response_model(self, client):
        with outage() as chaos:
            found = client.chat.completions.create(model="gpt-5", response_model=Order, **ASKED)
            assert isinstance(found, Order)
            assert ends(chaos) == ["complete"]

    def test_it_survives_two_errors(self, client):
        with outage() as chaos:
            chaos.on("openai").inject(overloaded(), times=2)
            found = client.chat.completions.create(model="gpt-5", response_model=Order, **ASKED)
            assert isinstance(found, Order)
            assert len(chaos.journal) == 3

    def test_lasting_overload_raises_its_own_exception(self, client):
        core = pytest.importorskip("instructor.core")
        with outage() as chaos:
            chaos.on("openai").inject(overloaded())
            with pytest.raises(core.InstructorRetryException):
                client.chat.completions.create(model="gpt-5", response_model=Order, **ASKED)
            assert chaos.now > 0


def test_its_async_calls_use_aiohttp_by_default():
    """Otherwise these tests would prove nothing about aiohttp."""
    assert int(version("openai").split(".")[0]) < 3
    assert not litellm.disable_aiohttp_transport
    handlers = pytest.importorskip("litellm.llms.custom_httpx.http_handler")

    async def scene():
        return type(handlers.AsyncHTTPHandler().client._transport).__name__

    assert asyncio.run(scene()) == "LiteLLMAiohttpTransport"
