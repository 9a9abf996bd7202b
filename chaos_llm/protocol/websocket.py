"""How a reply carries what is sent on a websocket: messages, and control frames.

A session takes two kinds of requests, which have methods of their own: the UPGRADE that opens it,
and each MESSAGE that the model is to answer. The chunks of their replies are messages, each with
END behind it, or control frames in the form that RFC 6455 gives them (5.5, unmasked). A message
without its END is cut off in the middle of its frame.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chaos_llm.protocol.messages import Chunk

UPGRADE, MESSAGE = "websocket upgrade", "websocket message"  # no client can send such a method
METHODS = (UPGRADE, MESSAGE)
SWITCHING_PROTOCOLS = 101
END = b"\n"  # behind a message; JSON text has no line break of its own
PING = b"\x89\x00"  # a ping frame without a payload
_CLOSE = 0x88  # FIN and the opcode of a close frame
_CODE_BYTES, _LONGEST_PAYLOAD = 2, 125  # of a control frame: RFC 6455, 5.5


def message(fields: dict[str, Any], *, content: bool = False, delay: float = 0.0) -> Chunk:
    """One message; `content` marks a piece of the answer."""
    text = json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
    return Chunk(delay, text.encode("utf-8", "replace") + END, content)


def close_frame(code: int, reason: str = "") -> bytes:
    """A close frame; a reason that is too long for one is cut."""
    reason_bytes = (
        reason.encode()[: _LONGEST_PAYLOAD - _CODE_BYTES].decode(errors="ignore").encode()
    )
    payload = code.to_bytes(_CODE_BYTES, "big") + reason_bytes
    return bytes((_CLOSE, len(payload))) + payload


def closing(frame: bytes) -> tuple[int, str] | None:
    """Code and reason of a close frame; None for anything else."""
    if frame[:1] != bytes((_CLOSE,)):
        return None
    return int.from_bytes(frame[2:4], "big"), frame[4:].decode()


def is_upgrade(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a request, with header names in lower case, asks for a websocket."""
    return (
        method == "GET"
        and headers.get("upgrade", "").lower() == "websocket"
        and "upgrade" in headers.get("connection", "").lower()
        and "sec-websocket-key" in headers
    )
