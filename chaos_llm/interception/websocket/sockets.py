"""Sockets of blocking websocket clients whose other end is a peer in memory.

A look-up of a provider's host finds an address that nobody has, and a socket that connects there
becomes a simulated one. So `websockets.sync` and `websocket-client`, which make their sockets in
different ways, both follow, and neither is patched.
"""

from __future__ import annotations

import errno
import socket
import ssl
import threading
import weakref
from contextlib import ExitStack
from functools import wraps
from typing import Any, NoReturn

from chaos_llm.engine.reply_timing import FOREVER, TLS_EOF
from chaos_llm.engine.websocket.peer import Hangup, Peer
from chaos_llm.interception.clients import SELECTING
from chaos_llm.interception.websocket.connections import Failure, WebSockets
from chaos_llm.interception.websocket.transport import CLIENT_ADDRESS
from chaos_llm.protocol.messages import Ending

_LATE = "The read operation timed out"  # as over TLS


class Sockets:
    """The look-ups and connections of blocking websocket clients."""

    def __init__(self, websockets: WebSockets) -> None:
        self._websockets = websockets
        # By thread and address: whether a connection stands is decided when its host is looked up.
        self._failures: dict[tuple[int, str], Failure | None] = {}

    def look_up(self, host: object, port: object) -> str | None:
        """The address that stands for a host; None where this client's sockets stay real.

        Raises gaierror where there is none.
        """
        websockets = self._websockets
        if not isinstance(host, str) or not isinstance(port, int):
            return None
        if not websockets.answers(host, port):
            return None
        websockets.require_clock(host)
        address, failure = websockets.address(host), websockets.failure(host, port)
        if failure is not None and failure.why is Ending.UNRESOLVED:
            websockets.context.clock.sleep(failure.wait)
            failure.end()
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        self._failures[threading.get_ident(), address] = failure
        return address

    def connect(self, sock: socket.socket, address: Any) -> bool:
        """Connect a socket to a peer; False where the address stands for no host."""
        if not isinstance(address, tuple) or type(sock) is not socket.socket:
            return False
        host = self._websockets.host_at(address[0])
        if host is None:
            return False
        failure = self._failures.pop((threading.get_ident(), address[0]), None)
        if failure is not None and failure.why is not Ending.TLS_FAILED:
            self._fail(failure, sock.gettimeout())
        wire = _Wire(self._websockets, host, address[1], failure)
        sock.__class__ = SimulatedSocket  # the same layout: it has no slots of its own
        _wires[sock] = wire
        self._websockets.opened(wire)
        return True

    def _fail(self, failure: Failure, limit: float | None) -> NoReturn:
        """Raise what a socket raises where no connection ever stands, when it does."""
        sleep = self._websockets.context.clock.sleep
        if limit is not None and limit < failure.wait:
            sleep(limit)
            failure.leave()
            raise TimeoutError("timed out")
        sleep(failure.wait)
        failure.end()
        if failure.why is Ending.CONNECT_TIMEOUT:
            raise TimeoutError(errno.ETIMEDOUT, "Connection timed out")
        raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")


def install(undo: ExitStack) -> None:
    """Let simulated sockets through where others begin TLS, until `undo` is closed."""
    real = ssl.SSLContext.wrap_socket

    @wraps(real)
    def wrap_socket(context: ssl.SSLContext, sock: Any, *args: Any, **options: Any) -> Any:
        if isinstance(sock, SimulatedSocket):
            _wires[sock].begin_tls()
            return sock
        return real(context, sock, *args, **options)

    undo.callback(setattr, ssl.SSLContext, "wrap_socket", real)
    setattr(ssl.SSLContext, "wrap_socket", wrap_socket)  # noqa: B010


