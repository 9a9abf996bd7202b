"""Apps on a LiteLLM whose router continues broken streams, and that caches without extras."""

from __future__ import annotations

import os
from collections.abc import Callable

from support.chat_messages import from_user

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # it asks GitHub for prices otherwise

import litellm
from gallery.exhibit import Exhibit, partial_outage
from litellm import Router
from litellm.caching import Cache

from chaos_llm.faults import empty_answer, error_mid_stream

GROUPS = {"main": "openai/gpt-5.5", "second": "anthropic/claude-sonnet-5-5"}


# B38: an empty answer is cached, and outlives the outage

SORRY = "We cannot answer just now. Please ask again."


def ask_through_the_cache(question: str, **cache: bool) -> str:
    answer = litellm.completion(
        model=GROUPS["main"],
        messages=from_user(question),
        max_retries=0,
        caching=True,
        cache=cache,
    )
    return answer.choices[0].message.content


def answer_from_the_cache(question: str) -> str:
    return ask_through_the_cache(question) or SORRY


def answer_anew_if_empty(question: str) -> str:
    kept_or_fresh = ask_through_the_cache(question)
    return kept_or_fresh or ask_through_the_cache(question, **{"no-cache": True}) or SORRY


def with_an_empty_cache(app: Callable[[str], str]) -> Callable[[str], str]:
    litellm.cache = Cache(type="local", ttl=86400)
    return app


def every_other_one_again(call: int) -> str:
    """Half of the questions are new, and half were asked twenty minutes ago."""
    return f"Where is order KX-{1000 + (call if call % 2 else call % 40)}?"


B38 = Exhibit(
    partial_outage(empty_answer(), on="openai"),
    bug=lambda: with_an_empty_cache(answer_from_the_cache),
    fixed=lambda: with_an_empty_cache(answer_anew_if_empty),
    replay={"prompts": every_other_one_again, "recovery": "15m"},
)


# B39: what was said is put into the fallback's mouth, which newer models of Claude refuse


class Stream:
    def __init__(self, **fallbacks: object) -> None:
        self.router = Router(
            model_list=[
                {"model_name": name, "litellm_params": {"model": model}}
                for name, model in GROUPS.items()
            ],
            num_retries=0,
            disable_cooldowns=True,
            **fallbacks,
        )

    async def __call__(self, question: str) -> str:
        chunks = await self.router.acompletion(
            model="main", messages=from_user(question), stream=True
        )
        return "".join([c.choices[0].delta.content or "" async for c in chunks if c.choices])


class StreamOrBeginAnew(Stream):
    async def __call__(self, question: str) -> str:
        try:
            return await super().__call__(question)
        except (litellm.exceptions.APIError, litellm.exceptions.MidStreamFallbackError):
            answer = await self.router.acompletion(model="second", messages=from_user(question))
            return answer.choices[0].message.content


B39 = Exhibit(
    partial_outage(error_mid_stream(), on="openai"),
    bug=lambda: Stream(fallbacks=[{"main": ["second"]}]),
    fixed=StreamOrBeginAnew,
)
