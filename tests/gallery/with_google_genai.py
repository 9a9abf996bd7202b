"""Apps on Google's SDK."""

from __future__ import annotations

import time

from gallery.exhibit import Exhibit, partial_outage
from gallery.gpt import ask_gpt
from google import genai
from google.genai import errors, types

from chaos_llm.checks import stays_available
from chaos_llm.faults import cut_stream, rate_limited, server_error

GEMINI = "gemini-3.5-flash"


# B05: a stream that just stops is taken for a whole answer


def stream(question: str) -> str:
    client = genai.Client()
    chunks = client.models.generate_content_stream(model=GEMINI, contents=question)
    return "".join(chunk.text or "" for chunk in chunks)


def stream_to_its_end(question: str) -> str:
    client, text, end = genai.Client(), "", None
    for chunk in client.models.generate_content_stream(model=GEMINI, contents=question):
        text, end = text + (chunk.text or ""), chunk.candidates[0].finish_reason or end
    return text if end == types.FinishReason.STOP else ask_gpt(question)


B05 = Exhibit(
    partial_outage(cut_stream(by="end"), on="gemini"),
    bug=lambda: stream,
    fixed=lambda: stream_to_its_end,
)


# B22: the time to wait stands in the error's body, and nobody reads it there


def ask(question: str, attempts: int = 3) -> str:
    patiently = types.HttpRetryOptions(attempts=attempts, initial_delay=0.5, max_delay=8)
    client = genai.Client(http_options=types.HttpOptions(retry_options=patiently))
    return client.models.generate_content(model=GEMINI, contents=question).text


def ask_when_told(question: str) -> str:
    for _ in range(3):
        try:
            return ask(question, attempts=1)
        except errors.ClientError as error:
            if error.code != 429:
                raise
            time.sleep(told_to_wait(error))
    return ask_gpt(question)


def told_to_wait(error: errors.ClientError) -> float:
    details = error.details["error"]["details"]
    delays = [detail["retryDelay"] for detail in details if "retryDelay" in detail]
    return float(delays[0].removesuffix("s"))


B22 = Exhibit(
    partial_outage(rate_limited(retry_after=10), on="gemini"),
    bug=lambda: ask,
    fixed=lambda: ask_when_told,
)


# B30: nothing is retried unless one asks for it


def ask_with_the_defaults(question: str) -> str:
    client = genai.Client()
    return client.models.generate_content(model=GEMINI, contents=question).text


B30 = Exhibit(
    partial_outage(server_error(503), on="gemini"),
    bug=lambda: ask_with_the_defaults,
    fixed=lambda: ask,
    claims=(stays_available(0.95),),
)