class _Wire:
    """The bytes between a client's threads and a peer; one lock, since a reader and a writer."""

    def __init__(
        self, websockets: WebSockets, host: str, port: int, failure: Failure | None
    ) -> None:
        self._failure = failure  # of TLS
        self.host, self.address = host, (websockets.address(host), port)
        self._websockets, self._context = websockets, websockets.context
        self._peer: Peer = websockets.peer(host, port)
        self._news = threading.Condition(threading.RLock())
        self._data = b""
        self._hangup: Hangup | None = None
        self._is_closed = False

    def begin_tls(self) -> None:
        """Raise SSLEOFError where the handshake fails."""
        if self._failure is not None:
            self._context.clock.sleep(self._failure.wait)
            self._failure.end()
            raise ssl.SSLEOFError(ssl.SSL_ERROR_EOF, TLS_EOF)

    def send(self, data: bytes) -> None:
        if self._hangup is None:
            self._websockets.require_clock(self.host)
        with self._news:
            if self._is_closed or self._hangup is Hangup.RESET:
                raise BrokenPipeError(errno.EPIPE, "Broken pipe")
            if self._hangup is None:
                self._peer.feed(data, self._now)
                self._news.notify_all()

    def receive(self, size: int, limit: float | None) -> bytes:
        """Wait for bytes, `limit` seconds long; b"" where the peer has closed."""
        if self._hangup is None:
            self._websockets.require_clock(self.host)
        with self._news:
            until = None if limit is None else self._now + limit
            while not self._data and self._hangup is None and not self._is_closed:
                self._step(until)
            taken, self._data = self._data[:size], self._data[size:]
            if not taken and self._hangup is Hangup.RESET:
                raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
            return taken

    def _step(self, until: float | None) -> None:
        """Take what is due; else wait for it, or for another thread's doing."""
        now, due = self._now, self._peer.due
        if due is not None and due <= now:
            self._data, self._hangup = self._peer.take(now)
        elif until is not None and until <= now:
            raise TimeoutError(_LATE)
        else:
            wake = min([time for time in (due, until) if time is not None], default=now + FOREVER)
            self._news.wait(wake - now)

    def close(self) -> None:
        with self._news:
            if not self._is_closed:
                self._is_closed = True
                self._peer.leave(self._now)
                self._news.notify_all()

    def cut(self) -> None:
        """End the connection from the far end: the outage is over."""
        with self._news:
            self._hangup = self._hangup or Hangup.RESET
            self._peer.leave(self._now)
            self._news.notify_all()

    def refuse_to_be_selected(self) -> BaseException:
        guard = self._context.guard
        assert guard is not None
        return guard.refuse(self.host, SELECTING)

    @property
    def _now(self) -> float:
        return self._context.clock.now


_wires: weakref.WeakKeyDictionary[socket.socket, _Wire] = weakref.WeakKeyDictionary()


class SimulatedSocket(socket.socket):
    """A socket that was never connected, and what a client sends and receives by it."""

    __slots__ = ()

    def sendall(self, data: Any, flags: int = 0, /) -> None:  # noqa: ARG002 - as of any socket
        _wires[self].send(bytes(data))

    def send(self, data: Any, flags: int = 0, /) -> int:
        self.sendall(data, flags)
        return len(data)

    def recv(self, size: int, flags: int = 0, /) -> bytes:  # noqa: ARG002 - as of any socket
        return _wires[self].receive(size, self.gettimeout())

    def recv_into(self, buffer: Any, size: int = 0, flags: int = 0, /) -> int:
        data = self.recv(size or len(buffer), flags)
        buffer[: len(data)] = data
        return len(data)

    def shutdown(self, how: int, /) -> None:  # noqa: ARG002 - as of any socket
        """End what is read as well: no client here goes on to read after it has stopped to send."""
        _wires[self].close()

    def close(self) -> None:
        _wires[self].close()
        super().close()

    def getpeername(self) -> Any:
        return _wires[self].address

    def getsockname(self) -> Any:
        return CLIENT_ADDRESS

    def fileno(self) -> int:
        raise _wires[self].refuse_to_be_selected()

    def __repr__(self) -> str:
        return f"<a simulated socket to {_wires[self].host}>"

    def version(self) -> str:
        """The version of TLS, as of a socket that has it."""
        return "TLSv1.3"

    def pending(self) -> int:
        """How many decrypted bytes wait, as of a socket that has TLS."""
        return 0
