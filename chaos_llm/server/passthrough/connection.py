"""One client's connection that is passed on: bytes both ways, watched and never changed.

Of a request, only the target and the host change, where the client knows another address than the
upstream's own.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

from chaos_llm.errors import ChaosError
from chaos_llm.recording.call_observer import CallObserver, Recorder
from chaos_llm.recording.http_framing import Body, Head, split_head
from chaos_llm.recording.recorded_call import CallEnd
from chaos_llm.server.connections.reply_player import reset
from chaos_llm.server.http.own_replies import error_reply
from chaos_llm.server.passthrough.upstreams import Route, Upstream, trusting

_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_CONNECT_PATIENCE = 30.0  # real seconds for a connection to an upstream
_GO_AHEAD = (100, 200)  # statuses of heads that come before the reply


class PassthroughServer(Protocol):
    """What connections need of their server."""

    loop: asyncio.AbstractEventLoop
    recorder: Recorder | None
    connections: set[Any]

    def route(self, method: str, target: str, host: str, tunnel_host: str) -> Route | None: ...

    def spawn(self, work: Any) -> None: ...

    def listener(self, tunnel_host: str) -> asyncio.Protocol: ...

    def is_recorded(self, host: str) -> bool: ...


class PassedConnection(asyncio.Protocol):
    """The client's side. `tunnel_host` is the host of a CONNECT, or of TLS's SNI."""

    def __init__(self, server: PassthroughServer, tunnel_host: str = "") -> None:
        self._server, self._tunnel_host = server, tunnel_host
        self.transport: Any = None
        self._waiting = b""  # bytes that no head or body has taken
        self._body: Body | None = None  # of the request that is under way
        self._far: _UpstreamSide | None = None
        self._observer: CallObserver | None = None
        self._is_connecting = False
        self._tunnel: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._server.connections.add(self)

    def data_received(self, data: bytes) -> None:
        if self._tunnel is not None:
            self._tunnel.write(data)
            return
        self._waiting += data
        if not self._is_connecting:
            self._go_on()

    def _go_on(self) -> None:
        """Pass on what has come: the head of the next request, then its body."""
        if self._body is None:
            if self._far is not None and self._far.is_busy:
                return  # pipelined; it waits for the reply that is under way
            self._next_request()
            return
        if not self._body.is_whole and self._waiting:
            taken, content = self._body.take(self._waiting)
            piece, self._waiting = self._waiting[:taken], self._waiting[taken:]
            assert self._far is not None
            self._far.write(piece)
            if self._observer is not None:
                self._observer.request_content(content)
        if self._body.is_whole:
            self._body = None

    def _next_request(self) -> None:
        try:
            found = split_head(self._waiting)
            if found is None:
                return
            head, self._waiting = found
            method, target, _ = head.first_line
            if method == "CONNECT":
                self._connect(target)
                return
            route = self._server.route(
                method, target, head.headers.get("host", ""), self._tunnel_host
            )
        except ChaosError as error:
            self._refuse(400, str(error))
            return
        if route is None:
            self._refuse(404, f"no upstream is known for {method} {target[:100]}: {_HINT}")
            return
        self._begin(head, route)

    def _begin(self, head: Head, route: Route) -> None:
        method, target, _ = head.first_line
        there = target if route.target is None else route.target
        now = self._server.loop.time()
        if self._server.recorder is not None:
            self._observer = CallObserver(
                self._server.recorder,
                method,
                route.upstream.url(there),
                head.headers,
                datetime.now(UTC).timestamp(),
                now,
            )
        raw = head.raw + b"\r\n\r\n"
        if route.target is not None:
            raw = head.with_target(route.target, route.upstream.host_header)
        self._body = Body(head, is_reply=False)
        far = self._far
        if far is not None and far.fits(route.upstream):
            far.ask(raw, self._observer, to_head=method == "HEAD")
            self._go_on()
            return
        if far is not None:
            far.leave()
        self._is_connecting = True
        self._pause()
        self._server.spawn(self._open(route.upstream, raw, is_head=method == "HEAD"))

    async def _open(self, upstream: Upstream, raw: bytes, *, is_head: bool) -> None:
        far = _UpstreamSide(self._server, self, upstream)
        ended = await connected(self._server.loop, upstream, lambda: far)
        self._is_connecting = False
        if ended is not None:
            self._observe_end(ended)
            if not self.transport.is_closing():
                reset(self.transport)
            return
        if self.transport.is_closing():
            far.leave()
            self._observe_end("abandoned")
            return
        self._far = far
        far.ask(raw, self._observer, to_head=is_head)
        self._resume()
        self._go_on()

    def _observe_end(self, how: CallEnd) -> None:
        if self._observer is not None:
            self._observer.end(how, self._server.loop.time())
            self._observer = None

    def reply_is_over(self, how: CallEnd, *, keep: bool) -> None:
        """The reply has been passed back; the next request may follow."""
        self._observer = None
        if how == "reset":
            reset(self.transport)
        elif not keep:
            self.transport.close()
        elif self._body is None:
            self._next_if_waiting()

    def _next_if_waiting(self) -> None:
        if self._waiting:
            self._server.loop.call_soon(self._go_on)

    def _connect(self, target: str) -> None:
        """A CONNECT: a provider's host is watched inside TLS, any other host is tunnelled."""
        self.transport.write(_ESTABLISHED)
        rest, self._waiting = self._waiting, b""
        if self._server.is_recorded(target):
            self._server.connections.discard(self)
            inner = self._server.listener(target)
            inner.connection_made(self.transport)
            self.transport.set_protocol(inner)
            if rest:
                inner.data_received(rest)
            return
        self._is_connecting, self._waiting = True, rest
        self._server.spawn(self._open_tunnel(target))

    async def _open_tunnel(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        upstream = Upstream(host.strip("[]"), int(port) if port.isdecimal() else 443, tls=False)
        tunnel = _TunnelEnd(self.transport)
        if await connected(self._server.loop, upstream, lambda: tunnel) is not None:
            self.transport.close()
            return
        self._tunnel = tunnel.transport
        if self._waiting:
            self._tunnel.write(self._waiting)
            self._waiting = b""

    def _refuse(self, status: int, text: str) -> None:
        self.transport.write(error_reply(status, text).wire(keep=False))
        self.transport.close()

    def _pause(self) -> None:
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def _resume(self) -> None:
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def pause_writing(self) -> None:
        """The client reads slowly, so the upstream has to wait."""
        if self._far is not None and not self._far.transport.is_closing():
            self._far.transport.pause_reading()

    def resume_writing(self) -> None:
        if self._far is not None and not self._far.transport.is_closing():
            self._far.transport.resume_reading()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        self._server.connections.discard(self)
        if self._tunnel is not None:
            self._tunnel.close()
        if not self._is_connecting:
            self._observe_end("abandoned")
        if self._far is not None:
            self._far.leave()

    def shut(self) -> None:
        """End it: the server stops."""
        if self.transport is not None:
            self.transport.close()


_HINT = (
    "begin the path with a provider (/anthropic/v1/messages), or start with --upstream "
    "https://YOUR-GATEWAY"
)


class _UpstreamSide(asyncio.Protocol):
    """The vendor's side: what comes is written to the client as it is."""

    def __init__(
        self, server: PassthroughServer, client: PassedConnection, upstream: Upstream
    ) -> None:
        self._server, self._client, self._upstream = server, client, upstream
        self.transport: Any = None
        self._observer: CallObserver | None = None
        self._before_head = b""
        self._body: Body | None = None
        self._head: Head | None = None
        self._to_head = self._is_left = self.is_busy = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def fits(self, upstream: Upstream) -> bool:
        """Whether it is open, and leads there."""
        return self._upstream == upstream and not self.transport.is_closing()

    def ask(self, raw: bytes, observer: CallObserver | None, *, to_head: bool) -> None:
        """Send the head of a request."""
        self._observer, self._to_head = observer, to_head
        self._body, self._head, self._before_head, self.is_busy = None, None, b"", True
        self.transport.write(raw)

    def write(self, data: bytes) -> None:
        self.transport.write(data)

    def leave(self) -> None:
        """The client has left."""
        self._is_left = True
        if self.transport is not None:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        self._client.transport.write(data)  # first of all; the rest only watches
        now = self._server.loop.time()
        try:
            self._watch(data, now)
        except (ChaosError, ValueError):  # no HTTP that can be followed: passed on until it closes
            self._body = None

    def _watch(self, data: bytes, now: float) -> None:
        while data and self._body is None:
            found = split_head(self._before_head + data)
            if found is None:
                self._before_head += data
                return
            self._before_head, (head, data) = b"", found
            if _GO_AHEAD[0] <= head.status < _GO_AHEAD[1] and head.status != 101:
                continue
            self._head = head
            self._body = Body(head, is_reply=True, to_head=self._to_head)
            if self._observer is not None:
                self._observer.reply_head(head.status, head.headers)
        if self._body is None:
            return
        if data:
            _, content = self._body.take(data)
            if self._observer is not None:
                self._observer.reply_content(content, now)
        if self._body.is_whole:
            self._over("complete")

    def _over(self, how: CallEnd) -> None:
        keep = how == "complete" and self._head is not None and self._head.keeps_alive
        observer, self._observer, self.is_busy = self._observer, None, False
        self._body = None
        self._client.reply_is_over(how, keep=keep and not self.transport.is_closing())
        if observer is not None:
            # After the client has its bytes: to write the record may take a moment.
            self._server.loop.call_soon(observer.end, how, self._server.loop.time())

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, error: Exception | None) -> None:
        if self._is_left or not self.is_busy:
            if not self._is_left and not self._client.transport.is_closing():
                self._client.transport.close()
            return
        if self._body is not None and self._body.until_close and error is None:
            self._over("complete")
            return
        self._over("reset" if error is not None or self._head is None else "cut")

    def pause_writing(self) -> None:
        if not self._client.transport.is_closing():
            self._client.transport.pause_reading()

    def resume_writing(self) -> None:
        if not self._client.transport.is_closing():
            self._client.transport.resume_reading()


class _TunnelEnd(asyncio.Protocol):
    """The far end of a tunnel to a host that is not watched."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._client.write(data)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        self._client.close()


async def connected(
    loop: asyncio.AbstractEventLoop, upstream: Upstream, made: Callable[[], asyncio.Protocol]
) -> CallEnd | None:
    """Connect to an upstream; gives how that failed, or None."""
    try:
        async with asyncio.timeout(_CONNECT_PATIENCE):
            await loop.create_connection(
                made, upstream.host, upstream.port, ssl=trusting() if upstream.tls else None
            )
    except TimeoutError:
        return "connect_timeout"
    except socket.gaierror:
        return "unresolved"
    except ssl.SSLError:
        return "tls"
    except OSError:
        return "refused"
    return None
