"""The host that a TLS client names, read before OpenSSL does: Python prints a traceback for some.

RFC 8446, 4.1.2 (ClientHello) and RFC 6066, 3 (server_name). Only lengths are followed here;
whatever is wrong with a hello is left to OpenSSL to say.
"""

from __future__ import annotations

HANDSHAKE = 0x16  # the type of a record
_HELLO, _SERVER_NAME, _HOST = 1, 0, 0  # of a message, of an extension, of a name
_MAJOR, _LONGEST_RECORD = 3, 1 << 14
_MESSAGE_HEAD = 4
_BEFORE_SESSION = 2 + 32  # version and random
LONGEST = 32_768  # bytes; a hello with post-quantum keys is 2,000


class _Short(Exception):
    """A length points behind the end."""


class _Reader:
    """Bytes from front to back."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._data):
            raise _Short
        taken, self._at = self._data[self._at : end], end
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> bytes:
        """What stands behind its own length, which takes so many bytes."""
        return self.take(self.number(size))

    @property
    def is_empty(self) -> bool:
        return self._at >= len(self._data)


def server_name(data: bytes) -> bytes | None:
    """The name in the first bytes of a client, b"" without one; None where more must come."""
    hello = _message(data)
    if hello is None:
        return None if len(data) <= LONGEST else b""
    try:
        return _name(hello)
    except _Short:
        return b""


def _message(data: bytes) -> bytes | None:
    """The first handshake message, which may be spread over records; b"" for anything else."""
    reader, message = _Reader(data), b""
    while len(message) < _MESSAGE_HEAD or len(message) < _size(message):
        try:
            if reader.number(1) != HANDSHAKE or reader.number(1) != _MAJOR:
                return b""
            reader.take(1)
            size = reader.number(2)
            if not 0 < size <= _LONGEST_RECORD:
                return b""
            message += reader.take(size)
        except _Short:
            return None
        if message[0] != _HELLO or _size(message) > LONGEST:
            return b""
    return message[_MESSAGE_HEAD : _size(message)]


def _size(message: bytes) -> int:
    return _MESSAGE_HEAD + int.from_bytes(message[1:_MESSAGE_HEAD], "big")


def _name(hello: bytes) -> bytes:
    reader = _Reader(hello)
    reader.take(_BEFORE_SESSION)
    for size in (1, 2, 1):  # session, ciphers, compressions
        reader.vector(size)
    if reader.is_empty:
        return b""
    extensions = _Reader(reader.vector(2))
    while not extensions.is_empty:
        kind, content = extensions.number(2), extensions.vector(2)
        if kind == _SERVER_NAME:
            return _first_host(_Reader(content))
    return b""


def _first_host(reader: _Reader) -> bytes:
    names = _Reader(reader.vector(2))
    while not names.is_empty:
        kind, name = names.number(1), names.vector(2)
        if kind == _HOST:
            return name
    return b""
