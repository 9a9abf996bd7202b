"""litellm's Router keeps a deployment out for its cooldown, whose clock is native since 1.110."""

import asyncio
import time
import warnings

import pytest
from support.libraries import library

from chaos_llm import outage
from chaos_llm.faults import rate_limited, server_error

# Its own types raise warnings of pydantic's, and its clients are closed by the collector.
pytestmark = pytest.mark.filterwarnings("ignore")
with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
    warnings.simplefilter("ignore")
    patch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # otherwise it fetches prices from GitHub
    litellm = library("litellm")

EVERY, COOLDOWN = 15, 60
HI = [{"role": "user", "content": "hi"}]
MODELS = [
    {"model_name": "main", "litellm_params": {"model": "anthropic/claude-sonnet-5-5"}},
    {"model_name": "second", "litellm_params": {"model": "openai/gpt-5.5"}},
]


@pytest.fixture
def make_router():
    def make():
        return litellm.Router(
            model_list=MODELS,
            fallbacks=[{"main": ["second"]}],
            num_retries=0,
            cooldown_time=COOLDOWN,
            allowed_fails=0,
        )

    return make


def requests(chaos):
    return [(exchange.at, exchange.provider) for exchange in chaos.journal]


def requests_with_cooldown(seconds):
    """The providers that get requests, with times, if anthropic's first answer is an error."""
    times = range(EVERY, 120, EVERY)
    later = [(at, "openai" if at < seconds else "anthropic") for at in times]
    return [(0, "anthropic"), (0, "openai"), *later]


def test_a_deployment_gets_no_requests_during_its_cooldown(make_router):
    with outage() as chaos:
        router = make_router()
        chaos.on("anthropic").inject(server_error(), times=1)
        for _ in range(8):
            router.completion(model="main", messages=HI)
            time.sleep(EVERY)
        assert requests(chaos) == requests_with_cooldown(COOLDOWN)


def test_a_retry_after_sets_the_cooldown(make_router):
    with outage() as chaos:
        router = make_router()
        chaos.on("anthropic").inject(rate_limited(retry_after=30), times=1)
        for _ in range(8):
            router.completion(model="main", messages=HI)
            time.sleep(EVERY)
        assert requests(chaos) == requests_with_cooldown(30)


@pytest.mark.parametrize("on_aiohttp", [True, False], ids=["aiohttp", "httpx"])
def test_the_async_router_keeps_the_same_times(make_router, on_aiohttp, monkeypatch):
    monkeypatch.setattr(litellm, "disable_aiohttp_transport", not on_aiohttp)

    async def scene():
        router = make_router()
        for _ in range(8):
            await router.acompletion(model="main", messages=HI)
            await asyncio.sleep(EVERY)

    with outage() as chaos:
        chaos.on("anthropic").inject(server_error(), times=1)
        asyncio.run(scene())
        assert requests(chaos) == requests_with_cooldown(COOLDOWN)
