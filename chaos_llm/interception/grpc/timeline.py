"""What a client's core sees of a reply, and when: headers, messages, and a status.

The statuses that no server sends, and their texts, are those of grpcio 1.85's core. Each was seen
on a real connection: to a server that closes, resets, leaves out what it should send or sends
pages, and to addresses that refuse, do not resolve or do not answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from chaos_llm.engine.http1 import ENDS, has_no_connection
from chaos_llm.journal.journal import End
from chaos_llm.protocol.grpc_wire import FrameReader, Metadata, Status, status_of
from chaos_llm.protocol.messages import Ending, Reply
from chaos_llm.protocol.strict_json import loads
from chaos_llm.providers.unserved import HEADER as UNSERVED

CONNECT_LIMIT = 20.0  # seconds: the core's own for one attempt to connect (MIN_CONNECT_TIMEOUT)
_ADDRESS = "ipv4:192.0.2.1:443"  # which the real one names; this one is for documentation
_NOT_CONNECTED = "failed to connect to all addresses; last error: "
_NO_CONNECTION = {
    Ending.REFUSED: f"{_NOT_CONNECTED}UNKNOWN: {_ADDRESS}: Failed to connect to remote host: "
    "Connection refused",
    Ending.CONNECT_TIMEOUT: f"{_NOT_CONNECTED}UNKNOWN: {_ADDRESS}: tcp handshaker shutdown",
    Ending.TLS_FAILED: f"{_NOT_CONNECTED}UNAVAILABLE: {_ADDRESS}: Handshake read failed "
    "(Socket closed)",
    Ending.UNRESOLVED: "errors resolving {target}: [field:hostname lookup error:address lookup "
    "failed for {target}: Domain name not found]",
}
_REMOVED = {
    Ending.CLOSED: "Stream removed (Socket closed)",
    Ending.RESET: "Stream removed (recvmsg:Connection reset by peer (104))",
}
_NO_TRAILERS = Status("UNKNOWN", "Stream removed (Data frame with END_STREAM flag received)")
_NO_STATUS = Status("UNKNOWN", "No status received")
# Of an HTTP status without a gRPC status: grpc/doc/http-grpc-status-mapping.md.
_OF_HTTP = {
    400: "INTERNAL",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "UNIMPLEMENTED",
    429: "UNAVAILABLE",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "UNAVAILABLE",
}
_OF_HTTP2 = ("content-type", "content-length")


class Event(NamedTuple):
    """One thing that arrives, `pause` seconds after the one before.

    Headers where it has some, a message where it has one, else the status that ends the attempt.
    `end` is the journal's word for the ending; `connected` says whether a connection stood, and
    `is_final` that the core's own retries do not begin, as where a name does not resolve.
    """

    pause: float
    headers: Metadata | None = None
    message: bytes | None = None
    status: Status | None = None
    end: End = "complete"
    connected: bool = True
    is_final: bool = False


def timeline(reply: Reply, target: str, *, streams: bool) -> Iterator[Event]:
    """All that arrives of a reply; a silent one has no status, and the client will end it."""
    if has_no_connection(reply):
        pause = CONNECT_LIMIT if reply.ending is Ending.CONNECT_TIMEOUT else reply.wait
        status = Status("UNAVAILABLE", _NO_CONNECTION[reply.ending].replace("{target}", target))
        unresolved = reply.ending is Ending.UNRESOLVED
        yield Event(
            pause, status=status, end=ENDS[reply.ending], connected=False, is_final=unresolved
        )
    elif not reply.chunks and reply.ending is not Ending.COMPLETE:
        yield from _broken(reply, reply.wait)
    elif UNSERVED in reply.headers:
        yield Event(reply.wait, status=Status("UNIMPLEMENTED", _message(reply.body)))
    elif reply.status != 200 and status_of(reply) is None:
        code = _OF_HTTP.get(reply.status, "UNKNOWN")
        yield Event(
            reply.wait, status=Status(code, f"Received http2 header with status: {reply.status}")
        )
    else:
        yield from _frames(reply, streams=streams)


def _frames(reply: Reply, *, streams: bool) -> Iterator[Event]:
    """The events of frames; trailers are no part of the body on a real connection."""
    reader, status, pause = FrameReader(), status_of(reply), reply.wait
    begun = False
    for chunk in reply.chunks[:-1] if status else reply.chunks:
        pause += chunk.delay
        if not begun:
            # The headers come when the server begins to speak, before what its model says first.
            yield Event(reply.wait, headers=_headers(reply))
            begun, pause = True, pause - reply.wait
        for message in reader.feed(chunk.data):
            yield Event(pause, message=message)
            pause = 0.0
    if status is not None:
        pause += reply.chunks[-1].delay
        if streams or not reader.is_incomplete:  # else the core waits for the rest of a message
            yield Event(pause, status=status if begun else _alone(reply, status))
    elif reply.ending is not Ending.COMPLETE:
        yield from _broken(reply, pause)
    else:
        yield Event(pause, status=_NO_TRAILERS if reply.chunks else _NO_STATUS)


def _broken(reply: Reply, pause: float) -> Iterator[Event]:
    if reply.ending in _REMOVED:
        status = Status("UNAVAILABLE", _REMOVED[reply.ending])
        yield Event(pause, status=status, end=ENDS[reply.ending])


def _headers(reply: Reply) -> Metadata:
    pairs = ((name.lower(), value) for name, value in reply.headers)
    return tuple(pair for pair in pairs if pair[0] not in _OF_HTTP2)


def _alone(reply: Reply, status: Status) -> Status:
    """A status that comes without messages: what would be headers are trailers then."""
    return status._replace(trailers=_headers(reply) + status.trailers)


def _message(body: bytes) -> str:
    said = loads(body)
    return str(said["error"]["message"])
