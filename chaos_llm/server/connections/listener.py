"""What happens to a connection before HTTP, and instead of it: TLS, CONNECT, tunnels."""

from __future__ import annotations

import asyncio
from typing import Any

from chaos_llm.server.connections.connection import Connection
from chaos_llm.server.connections.shared_state import ClientOrigin, SharedState
from chaos_llm.server.connections.tls import FIRST_BYTE, TlsLayer
from chaos_llm.server.http.addresses import split_host
from chaos_llm.server.http.own_replies import error_reply
from chaos_llm.server.http.request_parser import ReceivedRequest

_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_FULL = "{} connections are open, which is all that this server takes"


class Listener(asyncio.Protocol):
    """A new connection, until its first byte shows its protocol; `meant` is the host of a CONNECT.

    The host of a CONNECT is known, so TLS inside it needs no SNI. `over_wire` says that Toxiproxy
    is in between.
    """

    def __init__(
        self, server: SharedState, meant: str = "", run: str = "", *, over_wire: bool = False
    ) -> None:
        self._server, self._meant, self._run = server, meant, run
        self._over_wire = over_wire
        self._transport: Any = None
        self.inner: Any = None
        self.since = server.time()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        server = self._server
        if len(server.connections) > 2 * server.settings.limits.connections:
            transport.abort()  # a flood; the connections before it get an error
            return
        server.connections.add(self)

    def data_received(self, data: bytes) -> None:
        if self.inner is None:
            bound = self._server.settings.limits.connections
            if len(self._server.connections) > bound:
                self._transport.write(error_reply(503, _FULL.format(bound)).wire(keep=False))
                self._transport.close()
                return
            self.inner = self._opened(data[0])
        self.inner.data_received(data)

    def _opened(self, first: int) -> Any:
        server, transport = self._server, self._transport
        server.connections.discard(self)
        if first == FIRST_BYTE and server.authority is not None:
            layer = TlsLayer(transport, server.authority, self._admits, self._inside_tls)
            server.connections.add(self)  # until the handshake is over
            return layer
        connection = Connection(
            server, connect, ClientOrigin(self._meant, self._run, over_wire=self._over_wire)
        )
        connection.connection_made(transport)
        transport.set_protocol(connection)
        return connection

    def _admits(self, sni: str) -> bool:
        return self._server.admits(self._meant or sni, self._run)

    def _inside_tls(self, sni: str) -> Connection:
        self._server.connections.discard(self)
        was_judged = bool(self._server.judged_at_handshake(self._meant or sni))
        caller = ClientOrigin(self._meant, self._run, was_judged, self._over_wire)
        return Connection(self._server, connect, caller)

    def connection_lost(self, error: Exception | None) -> None:
        self._server.connections.discard(self)
        if self.inner is not None:
            self.inner.connection_lost(error)

    def pause_writing(self) -> None:
        if self.inner is not None:
            self.inner.pause_writing()

    def resume_writing(self) -> None:
        if self.inner is not None:
            self.inner.resume_writing()

    def eof_received(self) -> bool:
        return False

    def overdue(self, now: float) -> bool:
        """Whether the connection has been silent for long enough."""
        return now - self.since > self._server.settings.limits.patience

    def expire(self) -> None:
        self._transport.close()

    def shut(self) -> None:
        self._transport.close()


def connect(
    server: SharedState, connection: Connection, asked: ReceivedRequest, rest: bytes
) -> None:
    """Answer a CONNECT: providers' hosts here, all others only where tunnels are allowed."""
    transport, target = connection.transport, asked.target
    if server.addresses.names(target):
        _hand_over(server, connection, Listener(server, target, asked.run), rest)
    elif not server.settings.tunnel:
        text = (
            f"{target} is no provider of this server, and it tunnels nothing else; start it "
            "with --tunnel to let such requests out, or name the host in NO_PROXY"
        )
        transport.write(error_reply(403, text).wire(keep=False))
        transport.close()
    else:
        transport.pause_reading()
        server.spawn(_tunnel(server, connection, target, rest))


def _hand_over(server: SharedState, connection: Connection, after: Any, rest: bytes) -> None:
    transport = connection.transport
    server.connections.discard(connection)
    transport.write(_ESTABLISHED)
    after.connection_made(transport)
    transport.set_protocol(after)
    if rest:
        after.data_received(rest)


async def _tunnel(server: SharedState, connection: Connection, target: str, rest: bytes) -> None:
    host, port = split_host(target)
    ours = connection.transport
    try:
        far, _ = await server.loop.create_connection(lambda: Relay(server, ours), host, port or 443)
    except OSError as error:
        ours.write(error_reply(502, f"{target} cannot be reached: {error}").wire(keep=False))
        ours.close()
        return
    if ours.is_closing():
        far.close()
        return
    _hand_over(server, connection, Relay(server, far), rest)
    ours.resume_reading()


class Relay(asyncio.Protocol):
    """One half of a tunnel: what comes here goes there."""

    def __init__(self, server: SharedState, there: Any) -> None:
        self._server, self._there = server, there
        self._here: Any = None

    def connection_made(self, transport: Any) -> None:
        self._here = transport
        self._server.connections.add(self)

    def data_received(self, data: bytes) -> None:
        self._there.write(data)

    def pause_writing(self) -> None:
        self._there.pause_reading()

    def resume_writing(self) -> None:
        if not self._there.is_closing():
            self._there.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        self._server.connections.discard(self)
        self._there.close()

    def overdue(self, now: float) -> bool:  # noqa: ARG002 - a tunnel may be quiet
        return False

    def expire(self) -> None:
        """A tunnel never expires."""

    def shut(self) -> None:
        self._here.close()
