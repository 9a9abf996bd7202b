"""Interception of aiohttp: its connectors make simulated connections to the providers' hosts.

Sessions, middlewares, tracing, the connector's limits and the parser of replies are aiohttp's own.
The connector's class is patched, so sessions that were made before the outage follow. The request
is read before its connection is made, because the answer depends on it; so a connection carries one
request and is never pooled.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import Any

import anyio
from aiohttp import BaseConnector, ClientRequest, ClientTimeout
from aiohttp import connector as connectors
from aiohttp.client_exceptions import ClientConnectorDNSError, ClientConnectorError
from aiohttp.client_proto import ResponseHandler
from aiohttp.helpers import ceil_timeout

from chaos_llm.engine.reply_timing import LAST_SYN
from chaos_llm.interception.aiohttp_connection import ClientTimeouts, ReplyConnection
from chaos_llm.interception.context import InterceptionContext
from chaos_llm.interception.intercepted_exchange import InterceptedExchange
from chaos_llm.interception.websocket import event_loops
from chaos_llm.interception.websocket.connections import WebSockets
from chaos_llm.protocol.messages import Ending, WireRequest
from chaos_llm.protocol.websocket import is_upgrade
from chaos_llm.requests.host_names import SCHEME_PORTS

_Create = Callable[[Any, ClientRequest, Any, ClientTimeout], Awaitable[Any]]
_Get = Callable[..., Awaitable[Any]]

_UNREACHABLE_ADDRESS = "('192.0.2.1', 443)"  # an address for documentation, RFC 5737

_context: InterceptionContext | None = (
    None  # None after the outage, when code may still hold a replaced method
)
_websockets: WebSockets | None = None


def replace(context: InterceptionContext, undo: ExitStack) -> None:
    """Answer for the providers until `undo` restores aiohttp's own methods."""
    _use_context(context)
    undo.callback(_use_context, None)
    kinds = [kind for kind in vars(connectors).values() if isinstance(kind, type)]
    for kind in kinds:
        if issubclass(kind, BaseConnector):
            _replace(kind, "_create_connection", _creating, undo)
    _replace(BaseConnector, "_get", _getting, undo)


def _use_context(context: InterceptionContext | None) -> None:
    global _context, _websockets
    if _websockets is not None:
        _websockets.cut_all()
    _context, _websockets = context, None if context is None else WebSockets(context)


def _replace(kind: type, name: str, wrap: Callable[..., Any], undo: ExitStack) -> None:
    real = vars(kind).get(name)
    if real is not None:
        undo.callback(setattr, kind, name, real)
        setattr(kind, name, wrap(real))


def _getting(real: _Get) -> _Get:
    async def get(connector: Any, key: Any, *traces: Any) -> Any:
        if _names(key.host, key.port, "https" if key.is_ssl else "http"):
            return None  # a connection from before the outage leads to the real provider
        return await real(connector, key, *traces)

    return get


def _creating(real: _Create) -> _Create:
    async def create_connection(
        connector: Any, request: ClientRequest, traces: Any, limits: ClientTimeout
    ) -> Any:
        url, context = request.url, _context
        names = _names(url.raw_host, url.port, url.scheme)
        if context is None or not names:
            if context is not None:
                host = str(url.raw_host)
                context.warn_of_unknown_provider(
                    request.method, url.scheme, host, url.port, url.path
                )
            return await real(connector, request, traces, limits)
        if _websockets is not None and is_upgrade(request.method, _headers(request)):
            return await _upgrading(_websockets, request, limits)
        origin = (url.scheme, str(url.raw_host), url.port)
        keep = 0.0 if connector.force_close else connector._keepalive_timeout
        exchange = InterceptedExchange(
            context, names, await _wire(request), connector, origin, keep=keep
        )
        with exchange:
            await _connect(exchange, request, limits)
            return ReplyConnection(exchange, request, limits)

    return create_connection


def _names(host: str | None, port: int | None, scheme: str) -> tuple[str, ...]:
    """The names of the providers at an address; none after the outage."""
    return _context.hosts.names(host or "", port, scheme) if _context is not None else ()


class _Written:
    """A stream writer that keeps what a request body writes."""

    def __init__(self) -> None:
        self.data = b""

    async def write(self, data: bytes) -> None:
        self.data += data


async def _body(request: ClientRequest) -> bytes:
    body: Any = request.body
    if isinstance(body, bytes):
        return body
    written = _Written()
    await body.write(written)
    return written.data


async def _wire(request: ClientRequest) -> WireRequest:
    url, body = request.url, await _body(request)
    host, path, query = str(url.raw_host), url.raw_path, url.raw_query_string
    return WireRequest(request.method, host, path, query, _headers(request), body)


def _headers(request: ClientRequest) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


async def _upgrading(
    websockets: WebSockets, request: ClientRequest, limits: ClientTimeout
) -> ResponseHandler:
    """A connection on which aiohttp sends its request to upgrade, and frames behind it."""
    url, loop = request.url, asyncio.get_running_loop()
    host, ssl = str(url.raw_host), url.scheme in ("https", "wss")
    address = (host, url.port or SCHEME_PORTS[url.scheme])
    protocol = ResponseHandler(loop)
    try:
        async with ceil_timeout(limits.sock_connect, limits.ceil_threshold):
            await event_loops.connect(websockets, lambda: protocol, address, ssl, host)
    except socket.gaierror as error:
        raise ClientConnectorDNSError(request.connection_key, error) from error
    except OSError as error:
        if error.errno is None and isinstance(error, TimeoutError):
            raise  # the client's own limit
        raise ClientConnectorError(request.connection_key, error) from error
    return protocol


async def _connect(
    exchange: InterceptedExchange, request: ClientRequest, limits: ClientTimeout
) -> None:
    """Raise aiohttp's error for a failed connection after its real delay, if it fails."""
    why = exchange.unconnected
    if why is None:
        return
    timeouts = ClientTimeouts(request, limits.sock_connect, limits.connect)
    try:
        async with ceil_timeout(limits.sock_connect, limits.ceil_threshold):
            await anyio.sleep(LAST_SYN if why is Ending.CONNECT_TIMEOUT else exchange.reply.wait)
    except (TimeoutError, asyncio.CancelledError):
        exchange.leave(timeouts.journal_ending())
        raise
    exchange.end(why)
    error = _error(why, request)
    raise error from error.os_error


def _error(why: Ending, request: ClientRequest) -> ClientConnectorError:
    key = request.connection_key
    if why is Ending.UNRESOLVED:
        return ClientConnectorDNSError(key, socket.gaierror(-2, "Name or service not known"))
    if why is Ending.TLS_FAILED:
        return ClientConnectorError(key, ConnectionResetError())
    code = errno.ETIMEDOUT if why is Ending.CONNECT_TIMEOUT else errno.ECONNREFUSED
    return ClientConnectorError(key, OSError(code, f"Connect call failed {_UNREACHABLE_ADDRESS}"))
