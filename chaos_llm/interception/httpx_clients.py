"""Interception of httpx and httpx2: their transports answer for the providers' hosts.

Clients, mounts, proxies, hooks and wrappers for retries above the transport stay real. The two
libraries share no class (httpx2 is a fork), so each is patched separately. The transport's class is
patched, so clients that were made before the outage follow.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import anyio

from chaos_llm.engine.plain_replies import Plain, PlainReply
from chaos_llm.engine.reply_timing import AT_ONCE, FOREVER, Step, pool_timeout, read_timeout
from chaos_llm.interception import cassette_playback
from chaos_llm.interception.connection_reuse import Origin
from chaos_llm.interception.context import InterceptionContext
from chaos_llm.interception.foreign_stubs import (
    RESPX,
    mock_transport_warning,
    stubs_below,
    warn_of_unused_stubs,
)
from chaos_llm.interception.httpx_exchange import HttpxExchange, ask, plain_response
from chaos_llm.interception.httpx_pool import Connection, Pool
from chaos_llm.interception.httpx_tls import share_tls_contexts
from chaos_llm.protocol.messages import Reply

_handlers: dict[tuple[str, bool], Callable[..., Any]] = {}
_context: InterceptionContext | None = (
    None  # None after the outage, when code may still hold a replaced method
)


@contextmanager
def intercepted(context: InterceptionContext) -> Iterator[None]:
    """Answer requests of the transports that `replace_httpx` and `replace_httpx2` replace."""
    with ExitStack() as undo:
        undo.callback(_use_context, None)
        undo.callback(_handlers.clear)
        _use_context(context)
        yield


def replace_httpx(_context: InterceptionContext, undo: ExitStack) -> None:
    """Replace the transports of httpx, which has been imported."""
    _replace("httpx", undo)


def replace_httpx2(_context: InterceptionContext, undo: ExitStack) -> None:
    """The same for httpx2."""
    _replace("httpx2", undo)


def _replace(library: str, undo: ExitStack) -> None:
    share_tls_contexts(library, undo)
    module = importlib.import_module(library)
    for transport, method, replacement in (
        (module.HTTPTransport, "handle_request", _sync),
        (module.AsyncHTTPTransport, "handle_async_request", _async),
    ):
        real = vars(transport)[method]
        undo.callback(setattr, transport, method, real)
        handler = replacement(module, real)
        _handlers[library, replacement is _async] = handler
        setattr(transport, method, handler)
    for method in ("handle_request", "handle_async_request"):
        real = vars(module.MockTransport)[method]
        undo.callback(setattr, module.MockTransport, method, real)
        setattr(module.MockTransport, method, _recording(real))


def handler_of(library: str, *, is_async: bool) -> Callable[..., Any]:
    """The replacement of a library's transport method, even if a mock has replaced it since."""
    return _handlers[library, is_async]


def _use_context(context: InterceptionContext | None) -> None:
    global _context  # noqa: PLW0603 - one outage a process, and the transports are classes
    _context = context


def _sync(module: Any, real: Callable[..., Any]) -> Callable[..., Any]:
    library, below = module.__name__, stubs_below(real, cassette_playback.use)

    def handle_request(transport: Any, request: Any) -> Any:
        context = _context
        if context is None:
            return real(transport, request)
        address = context.addresses.of(module, request.url)
        if not address.names:
            answer = context.services and context.services.answer(library, request)
            if answer is not None:
                return answer
            context.warn_of_unknown_provider(*_endpoint(request))
            return real(transport, request)
        body = request.read()
        if RESPX in sys.modules:
            warn_of_unused_stubs(context.warn, library, request)
        if below is not None:
            below(context, transport, request)
        pool = context.pools.of(transport)
        connection = pool.take(address.origin)
        if connection is None:
            found = _wait(context, pool, address.origin, pool_timeout(request.extensions))
            connection = _or_timeout(module, request, found)
        wire, record, reply = ask(context, module, request, address, body, pool, connection)
        # A client that waits no time for its bytes gets none.
        if type(reply) is PlainReply and read_timeout(request.extensions) != 0:
            record.end = "complete"
            return plain_response(context, module, record, reply, pool, connection)
        exchange = HttpxExchange(
            context, module, request, address.names, wire, record, pool, connection
        )
        return _answered(exchange, reply)

    return handle_request


