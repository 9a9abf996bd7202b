"""Interception of urllib3, and so of botocore, requests and libraries based on them.

Each request gets a copy of its pool, whose connection has a socket that delivers the simulated
reply. Pools, retries, redirects and the parser of replies are urllib3's and botocore's own. The
pool's class is patched, so clients that were made before the outage follow.
"""

from __future__ import annotations

import copy
import errno
import os
import queue
import socket
import ssl
import weakref
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from functools import partial
from math import inf
from typing import Any
from urllib.parse import urlsplit

from urllib3 import HTTPConnectionPool, exceptions

from chaos_llm.engine.reply_timing import LAST_SYN, TLS_EOF
from chaos_llm.interception import cassette_playback
from chaos_llm.interception.context import InterceptionContext
from chaos_llm.interception.intercepted_exchange import InterceptedExchange
from chaos_llm.interception.socket_seams import SIMULATED
from chaos_llm.interception.urllib3_socket import ReplySocket
from chaos_llm.protocol.messages import Ending, WireRequest

_ORIGINAL = "_chaos_llm_original"  # the pool that a copy was made of

_context: InterceptionContext | None = (
    None  # None after the outage, when code may still hold the replaced method
)


def replace(context: InterceptionContext, undo: ExitStack) -> None:
    """Answer for the providers until `undo` restores urllib3's own method."""
    real = HTTPConnectionPool.urlopen
    undo.callback(_use_context, None)
    undo.callback(setattr, HTTPConnectionPool, "urlopen", real)
    _use_context(context)
    setattr(HTTPConnectionPool, "urlopen", _opening(real))  # noqa: B010 - mypy: a method


def _use_context(context: InterceptionContext | None) -> None:
    global _context  # noqa: PLW0603 - one outage a process, and pools are classes
    _context = context


def _opening(real: Callable[..., Any]) -> Callable[..., Any]:
    def urlopen(  # urllib3's own parameters, as far as they are of interest
        pool: Any,
        method: str,
        url: str,
        body: Any = None,
        headers: Any = None,
        *args: Any,
        **more: Any,
    ) -> Any:
        context = _context
        names = (
            context.hosts.names(pool.host, pool.port, pool.scheme) if context is not None else ()
        )
        if context is None or not names or pool.pool is None:  # None: closed; urllib3 raises
            if context is not None and not names:
                path = urlsplit(url).path
                context.warn_of_unknown_provider(method, pool.scheme, pool.host, pool.port, path)
            return real(pool, method, url, body, headers, *args, **more)
        body, original = _as_bytes(body), getattr(pool, _ORIGINAL, pool)
        wire = _wire(pool.host, method, url, pool.headers if headers is None else headers, body)
        pending = _PendingRequest(context, names, wire, original)
        if (cassette := getattr(pool.ConnectionCls, "cassette", None)) is not None:
            cassette_playback.use(context, cassette, pool.host)
        with pending:
            return real(_copied_pool(original, pending), method, url, body, headers, *args, **more)

    return urlopen


def _as_bytes(body: Any) -> Any:
    """Read a body that can be read only once, because the provider answers before it is sent."""
    if body is None or isinstance(body, str | bytes):
        return body
    if hasattr(body, "read"):
        return body.read()
    if isinstance(body, Iterable) and not isinstance(body, bytearray | memoryview):
        return b"".join(part.encode() if isinstance(part, str) else part for part in body)
    return bytes(body)


def _wire(host: str, method: str, url: str, headers: Mapping[Any, Any], body: Any) -> WireRequest:
    parts, sent = urlsplit(url), body or b""
    named = {_text(name).lower(): _text(value) for name, value in headers.items()}
    sent = sent.encode() if isinstance(sent, str) else sent
    return WireRequest(method.upper(), host, parts.path or "/", parts.query, named, sent)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


class _PendingRequest:
    """A request that reaches the provider when its pool has a connection for it."""

    def __init__(
        self, context: InterceptionContext, names: tuple[str, ...], wire: WireRequest, pool: Any
    ) -> None:
        self._context, self._names, self._wire, self._pool = context, names, wire, pool
        self._exchange: InterceptedExchange | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and self._exchange is not None:
            self._exchange.leave()

    def begin(self) -> InterceptedExchange:
        pool = self._pool
        origin, max_idle = (pool.scheme, pool.host, pool.port), pool.pool.maxsize or inf
        self._exchange = exchange = InterceptedExchange(
            self._context, self._names, self._wire, pool, origin, keep=None, max_idle=max_idle
        )
        return exchange


