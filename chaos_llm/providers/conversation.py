"""What conversations have in common in dialects that are not Anthropic's or OpenAI's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from chaos_llm.errors import Unsupported
from chaos_llm.protocol.messages import Chunk, Completion, ToolCall
from chaos_llm.providers.framing import broken_at, text_of
from chaos_llm.providers.provider import ReplyContext


def turns_of(messages: Sequence[object], field: str = "content") -> int:
    """Count the user's messages that have a text: a tool's result may travel as one without."""
    turns = 0
    for each in messages:
        if isinstance(each, dict) and each.get("role") == "user" and text_of(each.get(field)):
            turns += 1
    return turns


def continues_thread(body: Mapping[str, Any]) -> bool:
    """Whether a request of Anthropic's brings only what is new to a thread that the server holds.

    The messages before, the tools and the system prompt are the thread's: they are not sent again.
    """
    thread = body.get("thread")
    return isinstance(thread, dict) and thread.get("type") == "continue"


def arguments_of(call: ToolCall, api: str) -> dict[str, Any]:
    """Read a call's arguments for a dialect in which they are an object and never a text.

    Of arguments that the limit of tokens cut off, nothing is left.
    """
    if call.cut:
        return {}
    try:
        arguments = json.loads(call.arguments)
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        raise Unsupported(f"{api}: a tool's arguments are a JSON object here, never a text")
    return arguments


def broken(chunks: Sequence[Chunk], answer: Completion, opening: int = 0) -> list[Chunk]:
    """Keep the share of a stream that comes before the answer breaks.

    Of an empty answer only the chunks that open a stream remain.
    """
    assert answer.broken_by
    has_content = any(chunk.content for chunk in chunks)
    return broken_at(chunks, answer.broken_by.after) if has_content else list(chunks[:opening])


def insist_on_whole_calls(answer: object, api: str) -> None:
    """Refuse to break in the middle of a call where one comes in one piece."""
    at = answer.broken_by if isinstance(answer, Completion) else None
    if at and at.within == "tool":
        raise Unsupported(f"{api}: a tool call comes in one piece, with no place for an error")


def uuid(reply_context: ReplyContext) -> str:
    """Draw a random UUID."""
    return str(UUID(int=reply_context.rng.number(128), version=4))
