"""New connections: looked at as far as the head of their first request, and handed on unread."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from chaos_llm.errors import UsageError
from chaos_llm.server.connections.tls import FIRST_BYTE
from chaos_llm.server.http.own_replies import error_reply
from chaos_llm.server.launch.log import tell
from chaos_llm.server.launch.settings import Settings
from chaos_llm.server.workers.run_names import head_of, name_of

_AT_ONCE = 64  # connections accepted before other work has its turn
_REST = 1.0  # real seconds without accepting, where that failed
_FAREWELL = 5.0  # real seconds for a client to read that it is not served

HandOn = Callable[[socket.socket, str], None]  # a connection, and the run that it names


def listen(settings: Settings) -> socket.socket:
    """The socket that clients connect to; raises UsageError where the port is taken."""
    try:
        found = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, _, _, _, address = found[0]
        sock = socket.create_server(address[:2], family=family, backlog=1024)
    except OSError as error:
        raise UsageError(
            f"{settings.host}:{settings.port} cannot be listened on: {error.strerror or error}; "
            "give another --port, or 0 for any that is free"
        ) from None
    sock.setblocking(False)
    return sock


class Arrivals:
    """Accepts connections until `close`; nothing of what a client sends is read here."""

    def __init__(self, sock: socket.socket, settings: Settings, hand_on: HandOn) -> None:
        self._listening, self._hand_on, self._settings = sock, hand_on, settings
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[socket.socket, asyncio.TimerHandle] = {}
        self._seen: dict[socket.socket, int] = {}  # bytes that half a head had when last looked at
        self._leaving: set[asyncio.Task[Any]] = set()
        self._resting: asyncio.TimerHandle | None = None
        self._loop.add_reader(sock, self._accept)

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                sock, _ = self._listening.accept()
            except (BlockingIOError, ConnectionAbortedError):  # there is none, or it has left
                return
            except OSError as error:  # mostly: too many open files
                self._rest(error)
                return
            sock.setblocking(False)
            if len(self._waiting) >= 2 * self._settings.limits.connections:
                sock.close()  # a flood of connections that say nothing
            elif not self._look(sock):
                self._wait_for(sock)

    def _rest(self, error: OSError) -> None:
        """Accept nothing for a while, and say why."""
        tell(f"no connection can be accepted: {error.strerror}")
        self._loop.remove_reader(self._listening)
        self._resting = self._loop.call_later(
            _REST, self._loop.add_reader, self._listening, self._accept
        )

    def _look(self, sock: socket.socket) -> bool:
        """Hand a connection on if its first request can be told; whether nothing is to wait for."""
        try:
            data = sock.recv(self._settings.limits.head + 1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self._forget(sock)
            sock.close()
            return True
        head = self._head(data)
        if head is None and self._seen.get(sock) == len(data):
            head = data  # it was woken without a byte: no more will come
        if head is None:
            self._seen[sock] = len(data)
            # The kernel wakes us for the next byte only, not for those that were looked at.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, len(data) + 1)
            return False
        self._forget(sock)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
        self._hand_on(sock, name_of(head))
        return True

    def _head(self, data: bytes) -> bytes | None:
        if data[0] == FIRST_BYTE and self._settings.tls:
            return b""  # the run is named inside; the handshake is the default run's
        if len(data) > self._settings.limits.head:
            return data
        return head_of(data)

    def _wait_for(self, sock: socket.socket) -> None:
        patience = self._settings.limits.patience
        self._waiting[sock] = self._loop.call_later(patience, self._expire, sock)
        self._loop.add_reader(sock, self._look, sock)

    def _forget(self, sock: socket.socket) -> None:
        """Wait for it no longer."""
        if sock in self._waiting:
            self._waiting.pop(sock).cancel()
            self._seen.pop(sock, None)
            self._loop.remove_reader(sock)

    def _expire(self, sock: socket.socket) -> None:
        """Close what says nothing, and tell a client why whose request never came whole."""
        self._forget(sock)
        with suppress(OSError):
            if sock.recv(1, socket.MSG_PEEK):
                patience = self._settings.limits.patience
                self.refuse(sock, 408, f"the request did not come whole within {patience:g} s")
                return
        sock.close()

    def refuse(self, sock: socket.socket, status: int, text: str) -> None:
        """Answer an error, and close once the client has read it."""
        data = error_reply(status, text).wire(keep=False)
        work = self._loop.connect_accepted_socket(lambda: _Farewell(data), sock)
        task = self._loop.create_task(work)
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    def close(self) -> None:
        if self._resting is not None:
            self._resting.cancel()
        self._loop.remove_reader(self._listening)
        self._listening.close()
        for sock in tuple(self._waiting):
            self._forget(sock)
            sock.close()


class _Farewell(asyncio.Protocol):
    """Says one thing, and reads what comes: to close with unread bytes would be a reset."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def connection_made(self, transport: Any) -> None:
        transport.write(self._data)
        transport.write_eof()
        asyncio.get_running_loop().call_later(_FAREWELL, transport.abort)
