"""A server of HTTP/2 that says just what a test tells it to, also what no server should say.

Enough of RFC 9113 for one call of a gRPC client on a connection: it sends its settings, waits for a
stream to end, then plays its steps. Headers are literal and never indexed (RFC 7541, 6.2.3).
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

_PREFACE = len(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
_DATA, _HEADERS, _RST, _SETTINGS = 0, 1, 3, 4
_END_STREAM, _END_HEADERS, _ACK = 1, 4, 1
_RESETS = struct.pack("ii", 1, 0)

Step = Callable[["Stream"], None]


class Stream:
    """One call of a client, as the server answers it."""

    def __init__(self, sock: socket.socket, number: int) -> None:
        self.sock, self._number = sock, number

    def send(self, kind: int, flags: int, payload: bytes) -> None:
        self.sock.sendall(_frame(kind, flags, self._number, payload))


def headers(*pairs: tuple[str, str], end: bool = False) -> Step:
    block = b"".join(b"\x10" + _text(name) + _text(value) for name, value in pairs)
    flags = _END_HEADERS | (_END_STREAM if end else 0)
    return lambda stream: stream.send(_HEADERS, flags, block)


def data(payload: bytes, *, end: bool = False) -> Step:
    return lambda stream: stream.send(_DATA, _END_STREAM if end else 0, payload)


def reset_stream(code: int) -> Step:
    return lambda stream: stream.send(_RST, 0, struct.pack(">I", code))


def until_it_is_read(stream: Stream) -> None:
    """Wait for what a core of gRPC sends when data has come: it measures how much may be sent."""
    _exactly(stream.sock, int.from_bytes(_exactly(stream.sock, 9)[:3]))


def close(stream: Stream) -> None:
    stream.sock.shutdown(socket.SHUT_RDWR)


def reset(stream: Stream) -> None:
    stream.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESETS)
    stream.sock.close()


@contextmanager
def serving(steps: Sequence[Step]) -> Iterator[tuple[str, list[int]]]:
    """The address of such a server, and the numbers of the streams that it has seen."""
    seen: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_accept, args=(listening, steps, seen), daemon=True)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}", seen
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def _accept(listening: socket.socket, steps: Sequence[Step], seen: list[int]) -> None:
    threads = []
    with suppress(OSError):
        while True:
            sock, _ = listening.accept()
            threads.append(threading.Thread(target=_serve, args=(sock, steps, seen), daemon=True))
            threads[-1].start()
    for thread in threads:
        thread.join(10)


def _serve(sock: socket.socket, steps: Sequence[Step], seen: list[int]) -> None:
    with sock, suppress(OSError, EOFError):
        sock.settimeout(10)
        _exactly(sock, _PREFACE)
        sock.sendall(_frame(_SETTINGS, 0, 0, b""))
        while True:
            head = _exactly(sock, 9)
            size, kind, flags = int.from_bytes(head[:3]), head[3], head[4]
            _exactly(sock, size)
            if kind == _SETTINGS and not flags & _ACK:
                sock.sendall(_frame(_SETTINGS, _ACK, 0, b""))
            if kind in (_DATA, _HEADERS) and flags & _END_STREAM:
                number = int.from_bytes(head[5:])
                seen.append(number)
                for step in steps:
                    step(Stream(sock, number))


def _exactly(sock: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        more = sock.recv(size - len(got))
        if not more:
            raise EOFError
        got += more
    return got


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3) + struct.pack(">BBI", kind, flags, stream) + payload


def _text(value: str) -> bytes:
    encoded = value.encode()
    assert len(encoded) < 127  # its length is in one byte then
    return bytes([len(encoded)]) + encoded
