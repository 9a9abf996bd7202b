"""What the wire formats share: pieces of text, ids, JSON replies and server-sent events."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from json.encoder import encode_basestring
from math import ceil

from chaos_llm.protocol.keyed_random import fingerprint
from chaos_llm.protocol.messages import Chunk, Completion, Document, Reply

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
TO_BASE58 = bytes(ord(_BASE58[byte % 58]) for byte in range(256))
_LONG_WORD, _SLICE = 24, 12

quote = encode_basestring  # JSON text as both vendors write it: UTF-8, not \u escapes
credential = lru_cache(maxsize=1024)(fingerprint)
# What stands for itself in JSON, and in a terminal: to delete it from bytes is the fastest way to
# see that there is nothing else.
PLAIN = bytes(letter for letter in range(0x20, 0x7F) if letter not in b'"\\')


def split(text: str) -> list[str]:
    """Cut a text into word-sized pieces; one without spaces, as compact JSON, into short slices."""
    if has_long_words(text):
        return [text[at : at + _SLICE] for at in range(0, len(text), _SLICE)]
    first, *others = text.split(" ")
    return [*([first] if first else ()), *(" " + word for word in others)]


def count_pieces(text: str) -> int:
    """How many pieces `split` makes, without making them: whole replies ask at every call."""
    if has_long_words(text):
        return ceil(len(text) / _SLICE)
    return text.count(" ") + (text[:1] not in {"", " "})


def pieces_of(answer: Completion) -> int:
    """How many pieces an answer has, text and tools' arguments together."""
    pieces = count_pieces(answer.text)
    if answer.reasoning:
        pieces += count_pieces(answer.reasoning.text)
    for call in answer.tool_calls:
        pieces += count_pieces(call.arguments)
    return pieces


def has_long_words(text: str) -> bool:
    """Whether a text without spaces, such as compact JSON, is cut within its words."""
    return len(text) > _LONG_WORD * (text.count(" ") + 1)


def base58(number: int, length: int) -> str:
    """A 256-bit draw as an id of at most 32 letters, at a tenth of the cost of drawing letters."""
    return number.to_bytes(32, "little").translate(TO_BASE58)[:length].decode()


def bearer(authorization: str) -> str:
    """Take the token out of an Authorization header; "" where there is none."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def text_of(content: object) -> str:
    """Join the text parts of a message's content, which may also be a plain string."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    texts = (part.get("text") for part in content if isinstance(part, dict))
    return "\n".join(text for text in texts if isinstance(text, str))


def last_prompt(messages: Sequence[object]) -> str:
    """Find the text of the last user message that has one.

    A tool's result may travel as a user message too, without text: what the user asked came before.
    """
    for message in reversed(messages):
        if isinstance(message, dict) and message.get("role") == "user":
            text = text_of(message.get("content"))
            if text:
                return text
    return ""


def seconds(value: float) -> str:
    """Write a Retry-After as providers do: whole seconds without a decimal point."""
    return str(int(value)) if value == int(value) else str(round(value, 3))


def event(name: str, data: str, *, content: bool = False) -> Chunk:
    """One server-sent event with a name."""
    return Chunk(0.0, f"event: {name}\ndata: {data}\n\n".encode("utf-8", "replace"), content)


def nameless_event(data: str, *, content: bool = False) -> Chunk:
    """One server-sent event that is data only."""
    return Chunk(0.0, f"data: {data}\n\n".encode("utf-8", "replace"), content)


def broken_at(chunks: Sequence[Chunk], after: float) -> list[Chunk]:
    """Keep a stream up to that share (0 to 1) of its content pieces, and what came before them."""
    places = [place for place, chunk in enumerate(chunks) if chunk.content]
    kept = round(after * len(places))
    if kept:
        return list(chunks[: places[kept - 1] + 1])
    return list(chunks[: places[0] if places else 1])


_FILLER = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def filler(said: str, longest: int = 16) -> str:
    """Letters that hide how long a chunk is, fewer behind longer ones.

    OpenAI's `obfuscation` and Mistral's `p`; how long they are for which length is assumed.
    """
    return _FILLER[: 1 + (longest - len(said)) % longest]


def placed(answer: Completion) -> Completion:
    """Convert a cut within the tools' arguments into one within the whole content."""
    broken = answer.broken_by
    called = sum(count_pieces(call.arguments) for call in answer.tool_calls)
    said = pieces_of(answer) - called
    if broken is None or broken.within != "tool" or not called:
        return answer
    told = min(max(1, round(broken.after * called)), called - 1)  # in the middle of the JSON
    after = (said + told) / (said + called)
    return replace(answer, broken_by=replace(broken, after=after, within="answer"))


EVENTS = "text/event-stream; charset=utf-8"
_UNCACHED = (("cache-control", "no-cache"),)


def sse_reply(
    headers: tuple[tuple[str, str], ...],
    chunks: Sequence[Chunk],
    ping: bytes = b"",
    media: str = EVENTS,
) -> Reply:
    """Reply with a stream of events; `ping` is what keeps a silent one open.

    It is not to be cached, unless the headers say more of that.
    """
    says_more = any(name == "cache-control" for name, _ in headers)
    head = (("content-type", media), *(() if says_more else _UNCACHED))
    pieces = sum(chunk.content for chunk in chunks)
    return Reply(200, (*head, *headers), tuple(chunks), streamed=True, pieces=pieces, ping=ping)


def json_reply(
    status: int, headers: tuple[tuple[str, str], ...], body: str, pieces: int = 0
) -> Reply:
    """Reply with JSON in one chunk; `content-length` stays the full body's if a fault cuts it."""
    data = body.encode("utf-8", "replace")
    head = (("content-type", "application/json"), ("content-length", str(len(data))))
    return Reply(status, head + headers, (Chunk(0.0, data, pieces > 0),), pieces=pieces)


def document_reply(document: Document, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """Reply with a document: JSON, a file, or nothing but headers as a redirect has them."""
    if document.content is not None:
        data, media = document.content, document.media
        told = (("content-type", media), ("content-length", str(len(data))))
        whole = (*told, *document.headers, *headers)
        return Reply(document.status, whole, (Chunk(0.0, data, True),), pieces=1)
    if document.json is None:
        head = (("content-length", "0"), *document.headers, *headers)
        return Reply(document.status, head, ())
    body = json.dumps(document.json, separators=(",", ":"), ensure_ascii=False)
    pieces = 1 if document.status < 400 else 0
    return json_reply(document.status, document.headers + headers, body, pieces)
