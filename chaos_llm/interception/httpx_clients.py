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

from chaos_llm.interception.context import InterceptionContext
from chaos_llm.interception.foreign_stubs import tell_of_stubs
from chaos_llm.interception.httpx_exchange import HttpxExchange

LIBRARIES = tuple(name for name in ("httpx", "httpx2") if importlib.util.find_spec(name))

_context: InterceptionContext | None = (
    None  # None for a replacement that somebody kept beyond the outage
)


@contextmanager
def intercepted(context: InterceptionContext) -> Iterator[None]:
    """Answer for the providers, and give both libraries their own transports back."""
    with ExitStack() as undo:
        undo.callback(_play_on, None)
        _play_on(context)
        for library in LIBRARIES:
            module = importlib.import_module(library)
            for transport, method, replacement in (
                (module.HTTPTransport, "handle_request", _sync),
                (module.AsyncHTTPTransport, "handle_async_request", _async),
            ):
                real = vars(transport)[method]
                undo.callback(setattr, transport, method, real)
                setattr(transport, method, replacement(module, real))
        yield


def _play_on(context: InterceptionContext | None) -> None:
    global _context  # noqa: PLW0603 - one outage a process, and the transports are classes
    _context = context


def _sync(module: Any, real: Callable[..., Any]) -> Callable[..., Any]:
    library = module.__name__

    def handle_request(transport: Any, request: Any) -> Any:
        context = _context
        if context is None:
            return real(transport, request)
        names = _names(context, request)
        if not names:
            answer = context.services and context.services.answer(library, request)
            return real(transport, request) if answer is None else answer
        body = request.read()
        tell_of_stubs(context.say, library, request)
        visit = HttpxExchange(context, module, request, names, body, transport=transport)
        with visit:
            step = visit.headers_step()
            visit.pause(step)
            visit.arrive(step)
        return visit.response()

    return handle_request


def _async(module: Any, real: Callable[..., Any]) -> Callable[..., Any]:
    library = module.__name__

    async def handle_async_request(transport: Any, request: Any) -> Any:
        context = _context
        if context is None:
            return await real(transport, request)
        names = _names(context, request)
        if not names:
            answer = context.services and await context.services.answer_async(library, request)
            return await real(transport, request) if answer is None else answer
        body = await request.aread()
        tell_of_stubs(context.say, library, request)
        visit = HttpxExchange(
            context, module, request, names, body, transport=transport, is_async=True
        )
        with visit:
            step = visit.headers_step()
            await anyio.sleep(step.pause)
            visit.arrive(step)
        return visit.response()

    return handle_async_request


def _names(context: InterceptionContext, request: Any) -> tuple[str, ...]:
    """The providers that a request is for."""
    url = request.url
    return context.hosts.names(url.host, url.port, url.scheme)
