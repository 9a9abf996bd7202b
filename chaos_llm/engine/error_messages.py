"""The message of an error in a reply, as the journal keeps it."""

from __future__ import annotations

import json
from contextlib import suppress
from sys import intern
from typing import Any

from chaos_llm.protocol import websocket
from chaos_llm.protocol.grpc_wire import is_grpc, status_of
from chaos_llm.protocol.messages import Reply

_SHOWN_BYTES = 200  # of a body that is not JSON
_LONGEST = 2000  # letters of a message that the journal keeps


def error_message(reply: Reply) -> str:
    """The message of the error in a reply, cut at its longest, as one object for all equal ones."""
    return shortened(_full_message(reply))


def _full_message(reply: Reply) -> str:
    if is_grpc(reply):
        status = status_of(reply)
        return status.details if status else ""
    return _message_in_stream(reply) if reply.streamed else _message_in(reply.body)


def shortened(message: str) -> str:
    """The message, cut at its longest, as one object for all equal ones."""
    return intern(message if len(message) <= _LONGEST else f"{message[: _LONGEST - 1]}…")


def _message_in(body: bytes) -> str:
    """The text that a careless app would show: the error's message, or the page itself."""
    try:
        return _message(json.loads(body))
    except ValueError:
        return body[:_SHOWN_BYTES].decode("utf-8", "replace")


def _message_in_stream(reply: Reply) -> str:
    """The message of the error event that ended a stream, or the reason of a close frame."""
    if reply.websocket and reply.chunks and (closing := websocket.closing(reply.chunks[-1].data)):
        return closing[1]
    begins = (b"data:", b"{")  # an event, or a message of a websocket
    events = [
        line for line in reply.body.splitlines() if line.startswith(begins) and b"error" in line
    ]
    for event in reversed(events):
        with suppress(ValueError):
            if message := _message(json.loads(event.removeprefix(b"data:"))):
                return message
    return ""


def _message(error: Any) -> str:
    """The message in an error object, or in a response or an envelope that holds one."""
    if not isinstance(error, dict):
        return error if isinstance(error, str) else ""
    inner = error.get("error") or error.get("response")
    return _message(inner) or _message(error.get("message"))
