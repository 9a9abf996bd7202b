"""A TLS connection whose requests are another worker's.

What TLS has agreed on cannot be handed on with the socket. So the worker that made the handshake
keeps it, and passes what is inside through a TCP connection of this machine, on which endings
arrive as they were made: a reset is a reset.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from chaos_llm.server.connections.reply_player import reset
from chaos_llm.server.connections.shared_state import SharedState
from chaos_llm.server.connections.tls import TlsLayer


def pumped(shared: SharedState, layer: TlsLayer) -> socket.socket:
    """The far end of a connection that goes on inside this TLS connection."""
    near, far = _pair()
    inside = _Inside(shared, layer)
    layer.pause_reading()
    layer.set_protocol(inside)
    shared.connections.add(inside)
    shared.spawn(_connect(shared, inside, near))
    return far


async def _connect(shared: SharedState, inside: _Inside, near: socket.socket) -> None:
    await shared.loop.connect_accepted_socket(lambda: _Near(inside), near)
    inside.layer.resume_reading()


def _pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of one TCP connection."""
    with socket.create_server(("127.0.0.1", 0), backlog=1) as listening:
        near = socket.create_connection(listening.getsockname())
        far, _ = listening.accept()
    for sock in (near, far):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setblocking(False)
    return near, far


class _Inside:
    """What comes out of TLS goes on; it is the layer's protocol from now on."""

    def __init__(self, shared: SharedState, layer: TlsLayer) -> None:
        self._shared, self.layer = shared, layer
        self._early: list[bytes] = []  # what was decrypted before there was anywhere to go
        self._near: Any = None
        self._is_lost = False

    def begin(self, near: Any) -> None:
        """Send what waits."""
        self._near = near
        near.write(b"".join(self._early))
        if self._is_lost:
            near.close()

    def data_received(self, data: bytes) -> None:
        if self._near is None:
            self._early.append(data)
        else:
            self._near.write(data)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        self._shared.connections.discard(self)
        self._is_lost = True
        if self._near is not None:
            self._near.close()

    def pause_writing(self) -> None:
        if self._near is not None:
            self._near.pause_reading()

    def resume_writing(self) -> None:
        if self._near is not None and not self._near.is_closing():
            self._near.resume_reading()

    def overdue(self, now: float) -> bool:  # noqa: ARG002 - the other worker looks after that
        return False

    def expire(self) -> None:
        """It never does here."""

    def shut(self) -> None:
        self.layer.close()


class _Near(asyncio.Protocol):
    """What the other worker says goes into TLS."""

    def __init__(self, inside: _Inside) -> None:
        self._inside = inside

    def connection_made(self, transport: Any) -> None:
        self._inside.begin(transport)

    def data_received(self, data: bytes) -> None:
        self._inside.layer.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        if isinstance(error, ConnectionResetError):
            reset(self._inside.layer)
        else:
            self._inside.layer.close()

    def pause_writing(self) -> None:
        self._inside.layer.pause_reading()

    def resume_writing(self) -> None:
        if not self._inside.layer.is_closing():
            self._inside.layer.resume_reading()
