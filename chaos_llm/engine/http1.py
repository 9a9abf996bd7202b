"""A reply as the bytes of HTTP/1.1, for clients whose own parser reads them.

So a length that is wrong, a body cut in half and a stream without its terminator mean to a client
exactly what they mean on a wire.
"""

from __future__ import annotations

from operator import attrgetter
from typing import NamedTuple

from chaos_llm.engine.reply_timing import FOREVER, missing
from chaos_llm.journal.journal import End
from chaos_llm.protocol.messages import Ending, Reply
from chaos_llm.protocol.reason_phrases import PHRASES

LAST_SYN = 131.0  # seconds until Linux gives up connecting (net.ipv4.tcp_syn_retries = 6)
# What a client's TLS says when the peer hangs up; the line of _ssl.c is CPython 3.11's.
TLS_EOF = "[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol (_ssl.c:1006)"

_delay = attrgetter("delay")
_BEFORE_A_CONNECTION = (
    Ending.REFUSED,
    Ending.UNRESOLVED,
    Ending.CONNECT_TIMEOUT,
    Ending.TLS_FAILED,
)

# How the journal calls what the provider did; where it keeps silent, the client ends it.
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
    """Bytes of a connection, and the pause before them; the last frame has the ending."""

    pause: float
    data: bytes
    ending: Ending | None = None


def never_stands(reply: Reply) -> bool:
    """Whether the reply is that there is no connection to begin with."""
    return not reply.chunks and reply.ending in _BEFORE_A_CONNECTION


def frames(reply: Reply) -> tuple[Frame, ...]:
    """The reply's bytes, from the status line to its ending."""
    if not reply.chunks and reply.ending is not Ending.COMPLETE:
        return (_end(reply.ending, reply.wait),)
    head = _Head(reply)
    said = [Frame(reply.wait, head.text)]
    for delay, data, _ in reply.chunks:
        framed = _as_chunk(data) if head.chunked else data
        if reply.streamed or delay:
            said.append(Frame(delay, framed))
        else:  # an answer that is there as a whole is sent as a whole
            said[-1] = Frame(said[-1].pause, said[-1].data + framed)
    if reply.ending is Ending.COMPLETE and not missing(reply):
        pause, data, _ = said.pop()
        terminator = b"0\r\n\r\n" if head.chunked else b""
        return (*said, Frame(pause, data + terminator, Ending.COMPLETE))
    return (*said, _end(Ending.CLOSED if reply.ending is Ending.COMPLETE else reply.ending, 0.0))


def at_once(reply: Reply) -> bytes | None:
    """All bytes of a reply that comes whole and without a pause; None for any other."""
    chunks = reply.chunks
    if reply.wait or reply.ending is not Ending.COMPLETE or max(map(_delay, chunks), default=0.0):
        return None
    if missing(reply):
        return None
    head, data = _Head(reply), [c.data for c in chunks if c.data]
    if not head.chunked:
        return b"".join([head.text, *data])
    framed = [b"%x\r\n%b\r\n" % (len(each), each) for each in data]
    return b"".join([head.text, *framed, b"0\r\n\r\n"])


def _end(ending: Ending, pause: float) -> Frame:
    return Frame(FOREVER if ending is Ending.SILENT else pause, b"", ending)


def _as_chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data) if data else b""  # an empty one would end the body


class _Head:
    """Status line and headers, with what they say about the body's length."""

    def __init__(self, reply: Reply) -> None:
        lines = [f"{name}: {value}" for name, value in reply.headers]
        names = {name.lower() for name, _ in reply.headers}
        self.chunked = "transfer-encoding" in names
        if not names & {"content-length", "transfer-encoding"}:
            self.chunked = reply.streamed or bool(reply.body)
            lines.append("transfer-encoding: chunked" if self.chunked else "content-length: 0")
        status = f"HTTP/1.1 {reply.status} {PHRASES.get(reply.status, '')}"
        self.text = "\r\n".join([status, *lines, "", ""]).encode()
