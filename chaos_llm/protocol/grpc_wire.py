"""gRPC as bytes: its frames, its status codes, and the trailers behind the messages.

Replies of gRPC endpoints are in gRPC-Web's form, which has the trailers in the body, as a last
frame (grpc/doc/PROTOCOL-WEB.md). So they are replies like any other: faults cut, stall and lose
their frames as they do events. Such a reply has the HTTP status that google/rpc/code.proto gives to
its gRPC status, although gRPC always sends 200: journals and checks read all vendors alike.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable
from struct import Struct
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

from chaos_llm.protocol.messages import Chunk, Reply

CONTENT_TYPE = "application/grpc"

_HEADERS = (("content-type", CONTENT_TYPE),)
_HEAD = Struct(">BI")  # flags and length, before each frame's content
_TRAILERS = 0x80  # the flag of gRPC-Web's last frame
_PLAIN = "".join(map(chr, range(0x20, 0x7F))).replace("%", "")  # what grpc-message leaves as it is

Metadata = tuple[tuple[str, str | bytes], ...]


class Code(NamedTuple):
    """A gRPC status code, and the HTTP status that google/rpc/code.proto gives to it."""

    number: int
    http: int


CODES = {
    "OK": Code(0, 200),
    "CANCELLED": Code(1, 499),
    "UNKNOWN": Code(2, 500),
    "INVALID_ARGUMENT": Code(3, 400),
    "DEADLINE_EXCEEDED": Code(4, 504),
    "NOT_FOUND": Code(5, 404),
    "ALREADY_EXISTS": Code(6, 409),
    "PERMISSION_DENIED": Code(7, 403),
    "RESOURCE_EXHAUSTED": Code(8, 429),
    "FAILED_PRECONDITION": Code(9, 400),
    "ABORTED": Code(10, 409),
    "OUT_OF_RANGE": Code(11, 400),
    "UNIMPLEMENTED": Code(12, 501),
    "INTERNAL": Code(13, 500),
    "UNAVAILABLE": Code(14, 503),
    "DATA_LOSS": Code(15, 500),
    "UNAUTHENTICATED": Code(16, 401),
}
NAMES = {code.number: name for name, code in CODES.items()}


class Status(NamedTuple):
    """How a call ended: the name of its code, the text for people, and the trailing metadata."""

    code: str
    details: str = ""
    trailers: Metadata = ()

    @property
    def number(self) -> int:
        """The code as it is on the wire."""
        return CODES[self.code].number


def frame(message: bytes) -> bytes:
    """One message with gRPC's prefix: not compressed, and so long."""
    return _HEAD.pack(0, len(message)) + message


def trailer_frame(status: Status) -> bytes:
    """The last frame of a reply: a status and the trailing metadata, as lines."""
    pairs: list[tuple[str, str | bytes]] = [("grpc-status", str(status.number))]
    if status.details:
        pairs.append(("grpc-message", quote(status.details, safe=_PLAIN)))
    pairs += status.trailers
    lines = "".join(f"{name}:{_written(value)}\r\n" for name, value in pairs)
    return _HEAD.pack(_TRAILERS, len(lines)) + lines.encode("ascii", "replace")


def whole_reply(message: bytes, pieces: int) -> Reply:
    """A reply of one message; `pieces` are those of the answer in it."""
    chunks = (Chunk(0.0, frame(message), pieces > 0), Chunk(0.0, trailer_frame(Status("OK"))))
    return Reply(200, _HEADERS, chunks, pieces=pieces)


def streamed_reply(messages: Iterable[Chunk], status: Status) -> Reply:
    """A stream of messages, one in each chunk, and how it ends."""
    framed = [chunk._replace(data=frame(chunk.data)) for chunk in messages]
    pieces = sum(chunk.content for chunk in framed)
    chunks = (*framed, Chunk(0.0, trailer_frame(status)))
    return Reply(200, _HEADERS, chunks, streamed=True, pieces=pieces)


def refusal_reply(status: Status, http: int | None = None) -> Reply:
    """A status without any message; `http` is what the vendor's other API says for it."""
    chunks = (Chunk(0.0, trailer_frame(status)),)
    return Reply(http or CODES[status.code].http, _HEADERS, chunks, pieces=0)


def is_grpc(reply: Reply) -> bool:
    """Whether a reply consists of gRPC's frames."""
    return reply.headers[:1] == _HEADERS


def unframed(body: bytes) -> bytes:
    """The first message of a body; empty where there is none."""
    return next(iter(FrameReader().feed(body)), b"")


class FrameReader:
    """Cuts bytes into messages; `status` is set once the last frame has come.

    `is_broken` says that something else than frames came, `is_incomplete` that a frame lacks its
    end.
    """

    def __init__(self) -> None:
        self._rest = b""
        self.status: Status | None = None
        self.is_broken = False

    @property
    def is_incomplete(self) -> bool:
        """Whether a part of a frame has come, and not all of it."""
        return bool(self._rest)

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that these bytes complete."""
        messages: list[bytes] = []
        self._rest += data
        while len(self._rest) >= _HEAD.size and not self.is_broken:
            flags, length = _HEAD.unpack_from(self._rest)
            end = _HEAD.size + length
            if flags not in (0, _TRAILERS):
                self.is_broken = True
            elif flags == _TRAILERS and len(self._rest) >= end:
                # What a fault lost before it makes no difference: HTTP/2 has trailers of its own.
                self.status = _status_of(self._rest[_HEAD.size : end])
                self._rest = self._rest[end:]
            elif len(self._rest) >= end:
                messages.append(self._rest[_HEAD.size : end])
                self._rest = self._rest[end:]
            else:
                break
        return messages


def status_of(reply: Reply) -> Status | None:
    """The status in the last frame of a reply; None where a fault has taken it away."""
    reader = FrameReader()
    reader.feed(reply.chunks[-1].data if reply.chunks else b"")
    return reader.status


def _status_of(lines: bytes) -> Status:
    code, details, trailers = "UNKNOWN", "", []
    for line in lines.decode("ascii", "replace").splitlines():
        name, _, value = line.partition(":")
        if name == "grpc-status":
            code = NAMES.get(int(value), "UNKNOWN") if value.isdecimal() else "UNKNOWN"
        elif name == "grpc-message":
            details = unquote_to_bytes(value).decode("utf-8", "replace")
        else:
            trailers.append((name, _read(name, value)))
    return Status(code, details, tuple(trailers))


def _written(value: str | bytes) -> str:
    return b64encode(value).decode() if isinstance(value, bytes) else value


def _read(name: str, value: str) -> str | bytes:
    """A value as apps see it: binary metadata, whose names end in -bin, as bytes."""
    return b64decode(value) if name.endswith("-bin") else value
