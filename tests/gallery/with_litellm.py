"""Apps on LiteLLM's router, which retries and falls back for them."""

from __future__ import annotations

import os

from support.chat_messages import from_user

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # it asks GitHub for prices otherwise

import litellm
import openai
from gallery.exhibit import Exhibit, partial_outage
from litellm import Router
from support.small_profiles import MINUTE, profile_of, window

from chaos_llm.faults import cut_stream, empty_answer, overloaded, rate_limited, server_error
from chaos_llm.profiles.model import Target

CLAUDE, GPT = "anthropic/claude-sonnet-5-5", "openai/gpt-5.5"


def group(name: str, *models: str) -> list[dict[str, object]]:
    return [{"model_name": name, "litellm_params": {"model": model}} for model in models]


def make_router(**options: object) -> Router:
    return Router(
        model_list=group("main", GPT) + group("second", CLAUDE),
        fallbacks=[{"main": ["second"]}],
        num_retries=0,
        disable_cooldowns=True,
        **options,
    )


# B01: a stream that breaks is nothing that the router falls back for


class Stream:
    def __init__(self) -> None:
        self.router = make_router()

    async def __call__(self, question: str) -> str:
        chunks = await self.router.acompletion(
            model="main", messages=from_user(question), stream=True
        )
        return "".join([c.choices[0].delta.content or "" async for c in chunks if c.choices])


class StreamOrAskTheSecond(Stream):
    async def __call__(self, question: str) -> str:
        try:
            return await super().__call__(question)
        except openai.APIError:
            answer = await self.router.acompletion(model="second", messages=from_user(question))
            return answer.choices[0].message.content


B01 = Exhibit(
    partial_outage(cut_stream(), server_error(), on="openai"),
    bug=Stream,
    fixed=StreamOrAskTheSecond,
)


# B02: an empty answer is a success


class Ask:
    def __init__(self) -> None:
        self.router = make_router()

    async def __call__(self, question: str) -> str:
        answer = await self.router.acompletion(model="main", messages=from_user(question))
        return answer.choices[0].message.content


class AskTheSecondIfEmpty(Ask):
    async def __call__(self, question: str) -> str:
        if text := await super().__call__(question):
            return text
        answer = await self.router.acompletion(model="second", messages=from_user(question))
        return answer.choices[0].message.content


B02 = Exhibit(
    partial_outage(empty_answer(), server_error(), on="openai"), bug=Ask, fixed=AskTheSecondIfEmpty
)


# B03: a group of several deployments is retried at once, whatever the provider says


class Group:
    def __init__(self, deployments: int) -> None:
        models = [
            {**deployment, "model_info": {"id": f"deployment {number}"}}
            for number, deployment in enumerate(group("main", *[GPT] * deployments))
        ]
        self.router = Router(model_list=models, num_retries=2, disable_cooldowns=True)

    async def __call__(self, question: str) -> str:
        answer = await self.router.acompletion(model="main", messages=from_user(question))
        return answer.choices[0].message.content


B03 = Exhibit(
    partial_outage(
        rate_limited(retry_after=5), on="openai", share=0.45, sticky_by="client", sticky_for=60
    ),
    bug=lambda: Group(2),
    fixed=lambda: Group(1),
)


# B04: a fallback inherits the primary's key, and sends it to the other vendor


async def ask_with_the_primarys_key(question: str) -> str:
    answer = await litellm.acompletion(
        model=GPT,
        api_key=os.environ["OPENAI_API_KEY"],
        messages=from_user(question),
        fallbacks=[{"model": CLAUDE}],
        num_retries=0,
        max_retries=0,
    )
    return answer.choices[0].message.content


async def ask_with_keys_of_their_own(question: str) -> str:
    answer = await litellm.acompletion(
        model=GPT,
        api_key=os.environ["OPENAI_API_KEY"],
        messages=from_user(question),
        fallbacks=[{"model": CLAUDE, "api_key": os.environ["ANTHROPIC_API_KEY"]}],
        num_retries=0,
        max_retries=0,
    )
    return answer.choices[0].message.content


B04 = Exhibit(
    partial_outage(overloaded(), on="openai"),
    bug=lambda: ask_with_the_primarys_key,
    fixed=lambda: ask_with_keys_of_their_own,
)


# B37: the only deployment of a group is asked by every call, however long it has been down


class RouterOfOneVendor:
    def __init__(self, **cooldown: object) -> None:
        self.router = Router(
            model_list=group("main", GPT) + group("second", "openai/gpt-5.4-mini"),
            fallbacks=[{"main": ["second"]}],
            num_retries=0,
            **cooldown,
        )

    async def __call__(self, question: str) -> str:
        answer = await self.router.acompletion(model="main", messages=from_user(question))
        return answer.choices[0].message.content


B37 = Exhibit(
    profile_of(window(overloaded(), on=Target("openai", model="gpt-5.5"), ends=20 * MINUTE)),
    bug=RouterOfOneVendor,
    fixed=lambda: RouterOfOneVendor(allowed_fails=0, cooldown_time=120),
)