def _copied_pool(pool: Any, pending: _PendingRequest) -> Any:
    """Copy the pool for one request; the copy has no connection yet, and no proxy."""
    copied = copy.copy(pool)
    setattr(copied, _ORIGINAL, pool)  # for retries by urllib3, which call the copy's `urlopen`
    copied.pool = _PoolQueue(pool.pool)
    copied.proxy, copied.proxy_headers, copied.proxy_config = None, {}, None
    copied.conn_kw = {key: value for key, value in pool.conn_kw.items() if "proxy" not in key}

    kind = pool.ConnectionCls
    while hasattr(kind, "_baseclass"):  # vcrpy's class, whose `_baseclass` is the library's own
        kind = kind._baseclass

    def connection(**options: Any) -> Any:
        made, exchange = kind(**options), pending.begin()
        found = weakref.ref(made)  # weak, so that an unread connection is freed at once
        made.connect = lambda: _connect(found(), exchange)
        setattr(made, SIMULATED, True)
        return made

    copied.ConnectionCls, copied._get_conn = connection, partial(_get_conn, copied)
    return copied


def _get_conn(pool: Any, timeout: float | None = None) -> Any:
    """Like urllib3's own method, also where vcrpy has replaced that."""
    try:
        pool.pool.get(block=pool.block, timeout=timeout)
    except queue.Empty:
        if pool.block:
            text = "Pool is empty and a new connection can't be opened due to blocking mode."
            raise exceptions.EmptyPoolError(pool, text) from None
    return pool._new_conn()


class _PoolQueue:
    """Replaces a pool's queue: it takes one connection out of it, but does not use it.

    So the pool's `maxsize` and `block` work as on a real network. The connection in the queue may
    be from before the outage and lead to the real provider.
    """

    def __init__(self, connections: Any) -> None:
        self._connections, self._taken = connections, None

    def get(self, block: bool = True, timeout: float | None = None) -> None:
        self._taken = self._connections.get(block=block, timeout=timeout)

    def put(self, _: Any, block: bool = True) -> None:
        taken, self._taken = self._taken, None
        self._connections.put(taken, block=block)

    def qsize(self) -> int:
        return int(self._connections.qsize())


def _connect(connection: Any, exchange: InterceptedExchange) -> None:
    """Connect, or raise urllib3's error for a failed connection after its real delay."""
    why, wait = exchange.unconnected, exchange.reply.wait
    if why is None:
        connection.sock, connection.is_verified = ReplySocket(exchange), True
        return
    if why is Ending.CONNECT_TIMEOUT:
        limit, wait = connection.timeout, LAST_SYN
        if isinstance(limit, int | float) and limit < wait:
            exchange.sleep(limit)
            exchange.leave("timeout")
            text = f"Connection to {connection.host} timed out. (connect timeout={limit})"
            raise exceptions.ConnectTimeoutError(connection, text)
    exchange.sleep(wait)
    exchange.end(why)
    raise _error(why, connection)


def _error(why: Ending, connection: Any) -> Exception:
    if why is Ending.TLS_FAILED:
        return ssl.SSLEOFError(int(ssl.SSL_ERROR_EOF), TLS_EOF)
    if why is Ending.UNRESOLVED:
        unknown = socket.gaierror(-2, "Name or service not known")
        if hasattr(exceptions, "NameResolutionError"):  # not in urllib3 1
            return exceptions.NameResolutionError(connection.host, connection, unknown)
        return _not_connected(connection, unknown)
    late = why is Ending.CONNECT_TIMEOUT
    code = errno.ETIMEDOUT if late else errno.ECONNREFUSED
    return _not_connected(connection, OSError(code, os.strerror(code)))


def _not_connected(connection: Any, why: OSError) -> Exception:
    text = f"Failed to establish a new connection: {why}"
    return exceptions.NewConnectionError(connection, text)
