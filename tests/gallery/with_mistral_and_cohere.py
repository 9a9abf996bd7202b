"""Apps on the SDKs of Mistral and Cohere."""

from __future__ import annotations

import cohere
from gallery.exhibit import Exhibit, partial_outage
from gallery.gpt import ask_gpt
from mistralai.client import Mistral
from support.chat_messages import from_user

from chaos_llm.faults import cut_stream

MISTRAL, COMMAND = "mistral-large-latest", "command-a-03-2025"


# B05: a stream that just stops is taken for a whole answer


def stream_mistral(question: str) -> str:
    with Mistral() as client:
        events = client.chat.stream(model=MISTRAL, messages=from_user(question))
        return "".join(event.data.choices[0].delta.content or "" for event in events)


def stream_mistral_to_its_end(question: str) -> str:
    text, end = "", None
    with Mistral() as client:
        for event in client.chat.stream(model=MISTRAL, messages=from_user(question)):
            choice = event.data.choices[0]
            text, end = text + (choice.delta.content or ""), choice.finish_reason or end
    return text if end == "stop" else ask_gpt(question)


B05_MISTRAL = Exhibit(
    partial_outage(cut_stream(by="end"), on="mistral"),
    bug=lambda: stream_mistral,
    fixed=lambda: stream_mistral_to_its_end,
)


def stream_command(question: str) -> str:
    events = cohere.ClientV2().chat_stream(model=COMMAND, messages=from_user(question))
    return "".join(
        event.delta.message.content.text for event in events if event.type == "content-delta"
    )


def stream_command_to_its_end(question: str) -> str:
    text, end = "", None
    for event in cohere.ClientV2().chat_stream(model=COMMAND, messages=from_user(question)):
        if event.type == "content-delta":
            text += event.delta.message.content.text
        elif event.type == "message-end":
            end = event.delta.finish_reason
    return text if end == "COMPLETE" else ask_gpt(question)


B05_COHERE = Exhibit(
    partial_outage(cut_stream(by="end"), on="cohere"),
    bug=lambda: stream_command,
    fixed=lambda: stream_command_to_its_end,
)
