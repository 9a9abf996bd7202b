"""urllib3, in process, and with it botocore, requests and what is built on them.

The pool that a request goes through is copied for it, and the copy's connection gets a socket that
plays the reply. Pools, retries, redirects and the parser of replies stay urllib3's and botocore's
own; a client that was made before the outage follows, because its pool's class is what changes.
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
from chaos_llm.interception.context import InterceptionContext
from chaos_llm.interception.foreign_stubs import unplayed
from chaos_llm.interception.intercepted_exchange import InterceptedExchange
from chaos_llm.interception.socket_seams import PLAYED
from chaos_llm.interception.urllib3_socket import PlayedSocket
from chaos_llm.protocol.messages import Ending, WireRequest

_ASKED = "_chaos_llm_asked"  # the pool that a copy was made of

_context: InterceptionContext | None = (
    None  # None for a method that somebody keeps beyond the outage
)


def replace(context: InterceptionContext, undo: ExitStack) -> None:
    """Answer for the providers until `undo` gives urllib3 its own method back."""
    real = HTTPConnectionPool.urlopen
    undo.callback(_play_on, None)
    undo.callback(setattr, HTTPConnectionPool, "urlopen", real)
    _play_on(context)
    setattr(HTTPConnectionPool, "urlopen", _opening(real))  # noqa: B010 - mypy: a method


def _play_on(context: InterceptionContext | None) -> None:
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
        if context is None or not names or pool.pool is None:  # None: closed, as urllib3 will say
            if context is not None and not names:
                path = urlsplit(url).path
                context.tell_of_other_answer(method, pool.scheme, pool.host, pool.port, path)
            return real(pool, method, url, body, headers, *args, **more)
        body, asked = _whole(body), getattr(pool, _ASKED, pool)
        wire = _wire(pool.host, method, url, pool.headers if headers is None else headers, body)
        asks = _Asking(context, names, wire, asked)
        if (cassette := getattr(pool.ConnectionCls, "cassette", None)) is not None:
            context.say(unplayed(cassette, pool.host))
        with asks:
            return real(_playing(asked, asks), method, url, body, headers, *args, **more)

    return urlopen


def _whole(body: Any) -> Any:
    """The body as far as it can be read but once: a provider decides before it is sent."""
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


class _Asking:
    """One request; it reaches the provider when its pool has a connection for it."""

    def __init__(
        self, context: InterceptionContext, names: tuple[str, ...], wire: WireRequest, pool: Any
    ) -> None:
        self._context, self._names, self._wire, self._pool = context, names, wire, pool
        self._visit: InterceptedExchange | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and self._visit is not None:
            self._visit.leave()

    def begin(self) -> InterceptedExchange:
        pool = self._pool
        origin, most = (pool.scheme, pool.host, pool.port), pool.pool.maxsize or inf
        self._visit = visit = InterceptedExchange(
            self._context, self._names, self._wire, pool, origin, keep=None, most=most
        )
        return visit


def _playing(pool: Any, asks: _Asking) -> Any:
    """A copy of the pool for one request; it has no connection and no proxy yet."""
    copied = copy.copy(pool)
    setattr(copied, _ASKED, pool)  # which a retry of urllib3's own goes back to
    copied.pool = _Slot(pool.pool)
    copied.proxy, copied.proxy_headers, copied.proxy_config = None, {}, None
    copied.conn_kw = {key: value for key, value in pool.conn_kw.items() if "proxy" not in key}

    kind = pool.ConnectionCls
    while hasattr(kind, "_baseclass"):  # vcr's, in the place of a library's own
        kind = kind._baseclass

    def connection(**options: Any) -> Any:
        made, visit = kind(**options), asks.begin()
        found = weakref.ref(made)  # so that what is dropped unread is gone at once
        made.connect = lambda: _connect(found(), visit)
        setattr(made, PLAYED, True)
        return made

    copied.ConnectionCls, copied._get_conn = connection, partial(_get_conn, copied)
    return copied


def _get_conn(pool: Any, timeout: float | None = None) -> Any:
    """What urllib3's own does, also where vcr has replaced that."""
    try:
        pool.pool.get(block=pool.block, timeout=timeout)
    except queue.Empty:
        if pool.block:
            text = "Pool is empty and a new connection can't be opened due to blocking mode."
            raise exceptions.EmptyPoolError(pool, text) from None
    return pool._new_conn()


class _Slot:
    """In the place of a pool's queue: one of its connections is in use, and none is handed out.

    So the pool's `maxsize` and `block` mean what they mean on a wire; what is in the queue may be a
    connection from before the outage, which leads to the real provider.
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


def _connect(connection: Any, visit: InterceptedExchange) -> None:
    """Connect, or raise what urllib3 raises where no connection ever stands, when it does."""
    why, wait = visit.unconnected, visit.reply.wait
    if why is None:
        connection.sock, connection.is_verified = PlayedSocket(visit), True
        return
    if why is Ending.CONNECT_TIMEOUT:
        limit, wait = connection.timeout, LAST_SYN
        if isinstance(limit, int | float) and limit < wait:
            visit.sleep(limit)
            visit.leave("timeout")
            text = f"Connection to {connection.host} timed out. (connect timeout={limit})"
            raise exceptions.ConnectTimeoutError(connection, text)
    visit.sleep(wait)
    visit.end(why)
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
