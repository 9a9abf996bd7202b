"""Apps on Pydantic AI."""

from __future__ import annotations

import anthropic
import openai
from gallery.exhibit import Exhibit, partial_outage
from pydantic_ai import Agent
from pydantic_ai.exceptions import AgentRunError
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.fallback import FallbackModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider

from chaos_llm.checks import retries_stay_under
from chaos_llm.faults import (
    empty_answer,
    error_mid_stream,
    html_in_200,
    rate_limited,
    server_error,
)


def claude(retries: int = 0) -> AnthropicModel:
    client = anthropic.AsyncAnthropic(max_retries=retries)
    return AnthropicModel("claude-sonnet-5-5", provider=AnthropicProvider(anthropic_client=client))


def gpt(retries: int = 0) -> OpenAIChatModel:
    client = openai.AsyncOpenAI(max_retries=retries)
    return OpenAIChatModel("gpt-5.5", provider=OpenAIProvider(openai_client=client))


async def ask(question: str) -> str:
    result = await Agent(FallbackModel(gpt(), claude())).run(question)
    return result.output


async def stream(question: str) -> str:
    async with Agent(FallbackModel(gpt(), claude())).run_stream(question) as result:
        return "".join([piece async for piece in result.stream_text(delta=True)])


# B12: FallbackModel covers the opening of a stream, and nothing behind it


async def stream_or_fall_back(question: str) -> str:
    try:
        return await stream(question)
    except AgentRunError:
        result = await Agent(claude()).run(question)
        return result.output


B12 = Exhibit(
    partial_outage(error_mid_stream(), server_error(), on="openai"),
    bug=lambda: stream,
    fixed=lambda: stream_or_fall_back,
)


# B13: the SDK's own retries come before FallbackModel sees the error


async def ask_with_the_clients_defaults(question: str) -> str:
    result = await Agent(FallbackModel(gpt(retries=2), claude())).run(question)
    return result.output


B13 = Exhibit(
    partial_outage(
        rate_limited(retry_after=2), on="openai", share=0.45, sticky_by="client", sticky_for=60
    ),
    bug=lambda: ask_with_the_clients_defaults,
    fixed=lambda: ask,
    claims=(retries_stay_under(1),),
)


# B14: an empty answer, or none at all, is no error that FallbackModel knows


async def ask_or_fall_back(question: str) -> str:
    try:
        result = await Agent(gpt(), retries=0).run(question)
    except AgentRunError:
        result = await Agent(claude()).run(question)
    return result.output


B14_EMPTY = Exhibit(
    partial_outage(
        empty_answer(), server_error(), on="openai", share=0.45, sticky_by="client", sticky_for=60
    ),
    bug=lambda: ask,
    fixed=lambda: ask_or_fall_back,
)

B14_HTML = Exhibit(
    partial_outage(html_in_200(), server_error(), on="openai"),
    bug=lambda: ask,
    fixed=lambda: ask_or_fall_back,
)
