"""How long a client waits for the next bytes of a reply, and with which exception a wait ends.

Pure: sync and async clients take the same steps and differ only in how they wait. The messages are
those of httpcore on Linux over TLS, of its sync and its asyncio backend; asyncio's is often empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from chaos_llm.journal.journal import End
from chaos_llm.protocol.messages import Ending, Reply

FOREVER = 1e9  # seconds; such a wait ends in HorizonReached, whose message says why
LAST_SYN = 131.0  # seconds until Linux gives up connecting (net.ipv4.tcp_syn_retries = 6)
# The message of a client's TLS when the peer hangs up; the line of _ssl.c is CPython 3.11's.
TLS_EOF = "[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol (_ssl.c:1006)"


class Failure(NamedTuple):
    """An exception of the client library by name, its messages, and the journal's name for it."""

    error: str
    text: str
    async_text: str
    end: End


class Step(NamedTuple):
    """Wait for `pause` seconds, then fail, or receive the data.

    `last` says that the body is complete with it, `ends_content` that all content has come.
    """

    pause: float
    data: bytes = b""
    failure: Failure | None = None
    last: bool = False
    ends_content: bool = False


AT_ONCE = Step(0.0)
_TIMEOUT = Failure("ReadTimeout", "The read operation timed out", "", "timeout")
_REFUSED = Failure(
    "ConnectError", "[Errno 111] Connection refused", "All connection attempts failed", "refused"
)
_NO_NAME = "[Errno -2] Name or service not known"
_UNRESOLVED = Failure("ConnectError", _NO_NAME, _NO_NAME, "refused")
_TLS_FAILED = Failure("ConnectError", TLS_EOF, "", "closed")
_NO_CONNECTION = {
    Ending.REFUSED: _REFUSED,
    Ending.UNRESOLVED: _UNRESOLVED,
    Ending.TLS_FAILED: _TLS_FAILED,
}
_CONNECT_TIMEOUT = Failure("ConnectTimeout", "timed out", "", "timeout")
_GAVE_UP = Failure(
    "ConnectError",
    "[Errno 110] Connection timed out",
    "All connection attempts failed",
    "timeout",
)

_RESET = Failure("ReadError", "[Errno 104] Connection reset by peer", "", "reset")
_DISCONNECTED = "Server disconnected without sending a response."
_NO_HEADERS = Failure("RemoteProtocolError", _DISCONNECTED, _DISCONNECTED, "closed")


def read_timeout(extensions: Any) -> float | None:
    """The client's limit for one read in seconds, from its request extensions; None for none."""
    seconds = (extensions.get("timeout") or {}).get("read")
    return None if seconds is None else float(seconds)


def connect_timeout(extensions: Any) -> float | None:
    """The client's limit for connecting in seconds, from the same extensions; None for none."""
    seconds = (extensions.get("timeout") or {}).get("connect")
    return None if seconds is None else float(seconds)


def pool_timeout(extensions: Any) -> float | None:
    """The client's limit for a free connection of its pool, in seconds; None for no limit."""
    seconds = (extensions.get("timeout") or {}).get("pool")
    return None if seconds is None else float(seconds)


def headers_step(reply: Reply, limit: float | None, connect: float | None = None) -> Step:
    """The wait for the connection and the status line, within the client's limits for both."""
    if reply.chunks and not reply.wait and limit != 0:
        return AT_ONCE
    if not reply.chunks and reply.ending is not Ending.COMPLETE:
        return _nothing_comes(reply, limit, connect)
    if limit is not None and reply.wait >= limit:
        return Step(limit, failure=_TIMEOUT)
    return Step(reply.wait)


def _nothing_comes(reply: Reply, limit: float | None, connect: float | None) -> Step:
    """The wait for headers that never come.

    The order of the cases is that of a request: name and connection first, then the read.
    """
    if reply.ending is Ending.CONNECT_TIMEOUT:
        if connect is not None and connect < LAST_SYN:
            return Step(connect, failure=_CONNECT_TIMEOUT)
        return Step(LAST_SYN, failure=_GAVE_UP)
    if reply.ending in _NO_CONNECTION:
        return Step(reply.wait, failure=_NO_CONNECTION[reply.ending])
    if reply.ending is Ending.SILENT:
        return _silence(limit)
    if limit is not None and reply.wait >= limit:
        return Step(limit, failure=_TIMEOUT)
    failure = _RESET if reply.ending is Ending.RESET else _NO_HEADERS
    return Step(reply.wait, failure=failure)


def body_steps(reply: Reply, limit: float | None) -> Iterator[Step]:
    """The wait for each chunk, then the ending."""
    complete = reply.ending is Ending.COMPLETE and not missing_bytes(reply)
    final = len(reply.chunks) if complete else 0
    content = max((number for number, c in enumerate(reply.chunks, 1) if c.content), default=0)
    for number, chunk in enumerate(reply.chunks, 1):
        if limit is not None and chunk.delay >= limit:
            yield Step(limit, failure=_TIMEOUT)
            return
        yield Step(chunk.delay, chunk.data, None, number == final, number == content)
    if reply.ending is Ending.RESET:
        yield Step(0.0, failure=_RESET)
    elif reply.ending is Ending.SILENT:
        yield _silence(limit)
    elif not complete:
        yield Step(0.0, failure=_cut_short(reply))


def comes_at_once(reply: Reply) -> bool:
    """Whether the whole body arrives with the headers, so that nothing has to be waited for."""
    if reply.streamed or reply.ending is not Ending.COMPLETE:
        return False
    for chunk in reply.chunks:
        if chunk.delay:
            return False
    return not missing_bytes(reply)


def missing_bytes(reply: Reply) -> int:
    """How many of the bytes in its content-length the body lacks, as in a replay of a cut body."""
    declared = _declared(reply)
    return 0 if declared is None else max(0, declared - _length(reply))


def _declared(reply: Reply) -> int | None:
    for name, value in reply.headers:
        if name.lower() == "content-length":
            return int(value) if value.isdecimal() else None
    return None


def _length(reply: Reply) -> int:
    return sum([len(chunk.data) for chunk in reply.chunks])


def _cut_short(reply: Reply) -> Failure:
    """A connection that is closed in the middle of a body, in h11's words."""
    declared = _declared(reply)
    how = (
        "incomplete chunked read"
        if declared is None
        else f"received {_length(reply)} bytes, expected {declared}"
    )
    text = f"peer closed connection without sending complete message body ({how})"
    return Failure("RemoteProtocolError", text, text, "closed")


def _silence(limit: float | None) -> Step:
    return Step(FOREVER if limit is None else limit, failure=_TIMEOUT)
