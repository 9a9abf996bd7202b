"""Apps on LlamaIndex."""

from __future__ import annotations

from gallery.exhibit import Exhibit, partial_outage
from llama_index.core.llms import ChatMessage
from llama_index.llms.openai import OpenAI

from chaos_llm.faults import cut_stream, server_error


def said(question: str) -> list[ChatMessage]:
    return [ChatMessage(role="user", content=question)]


def gpt(**options: object) -> OpenAI:
    return OpenAI(model="gpt-4o-mini", api_key="placeholder", **options)


# B05: a stream that just stops is taken for a whole answer


def stream(question: str) -> str:
    pieces = gpt(max_retries=0).stream_chat(said(question))
    return "".join(piece.delta or "" for piece in pieces)


def stream_to_its_end(question: str) -> str:
    text, end = "", None
    for piece in gpt(max_retries=0).stream_chat(said(question)):
        text += piece.delta or ""
        end = next((choice.finish_reason for choice in piece.raw.choices), end)
    return text if end == "stop" else ask(question, retries=0)


B05 = Exhibit(
    partial_outage(cut_stream(by="end"), on="openai"),
    bug=lambda: stream,
    fixed=lambda: stream_to_its_end,
)


# B26: max_retries is given to the SDK and to a decorator, and multiplies


def ask(question: str, retries: int = 3) -> str:
    return gpt(max_retries=retries).chat(said(question)).message.content


B26 = Exhibit(
    partial_outage(server_error(), on="openai", share=0.45, sticky_by="client", sticky_for=60),
    bug=lambda: ask,
    fixed=lambda: lambda question: ask(question, retries=1),
)
