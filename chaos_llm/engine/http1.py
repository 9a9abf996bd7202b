"""A reply as the bytes of HTTP/1.1, for clients whose own parser reads them.

So a wrong length, a body cut in half and a stream without its terminator have the same effect on a
client as on a real connection.
"""

from __future__ import annotations

from operator import attrgetter
from typing import NamedTuple

from chaos_llm.engine.reply_timing import FOREVER, missing_bytes
from chaos_llm.journal.journal import End
from chaos_llm.protocol.messages import Ending, Reply
from chaos_llm.protocol.reason_phrases import PHRASES

_new = tuple.__new__  # makes a Frame in one call instead of two, for each piece of a stream
_delay = attrgetter("delay")
# Endings that a client meets before there is a connection.
_WITHOUT_CONNECTION = (
    Ending.REFUSED,
    Ending.UNRESOLVED,
    Ending.CONNECT_TIMEOUT,
    Ending.TLS_FAILED,
)

# The journal's name for each ending. A silent reply has none: the client ends it.
ENDS: dict[Ending, End] = {
    Ending.COMPLETE: "complete",
    Ending.CLOSED: "closed",
    Ending.RESET: "reset",
    Ending.REFUSED: "refused",
    Ending.UNRESOLVED: "refused",
    Ending.CONNECT_TIMEOUT: "timeout",
    Ending.TLS_FAILED: "closed",
}


class Frame(NamedTuple):
    """Bytes of a connection, the pause before them in seconds, and on the last frame the ending."""

    pause: float
    data: bytes
    ending: Ending | None = None


def has_no_connection(reply: Reply) -> bool:
    """Whether the reply is a failure to connect."""
    return not reply.chunks and reply.ending in _WITHOUT_CONNECTION


def frames(reply: Reply) -> tuple[Frame, ...]:
    """The reply's bytes, from the status line to its ending."""
    if not reply.chunks and reply.ending is not Ending.COMPLETE:
        return (_end(reply.ending, reply.wait),)
    head = _Head(reply)
    sent = [Frame(reply.wait, head.text)]
    for delay, data, _ in reply.chunks:
        framed = _as_chunk(data) if head.chunked else data
        if reply.streamed or delay:
            sent.append(_new(Frame, (delay, framed, None)))
        else:  # a reply that is not streamed is sent in one piece
            sent[-1] = Frame(sent[-1].pause, sent[-1].data + framed)
    if reply.ending is Ending.COMPLETE and not missing_bytes(reply):
        pause, data, _ = sent.pop()
        terminator = b"0\r\n\r\n" if head.chunked else b""
        return (*sent, Frame(pause, data + terminator, Ending.COMPLETE))
    return (*sent, _end(Ending.CLOSED if reply.ending is Ending.COMPLETE else reply.ending, 0.0))


def at_once(reply: Reply) -> bytes | None:
    """All bytes of a complete reply without a pause; None for any other reply."""
    chunks = reply.chunks
    if reply.wait or reply.ending is not Ending.COMPLETE or max(map(_delay, chunks), default=0.0):
        return None
    if missing_bytes(reply):
        return None
    head, data = _Head(reply), [c.data for c in chunks if c.data]
    if not head.chunked:
        return b"".join([head.text, *data])
    framed = [b"%x\r\n%b\r\n" % (len(each), each) for each in data]
    return b"".join([head.text, *framed, b"0\r\n\r\n"])


def _end(ending: Ending, pause: float) -> Frame:
    return Frame(FOREVER if ending is Ending.SILENT else pause, b"", ending)


def _as_chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data) if data else b""  # an empty chunk ends the body


_FRAMING = frozenset(("content-length", "transfer-encoding"))
_NO_LINE_ENDS = {ord(sign): " " for sign in "\r\n\0"}


class _Head:
    """Status line and headers; `chunked` if the body has the chunked transfer encoding."""

    def __init__(self, reply: Reply) -> None:
        lines = [f"{name}: {value}" for name, value in reply.headers]
        if not "".join(lines).isprintable():
            # A value may come from the request, such as a model's name: it must not end its line.
            lines = [line.translate(_NO_LINE_ENDS) for line in lines]
        names = reply.header_names
        self.chunked = "transfer-encoding" in names
        if names.isdisjoint(_FRAMING):
            self.chunked = reply.streamed or bool(reply.body)
            lines.append("transfer-encoding: chunked" if self.chunked else "content-length: 0")
        status = f"HTTP/1.1 {reply.status} {PHRASES.get(reply.status, '')}"
        self.text = "\r\n".join([status, *lines, "", ""]).encode()
