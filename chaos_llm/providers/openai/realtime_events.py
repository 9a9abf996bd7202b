"""The events that OpenAI's Realtime API sends.

Fields are those of the types in OpenAI's SDK (openai.types.realtime); values are those of its
documentation. Lengths of ids are assumed where neither shows one.
"""

from __future__ import annotations

from typing import Any

from chaos_llm.protocol import websocket
from chaos_llm.protocol.messages import Chunk
from chaos_llm.providers.framing import base58
from chaos_llm.providers.openai.errors import OpenAIError
from chaos_llm.providers.provider import ReplyContext

_ID_LETTERS = 21


def new_id(prefix: str, reply_context: ReplyContext) -> str:
    """Draw an id."""
    return f"{prefix}_{base58(reply_context.rng.number(256), _ID_LETTERS)}"


def new_response(
    modalities: list[str], max_output_tokens: Any, reply_context: ReplyContext
) -> dict[str, Any]:
    """The fields of a response that are the same from its beginning to its end."""
    return {
        "object": "realtime.response",
        "id": new_id("resp", reply_context),
        "conversation_id": new_id("conv", reply_context),
        "output_modalities": modalities,
        "max_output_tokens": max_output_tokens or "inf",
        "metadata": None,
    }


def event(kind: str, reply_context: ReplyContext, *, content: bool = False, **fields: Any) -> Chunk:
    """One event; `content` marks a piece of the answer."""
    event_id = new_id("event", reply_context)
    return websocket.message({"type": kind, "event_id": event_id, **fields}, content=content)


def error(row: OpenAIError, reply_context: ReplyContext, client_event: str | None = None) -> Chunk:
    """The event that says what went wrong, after which the session goes on."""
    fields = {
        "type": row.type,
        "code": row.code,
        "message": row.message,
        "param": row.param,
        "event_id": client_event,
    }
    return event("error", reply_context, error=fields)


def expired(message: str, reply_context: ReplyContext) -> Chunk:
    """The event before a session is closed for its age; its type is assumed."""
    row = OpenAIError(400, "invalid_request_error", "session_expired", message)
    return error(row, reply_context)
