"""AWS's event stream: binary frames with headers, a payload and two checksums.

    total length | length of headers | CRC32 of both | headers | payload | CRC32 of all before

docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html has the layout.
"""

from __future__ import annotations

from struct import pack
from zlib import crc32

from chaos_llm.protocol.messages import Chunk, Reply

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_TEXT = 7  # the type of a header that is a string
_AROUND = 16  # bytes of a frame besides its headers and its payload
_PADDING = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def frame(headers: tuple[tuple[str, str], ...], payload: bytes) -> bytes:
    """One frame; botocore refuses it where a checksum is wrong."""
    head = b"".join(_header(name, value) for name, value in headers)
    lengths = pack("!II", len(head) + len(payload) + _AROUND, len(head))
    before = lengths + pack("!I", crc32(lengths)) + head + payload
    return before + pack("!I", crc32(before))


def _header(name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode()
    return pack("!B", len(key)) + key + pack("!BH", _TEXT, len(text)) + text


def event(kind: str, payload: str, *, content: bool = False) -> Chunk:
    """One event."""
    return _message("event", kind, payload, content=content)


def exception(kind: str, payload: str) -> Chunk:
    """One exception in mid-stream, which says after HTTP 200 what went wrong."""
    return _message("exception", kind, payload, content=False)


def _message(sort: str, kind: str, payload: str, *, content: bool) -> Chunk:
    headers = (
        (f":{sort}-type", kind),
        (":content-type", "application/json"),
        (":message-type", sort),
    )
    return Chunk(0.0, frame(headers, payload.encode("utf-8", "replace")), content)


def padding(payload: str) -> str:
    """The field `p` that hides an event's length; how long it is in which event is assumed."""
    return _PADDING[: 4 + 7 * len(payload) % 56]


def stream_reply(headers: tuple[tuple[str, str], ...], chunks: list[Chunk]) -> Reply:
    """Reply with a stream of frames."""
    head = (("content-type", CONTENT_TYPE), *headers)
    pieces = sum(chunk.content for chunk in chunks)
    return Reply(200, head, tuple(chunks), streamed=True, pieces=pieces)
