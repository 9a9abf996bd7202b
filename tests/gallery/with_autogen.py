"""Apps on AutoGen."""

from __future__ import annotations

import anthropic
import openai
from autogen_core.models import CreateResult, UserMessage
from autogen_ext.models.openai import OpenAIChatCompletionClient
from gallery.exhibit import Exhibit, partial_outage

from chaos_llm.faults import cut_stream, error_in_200, server_error

INFO = {
    "vision": False,
    "function_calling": True,
    "json_output": True,
    "family": "unknown",
    "structured_output": True,
}


def gpt() -> OpenAIChatCompletionClient:
    return OpenAIChatCompletionClient(model="gpt-5.5", model_info=INFO, max_retries=0)


# B05: a stream that just stops is taken for a whole answer


def said(question: str) -> list[UserMessage]:
    return [UserMessage(content=question, source="user")]


async def last_of(question: str) -> CreateResult:
    return [piece async for piece in gpt().create_stream(said(question))][-1]


async def stream(question: str) -> str:
    return (await last_of(question)).content


async def stream_to_its_end(question: str) -> str:
    last = await last_of(question)
    if last.finish_reason != "stop":
        last = await gpt().create(said(question))
    return last.content


B05 = Exhibit(
    partial_outage(cut_stream(by="end"), on="openai"),
    bug=lambda: stream,
    fixed=lambda: stream_to_its_end,
)


# B09: an error body with status 200 is a TypeError, and no error of the SDK's


async def ask_claude(question: str) -> str:
    async with anthropic.AsyncAnthropic(max_retries=0) as client:
        message = await client.messages.create(
            model="claude-sonnet-5-5",
            max_tokens=300,
            messages=[{"role": "user", "content": question}],
        )
    return message.content[0].text


def ask_or_fall_back(*errors: type[Exception]):
    async def ask(question: str) -> str:
        try:
            return (await gpt().create(said(question))).content
        except errors:
            return await ask_claude(question)

    return ask


B09 = Exhibit(
    partial_outage(error_in_200(), server_error(), on="openai"),
    bug=lambda: ask_or_fall_back(openai.APIError),
    fixed=lambda: ask_or_fall_back(openai.APIError, TypeError),
)
