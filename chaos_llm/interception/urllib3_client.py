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
from typing import Any
from urllib.parse import urlsplit

from urllib3 import HTTPConnectionPool, exceptions

from chaos_llm.engine.reply_timing import LAST_SYN, TLS_EOF
from chaos_llm.interception.context import InterceptionContext
from chaos_llm.interception.intercepted_exchange import InterceptedExchange
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
            return real(pool, method, url, body, headers, *args, **more)
        body, asked = _whole(body), getattr(pool, _ASKED, pool)
        wire = _wire(pool.host, method, url, pool.headers if headers is None else headers, body)
        visit = InterceptedExchange(
            context, names, wire, asked, (pool.scheme, pool.host, pool.port), keep=None
        )
        with visit:
            return real(_playing(asked, visit), method, url, body, headers, *args, **more)

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


def _playing(pool: Any, visit: InterceptedExchange) -> Any:
    """A copy of the pool for one request; it has no connection and no proxy yet."""
    copied = copy.copy(pool)
    setattr(copied, _ASKED, pool)  # which a retry of urllib3's own goes back to
    copied.pool, copied.block = queue.LifoQueue(1), False
    copied.proxy, copied.proxy_headers, copied.proxy_config = None, {}, None
    copied.conn_kw = {key: value for key, value in pool.conn_kw.items() if "proxy" not in key}

    def connection(**options: Any) -> Any:
        made = pool.ConnectionCls(**options)
        found = weakref.ref(made)  # so that what is dropped unread is gone at once
        made.connect = lambda: _connect(found(), visit)
        return made

    copied.ConnectionCls = connection
    return copied


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
