"""An app on an SDK of Mistral that leaves refused streams open."""

from __future__ import annotations

import os
from collections.abc import Callable

import httpx
from gallery.exhibit import Exhibit, partial_outage
from gallery.gpt import ask_gpt
from mistralai.client import Mistral
from mistralai.client.errors import MistralError
from mistralai.client.utils import BackoffStrategy, RetryConfig
from support.chat_messages import from_user

from chaos_llm.faults import cut_stream, server_error

MISTRAL = "mistral-large-latest"


# B40: a stream that is refused and asked for again stays open, until the pool is used up


class Stream:
    """All users share a client, with the pool of a small service."""

    def __init__(self, *hooks: Callable[[httpx.Response], None]) -> None:
        limits = httpx.Limits(max_connections=5)
        self.client = Mistral(
            api_key=os.environ["MISTRAL_API_KEY"],
            client=httpx.Client(limits=limits, timeout=10, event_hooks={"response": [*hooks]}),
            retry_config=RetryConfig("backoff", BackoffStrategy(1000, 4000, 2, 3000), False),
        )

    def __call__(self, question: str) -> str:
        try:
            with self.client.chat.stream(model=MISTRAL, messages=from_user(question)) as events:
                return "".join(event.data.choices[0].delta.content or "" for event in events)
        except (MistralError, httpx.RemoteProtocolError):
            return ask_gpt(question)


def read_refusals(response: httpx.Response) -> None:
    if response.is_error:
        response.read()  # which gives its connection back


B40 = Exhibit(
    partial_outage(server_error(), cut_stream(), on="mistral"),
    bug=Stream,
    fixed=lambda: Stream(read_refusals),
)
