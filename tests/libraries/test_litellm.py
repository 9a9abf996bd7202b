"""litellm's Router keeps a deployment out for its cooldown, which reads `time.time`."""

import asyncio
import time
import warnings

import pytest
from known_libraries import library

from chaos_llm import outage
from chaos_llm.faults import server_error

# Its own types raise warnings of pydantic's, its clients are closed by the collector.
pytestmark = pytest.mark.filterwarnings("ignore")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    litellm = library("litellm")

MODELS = [
    {
        "model_name": "main",
        "litellm_params": {"model": "anthropic/claude-sonnet-5-5", "api_key": "k"},
    },
    {
        "model_name": "second",
        "litellm_params": {"model": "openai/gpt-5.5", "api_key": "k"},
    },
]
HI = [{"role": "user", "content": "hi"}]


@pytest.fixture
def router():
    litellm.suppress_debug_info = True
    return litellm.Router(
        model_list=MODELS,
        fallbacks=[{"main": ["second"]}],
        num_retries=0,
        cooldown_time=60,
        allowed_fails=0,
        disable_cooldowns=False,
    )


def test_a_deployment_is_left_alone_for_its_cooldown(router):
    with outage() as chaos:
        chaos.on("anthropic").inject(server_error(), times=1)
        for _ in range(8):
            router.completion(model="main", messages=HI)
            time.sleep(15)
        print([(e.at, e.provider, e.status) for e in chaos.journal])
        assert 0


def test_async(router):
    async def scene():
        for _ in range(8):
            await router.acompletion(model="main", messages=HI)
            await asyncio.sleep(15)

    with outage() as chaos:
        chaos.on("anthropic").inject(server_error(), times=1)
        asyncio.run(scene())
        print([(e.at, e.provider, e.status) for e in chaos.journal])
        assert 0