def _async(module: Any, real: Callable[..., Any]) -> Callable[..., Any]:
    library, below = module.__name__, stubs_below(real, cassette_playback.use)

    async def handle_async_request(transport: Any, request: Any) -> Any:
        context = _context
        if context is None:
            return await real(transport, request)
        address = context.addresses.of(module, request.url)
        if not address.names:
            answer = context.services and await context.services.answer_async(library, request)
            if answer is not None:
                return answer
            context.warn_of_unknown_provider(*_endpoint(request))
            return await real(transport, request)
        body = await request.aread()
        if RESPX in sys.modules:
            warn_of_unused_stubs(context.warn, library, request)
        if below is not None:
            below(context, transport, request)
        pool = context.pools.of(transport)
        connection = pool.take(address.origin)
        if connection is None:
            found = await pool.wait_async(address.origin, pool_timeout(request.extensions))
            connection = _or_timeout(module, request, found)
        wire, record, reply = ask(context, module, request, address, body, pool, connection)
        if type(reply) is PlainReply and read_timeout(request.extensions) != 0:
            response = plain_response(context, module, record, reply, pool, connection)
            with response.stream:
                await anyio.sleep(AT_ONCE.pause)  # lets other tasks run
            context.end(record, "complete")
            return response
        exchange = HttpxExchange(
            context, module, request, address.names, wire, record, pool, connection
        )
        return await _answered_async(exchange, reply)

    return handle_async_request


def _answered(exchange: HttpxExchange, reply: Reply | Plain) -> Any:
    """The response with this reply, when its headers have come."""
    exchange.sends(reply)
    with exchange:
        step = exchange.headers_step()
        exchange.pause(step)
        if exchange.pool.retries and step.failure is not None:
            step = _retried(exchange, step)
        exchange.arrive(step)
    return exchange.response()


async def _answered_async(exchange: HttpxExchange, reply: Reply | Plain) -> Any:
    """The same for an async client."""
    exchange.is_async = True
    exchange.sends(reply)
    with exchange:
        step = exchange.headers_step()
        await anyio.sleep(step.pause)
        if exchange.pool.retries and step.failure is not None:
            step = await _retried_async(exchange, step)
        exchange.arrive(step)
    return exchange.response()


def _recording(real: Callable[..., Any]) -> Callable[..., Any]:
    """Warn that a MockTransport of the app answers for a provider."""

    def handle(transport: Any, request: Any) -> Any:  # async, where the real one is
        context = _context
        if context is not None and _names(context, request):
            context.warn(mock_transport_warning(request.url.host))
        return real(transport, request)

    return handle


def _retried(exchange: HttpxExchange, step: Step) -> Step:
    """The first step of the last attempt, after the transport's own retries of a connection."""
    for pause in exchange.pool.pauses():
        if not exchange.fails_to_connect(step):
            break
        exchange.fail(step)
        exchange.context.sleep(pause, exchange.wire)
        step = exchange.begin_again()
        exchange.pause(step)
    return step


async def _retried_async(exchange: HttpxExchange, step: Step) -> Step:
    """The same for an async client."""
    for pause in exchange.pool.pauses():
        if not exchange.fails_to_connect(step):
            break
        exchange.fail(step)
        await anyio.sleep(pause)
        step = exchange.begin_again()
        await anyio.sleep(step.pause)
    return step


def _wait(
    context: InterceptionContext, pool: Pool, origin: Origin, limit: float | None
) -> Connection | None:
    """Wait for a free connection; without threads on the clock no other thread can free one."""
    if context.clock.manages_threads:
        return pool.wait(origin, limit)
    context.clock.sleep(FOREVER if limit is None else limit)
    return None


def _or_timeout(module: Any, request: Any, connection: Connection | None) -> Connection:
    if connection is None:
        raise module.PoolTimeout("", request=request)  # httpcore's message is empty, too
    return connection


def _endpoint(request: Any) -> tuple[str, str, str, int | None, str]:
    url = request.url
    return request.method, url.scheme, url.host, url.port, url.path


def _names(context: InterceptionContext, request: Any) -> tuple[str, ...]:
    """The names of the providers at the host of a request."""
    url = request.url
    return context.hosts.names(url.host, url.port, url.scheme)
