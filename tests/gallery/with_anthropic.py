"""Apps on Anthropic's own SDK, with nothing in between."""

from __future__ import annotations

import asyncio
import random
import time
from functools import partial

import anthropic
from gallery.claude import CLAUDE, ask_claude
from gallery.exhibit import Exhibit, partial_outage
from gallery.gpt import ask_gpt
from support.chat_messages import from_user

from chaos_llm.faults import (
    cut_stream,
    error_mid_stream,
    html_in_200,
    ping_only,
    rate_limited,
    server_error,
)

# B05: a stream that just stops is taken for a whole answer


def stream_claude(question: str) -> str:
    with anthropic.Anthropic(max_retries=0).messages.stream(
        model=CLAUDE, max_tokens=300, messages=from_user(question)
    ) as stream:
        return stream.get_final_message().content[0].text


def stream_claude_to_its_end(question: str) -> str:
    with anthropic.Anthropic(max_retries=0).messages.stream(
        model=CLAUDE, max_tokens=300, messages=from_user(question)
    ) as stream:
        message = stream.get_final_message()
    return message.content[0].text if message.stop_reason == "end_turn" else ask_gpt(question)


B05 = Exhibit(
    partial_outage(cut_stream(by="end")),
    bug=lambda: stream_claude,
    fixed=lambda: stream_claude_to_its_end,
)


# B06: an overload that is said in the stream has status 200, so nothing that looks for 5xx sees it

BUSY = (anthropic.InternalServerError, anthropic.RateLimitError, anthropic.APIConnectionError)


def fall_back_when_busy(question: str) -> str:
    try:
        return stream_claude(question)
    except BUSY:
        return ask_gpt(question)


def fall_back_on_any_error(question: str) -> str:
    try:
        return stream_claude(question)
    except anthropic.APIError:
        return ask_gpt(question)


B06 = Exhibit(
    partial_outage(error_mid_stream(after=0), server_error()),
    bug=lambda: fall_back_when_busy,
    fixed=lambda: fall_back_on_any_error,
)


# B07: the SDK sleeps as long as it is told, for an hour or a day


def ask_with_a_timeout(question: str) -> str:
    client = anthropic.Anthropic(timeout=20)
    message = client.messages.create(model=CLAUDE, max_tokens=300, messages=from_user(question))
    return message.content[0].text


def ask_and_do_not_wait(question: str) -> str:
    client = anthropic.Anthropic(timeout=20, max_retries=0)
    try:
        message = client.messages.create(model=CLAUDE, max_tokens=300, messages=from_user(question))
    except anthropic.APIError:
        return ask_gpt(question)
    return message.content[0].text


B07 = Exhibit(
    partial_outage(rate_limited(retry_after="1h")),
    bug=lambda: ask_with_a_timeout,
    fixed=lambda: ask_and_do_not_wait,
)


# B08: a web page with status 200 is returned as a string, and not refused


def fall_back_on_errors_of_claude(question: str) -> str:
    try:
        return ask_claude(question)
    except anthropic.APIError:
        return ask_gpt(question)


def fall_back_on_whatever_is_no_message(question: str) -> str:
    try:
        return ask_claude(question)
    except (anthropic.APIError, AttributeError):
        return ask_gpt(question)


B08 = Exhibit(
    partial_outage(html_in_200(), server_error()),
    bug=lambda: fall_back_on_errors_of_claude,
    fixed=lambda: fall_back_on_whatever_is_no_message,
)


# B10: keep-alives reset the time-out, so a stream that says nothing lasts as long as it likes


async def stream_claude_async(question: str) -> str:
    client = anthropic.AsyncAnthropic(timeout=10)
    async with client.messages.stream(
        model=CLAUDE, max_tokens=300, messages=from_user(question)
    ) as stream:
        return await stream.get_final_text()


async def stream_claude_for_at_most_20_seconds(question: str) -> str:
    try:
        async with asyncio.timeout(20):
            return await stream_claude_async(question)
    except (TimeoutError, anthropic.APIError):
        return await asyncio.to_thread(ask_gpt, question)


B10 = Exhibit(
    partial_outage(ping_only(45, every=5)),
    bug=lambda: stream_claude_async,
    fixed=lambda: stream_claude_for_at_most_20_seconds,
)


# B27: who is told to wait waits exactly so long, and all come back in one instant


async def summarise(question: str, *, jitter: bool = False) -> str:
    """Ask about twelve documents at the same time."""
    parts = [f"{question} Look it up in document {number}." for number in range(12)]
    ask_one = ask_and_come_back_later if jitter else ask_with_retries
    return "\n".join(await asyncio.gather(*[ask_one(part) for part in parts]))


async def ask_with_retries(question: str, retries: int = 2) -> str:
    client = anthropic.AsyncAnthropic(max_retries=retries)
    message = await client.messages.create(
        model=CLAUDE, max_tokens=300, messages=from_user(question)
    )
    return message.content[0].text


async def ask_and_come_back_later(question: str) -> str:
    for _ in range(2):
        try:
            return await ask_with_retries(question, retries=0)
        except anthropic.RateLimitError as error:
            shown = float(error.response.headers["retry-after"])
            await asyncio.sleep(shown * random.uniform(1, 2))
    return await ask_with_retries(question, retries=0)


B27 = Exhibit(
    partial_outage(rate_limited(retry_after=4), sticky_by="client", sticky_for=4),
    bug=lambda: summarise,
    fixed=lambda: partial(summarise, jitter=True),
)


# B31: the SDK's retries cover a 529, and not the same overload where a stream says it


def show_a_stream(question: str) -> str:
    with anthropic.Anthropic(max_retries=2).messages.stream(
        model=CLAUDE, max_tokens=300, messages=from_user(question)
    ) as stream:
        return stream.get_final_message().content[0].text


def show_a_stream_or_begin_it_again(question: str) -> str:
    for attempt in range(2):
        try:
            return show_a_stream(question)
        except anthropic.APIError:
            time.sleep(2**attempt * random.uniform(1, 2))
    return show_a_stream(question)


B31 = Exhibit(
    partial_outage(error_mid_stream(after=0), server_error(), share=0.4),
    bug=lambda: show_a_stream,
    fixed=lambda: show_a_stream_or_begin_it_again,
)


# B32: the SDK reads the arguments of a tool call that broke off as if they were whole

REFUND = {
    "name": "refund",
    "input_schema": {
        "type": "object",
        "properties": {"order": {"type": "string"}, "reason": {"type": "string"}},
        "required": ["order", "reason"],
    },
}


def refund(question: str, *, only_whole: bool) -> str:
    client, messages = anthropic.Anthropic(max_retries=0), from_user(question)
    asked = {"model": CLAUDE, "max_tokens": 300, "tools": [REFUND]}
    with client.messages.stream(messages=messages, **asked) as stream:
        message = stream.get_final_message()
    called = next((block for block in message.content if block.type == "tool_use"), None)
    if called is None or (only_whole and message.stop_reason != "tool_use"):
        return "We could not do that just now. Please ask again."
    done = {"type": "tool_result", "tool_use_id": called.id, "content": "refunded"}
    use = {"type": "tool_use", "id": called.id, "name": called.name, "input": called.input}
    turns = [{"role": "assistant", "content": [use]}, {"role": "user", "content": [done]}]
    return client.messages.create(messages=[*messages, *turns], **asked).content[0].text


B32 = Exhibit(
    partial_outage(cut_stream(by="end"), share=0.4),
    bug=lambda: partial(refund, only_whole=False),
    fixed=lambda: partial(refund, only_whole=True),
)
