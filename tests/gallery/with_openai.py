"""Apps on OpenAI's own SDK, with nothing in between."""

from __future__ import annotations

import asyncio

import openai
from gallery.claude import ask_claude
from gallery.exhibit import Exhibit, partial_outage
from gallery.gpt import GPT, ask_gpt
from support.chat_messages import from_user

from chaos_llm.checks import never_waits_past
from chaos_llm.faults import (
    cut_stream,
    error_in_200,
    hang,
    html_in_200,
    malformed_chunk,
    ping_only,
    server_error,
)

# B05: a stream that just stops is taken for a whole answer


def stream_gpt(question: str) -> str:
    chunks = openai.OpenAI(max_retries=0).chat.completions.create(
        model=GPT, messages=from_user(question), stream=True
    )
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def stream_gpt_to_its_end(question: str) -> str:
    text, end = "", None
    for chunk in openai.OpenAI(max_retries=0).chat.completions.create(
        model=GPT, messages=from_user(question), stream=True
    ):
        for choice in chunk.choices:
            text, end = text + (choice.delta.content or ""), choice.finish_reason or end
    return text if end == "stop" else ask_claude(question)


B05 = Exhibit(
    partial_outage(cut_stream(by="end"), on="openai"),
    bug=lambda: stream_gpt,
    fixed=lambda: stream_gpt_to_its_end,
)


# B08: a web page with status 200 is returned as a string, and not refused


def fall_back_on_errors_of_gpt(question: str) -> str:
    try:
        return ask_gpt(question)
    except openai.APIError:
        return ask_claude(question)


def fall_back_on_whatever_is_no_completion(question: str) -> str:
    try:
        return ask_gpt(question)
    except (openai.APIError, AttributeError, TypeError):
        return ask_claude(question)


B08 = Exhibit(
    partial_outage(html_in_200(), server_error(), on="openai"),
    bug=lambda: fall_back_on_errors_of_gpt,
    fixed=lambda: fall_back_on_whatever_is_no_completion,
)


# B09: an error body with status 200 is a completion without choices

B09 = Exhibit(
    partial_outage(error_in_200(), server_error(), on="openai"),
    bug=lambda: fall_back_on_errors_of_gpt,
    fixed=lambda: fall_back_on_whatever_is_no_completion,
)


# B10: keep-alives reset the time-out, so a stream that says nothing lasts as long as it likes


async def stream_gpt_async(question: str) -> str:
    stream = await openai.AsyncOpenAI(timeout=10).chat.completions.create(
        model=GPT, messages=from_user(question), stream=True
    )
    return "".join([c.choices[0].delta.content or "" async for c in stream if c.choices])


async def stream_gpt_for_at_most_20_seconds(question: str) -> str:
    try:
        async with asyncio.timeout(20):
            return await stream_gpt_async(question)
    except (TimeoutError, openai.APIError):
        return await asyncio.to_thread(ask_claude, question)


B10 = Exhibit(
    partial_outage(ping_only(45, every=5), on="openai"),
    bug=lambda: stream_gpt_async,
    fixed=lambda: stream_gpt_for_at_most_20_seconds,
)


# B11: a malformed event is a JSONDecodeError, and no error of the SDK's


def stream_gpt_or_fall_back(question: str) -> str:
    try:
        return stream_gpt_to_its_end(question)
    except openai.APIError:
        return ask_claude(question)


def stream_gpt_or_fall_back_on_bad_json_too(question: str) -> str:
    try:
        return stream_gpt_to_its_end(question)
    except (openai.APIError, ValueError):
        return ask_claude(question)


B11 = Exhibit(
    partial_outage(malformed_chunk(), server_error(), on="openai"),
    bug=lambda: stream_gpt_or_fall_back,
    fixed=lambda: stream_gpt_or_fall_back_on_bad_json_too,
)


# B28: a time-out is repeated, so timeout=10 means half a minute


def ask_gpt_for_ten_seconds(question: str, retries: int = 2) -> str:
    client = openai.OpenAI(timeout=10, max_retries=retries)
    completion = client.chat.completions.create(model=GPT, messages=from_user(question))
    return completion.choices[0].message.content


def ask_gpt_for_ten_seconds_in_all(question: str) -> str:
    try:
        return ask_gpt_for_ten_seconds(question, retries=0)
    except openai.APIError:
        return ask_claude(question)


B28 = Exhibit(
    partial_outage(hang(), on="openai"),
    bug=lambda: ask_gpt_for_ten_seconds,
    fixed=lambda: ask_gpt_for_ten_seconds_in_all,
    claims=(never_waits_past("15s"),),
)
