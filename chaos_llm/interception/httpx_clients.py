"""httpx and httpx2, in process: the leaf transports answer for the providers' hosts.

Clients, mounts, proxies, hooks and retry wrappers above the leaf stay real. The two libraries share
no class (httpx2 is a fork), so each is replaced on its own; a client that was made before the
outage follows, because its transport's class is what changes.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import anyio

from chaos_llm.engine.reply_timing import FOREVER, Step, pool_timeout
from chaos_llm.interception.connection_reuse import Origin
from chaos_llm.interception.context import InterceptionContext
from chaos_llm.interception.foreign_stubs import own_transport, stubs_below, tell_of_stubs
from chaos_llm.interception.httpx_exchange import HttpxExchange
from chaos_llm.interception.httpx_pool import Connection, Pool

LIBRARIES = tuple(name for name in ("httpx", "httpx2") if importlib.util.find_spec(name))

_handlers: dict[tuple[str, bool], Callable[..., Any]] = {}
_context: InterceptionContext | None = (
    None  # None for a replacement that somebody kept beyond the outage
)


@contextmanager
def intercepted(context: InterceptionContext) -> Iterator[None]:
    """Answer for the providers, and give both libraries their own transports back."""
    with ExitStack() as undo:
        undo.callback(_play_on, None)
        undo.callback(_handlers.clear)
        _play_on(context)
        for library in LIBRARIES:
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
                setattr(module.MockTransport, method, _noting(real))
        yield


def handler_of(library: str, *, is_async: bool) -> Callable[..., Any]:
    """What stands in for a library's transport, whatever another mock has put on top of it."""
    return _handlers[library, is_async]


def _play_on(context: InterceptionContext | None) -> None:
    global _context  # noqa: PLW0603 - one outage a process, and the transports are classes
    _context = context


def _sync(module: Any, real: Callable[..., Any]) -> Callable[..., Any]:
    library, below = module.__name__, stubs_below(real)

    def handle_request(transport: Any, request: Any) -> Any:
        context = _context
        if context is None:
            return real(transport, request)
        names = _names(context, request)
        if not names:
            answer = context.services and context.services.answer(library, request)
            if answer is not None:
                return answer
            context.tell_of_other_answer(*_endpoint(request))
            return real(transport, request)
        body = request.read()
        tell_of_stubs(context.say, library, request)
        if below is not None:
            context.say(below(transport, request))
        pool, origin = context.pools.of(transport), _origin(request)
        connection = pool.take(origin, context.clock.now)
        if connection is None:
            found = _wait(context, pool, origin, pool_timeout(request.extensions))
            connection = _or_timeout(module, request, found)
        visit = HttpxExchange(
            context, module, request, names, body, pool=pool, connection=connection
        )
        with visit:
            step = visit.headers_step()
            visit.pause(step)
            if pool.retries and step.failure is not None:
                step = _retried(visit, step)
            visit.arrive(step)
        return visit.response()

    return handle_request


def _async(module: Any, real: Callable[..., Any]) -> Callable[..., Any]:
    library, below = module.__name__, stubs_below(real)

    async def handle_async_request(transport: Any, request: Any) -> Any:
        context = _context
        if context is None:
            return await real(transport, request)
        names = _names(context, request)
        if not names:
            answer = context.services and await context.services.answer_async(library, request)
            if answer is not None:
                return answer
            context.tell_of_other_answer(*_endpoint(request))
            return await real(transport, request)
        body = await request.aread()
        tell_of_stubs(context.say, library, request)
        if below is not None:
            context.say(below(transport, request))
        pool, origin = context.pools.of(transport), _origin(request)
        connection = pool.take(origin, context.clock.now)
        if connection is None:
            found = await pool.wait_async(origin, pool_timeout(request.extensions))
            connection = _or_timeout(module, request, found)
        visit = HttpxExchange(
            context, module, request, names, body, pool=pool, connection=connection, is_async=True
        )
        with visit:
            step = visit.headers_step()
            await anyio.sleep(step.pause)
            if pool.retries and step.failure is not None:
                step = await _retried_async(visit, step)
            visit.arrive(step)
        return visit.response()

    return handle_async_request


def _noting(real: Callable[..., Any]) -> Callable[..., Any]:
    """Say aloud that a transport which the app was given answers for a provider."""

    def handle(transport: Any, request: Any) -> Any:  # async, where the real one is
        context = _context
        if context is not None and _names(context, request):
            context.say(own_transport(request.url.host))
        return real(transport, request)

    return handle


def _retried(visit: HttpxExchange, step: Step) -> Step:
    """What comes of a transport's own retries, where no connection stood."""
    for pause in visit.pool.pauses():
        if not visit.fails_to_connect(step):
            break
        visit.fail(step)
        visit.context.sleep(pause, visit.wire)
        step = visit.begin_again()
        visit.pause(step)
    return step


async def _retried_async(visit: HttpxExchange, step: Step) -> Step:
    """The same for an async client."""
    for pause in visit.pool.pauses():
        if not visit.fails_to_connect(step):
            break
        visit.fail(step)
        await anyio.sleep(pause)
        step = visit.begin_again()
        await anyio.sleep(step.pause)
    return step


def _wait(
    context: InterceptionContext, pool: Pool, origin: Origin, limit: float | None
) -> Connection | None:
    """Wait for a free connection; without threads on the clock there is nobody to free one."""
    if context.clock.manages_threads:
        return pool.wait(origin, limit)
    context.clock.sleep(FOREVER if limit is None else limit)
    return None


def _or_timeout(module: Any, request: Any, connection: Connection | None) -> Connection:
    if connection is None:
        raise module.PoolTimeout("", request=request)  # httpcore says nothing, either
    return connection


def _origin(request: Any) -> Origin:
    url = request.url
    return url.scheme, url.host, url.port


def _endpoint(request: Any) -> tuple[str, str, str, int | None, str]:
    url = request.url
    return request.method, url.scheme, url.host, url.port, url.path


def _names(context: InterceptionContext, request: Any) -> tuple[str, ...]:
    """The providers that a request is for."""
    url = request.url
    return context.hosts.names(url.host, url.port, url.scheme)
