"""Messages between the parent and one worker: words, bytes, and open sockets.

A message is one packet of a SOCK_SEQPACKET pair, so it comes whole or not at all. Bytes of any size
travel in a file of memory, whose descriptor goes with the packet.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

_LARGEST = 65_536  # bytes of a packet: words alone
_FDS = 2
_MOST_WAITING = 8192  # messages for a worker that does not read them
_AT_ONCE = 64  # messages read before other work has its turn


class Message(NamedTuple):
    """What was sent: its kind, its words, bytes ("" mostly), and a socket for the receiver."""

    kind: str
    words: dict[str, Any]
    data: bytes = b""
    sock: socket.socket | None = None


class _Packet(NamedTuple):
    text: bytes
    fds: list[int]


def pair() -> tuple[socket.socket, socket.socket]:
    """The two ends of a channel."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def read(sock: socket.socket) -> Message | None:
    """The next message; None at the end. Raises BlockingIOError where there is none yet."""
    try:
        text, fds, _, _ = socket.recv_fds(sock, _LARGEST, _FDS)
    except ConnectionResetError:
        return None
    if not text:
        return None
    words = json.loads(text)
    data, has_data, has_socket = b"", words.pop("data"), words.pop("socket")
    if has_data:
        with open(fds.pop(), "rb") as memory:  # noqa: PTH123 - a descriptor
            data = memory.read()
    taken = socket.socket(fileno=fds.pop()) if has_socket else None
    return Message(words.pop("kind"), words, data, taken)


class Channel:
    """One end, on a loop; `took` gets each message, and `ended` is called once at the end."""

    def __init__(
        self,
        sock: socket.socket,
        took: Callable[[Message], None],
        ended: Callable[[], None],
    ) -> None:
        self._sock, self._took, self._ended = sock, took, ended
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[_Packet] = deque()
        self._is_open = True
        sock.setblocking(False)
        self._loop.add_reader(sock, self._ready)

    def send(
        self, kind: str, data: bytes = b"", sock: socket.socket | None = None, **words: Any
    ) -> None:
        """Send a message; the socket is the receiver's from now on, and closed here."""
        fds = [] if sock is None else [sock.detach()]
        if data:
            fds.append(_in_memory(data))
        head = {"kind": kind, "data": bool(data), "socket": sock is not None, **words}
        self._waiting.append(_Packet(json.dumps(head).encode(), fds))
        if len(self._waiting) > _MOST_WAITING or not self._is_open:
            _close(self._waiting.pop())
        elif len(self._waiting) == 1:
            self._write()

    def _write(self) -> None:
        """Send what waits, as far as the other side takes it."""
        while self._waiting and self._is_open:
            packet = self._waiting[0]
            try:
                socket.send_fds(self._sock, [packet.text], packet.fds)
            except BlockingIOError:
                self._loop.add_writer(self._sock, self._write)
                return
            except OSError:  # the other side is gone, which reading tells
                break
            _close(self._waiting.popleft())
        self._loop.remove_writer(self._sock)

    def _ready(self) -> None:
        for _ in range(_AT_ONCE):
            if not self._is_open:
                return
            try:
                message = read(self._sock)
            except BlockingIOError:
                return
            if message is None:
                self.close()
                self._ended()
                return
            self._took(message)

    def close(self) -> None:
        """End it; what was not sent is lost."""
        if self._is_open:
            self._is_open = False
            self._loop.remove_reader(self._sock)
            self._loop.remove_writer(self._sock)
            self._sock.close()
            while self._waiting:
                _close(self._waiting.pop())


def _in_memory(data: bytes) -> int:
    """The descriptor of a file of memory that holds these bytes, at its beginning."""
    fd = os.memfd_create("chaos-llm")
    with open(fd, "wb", closefd=False) as memory:
        memory.write(data)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def _close(packet: _Packet) -> None:
    for fd in packet.fds:
        with suppress(OSError):
            os.close(fd)
