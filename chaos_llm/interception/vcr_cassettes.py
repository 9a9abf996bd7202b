"""vcrpy and pytest-recording: vcrpy neither replays nor records requests to the providers.

The answers of its cassettes become the healthy answers of the providers: cassette_playback.py.

vcrpy replaces httpx's transports, aiohttp's requests and the connections of http.client, urllib3
and botocore. urllib3_client.py handles the connections.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

from chaos_llm.interception import cassette_playback
from chaos_llm.interception.context import InterceptionContext
from chaos_llm.interception.foreign_stubs import cassette_of
from chaos_llm.interception.httpx_clients import handler_of

# The intercepted transports; others, such as ASGITransport, belong to the app.
_OURS = ("HTTPTransport", "AsyncHTTPTransport")


def replace(context: InterceptionContext, undo: ExitStack) -> None:
    """Let requests to the providers bypass every cassette, whenever it was inserted."""
    from vcr.stubs import aiohttp_stubs, httpx_stubs  # noqa: PLC0415 - vcr has been imported

    for name, is_async in (("_vcr_handle_request", False), ("_vcr_handle_async_request", True)):
        real = getattr(httpx_stubs, name, None)
        if real is not None:
            _put(undo, httpx_stubs, name, _handling(context, real, is_async=is_async))
    made = aiohttp_stubs.vcr_request
    _put(undo, aiohttp_stubs, "vcr_request", lambda *a: _requesting(context, made(*a), *a))
    _unwrap_what_is_inserted(context, undo)


def _handling(
    context: InterceptionContext, real: Callable[..., Any], *, is_async: bool
) -> Callable[..., Any]:
    def handle(cassette: Any, below: Any, transport: Any, request: Any, httpx: Any) -> Any:
        url = request.url
        is_ours = type(transport).__name__ in _OURS
        if not is_ours or not context.hosts.names(url.host, url.port, url.scheme):
            return real(cassette, below, transport, request, httpx)
        cassette_playback.use(context, cassette, url.host)
        return handler_of(httpx.__name__, is_async=is_async)(transport, request)

    return handle


def _requesting(
    context: InterceptionContext,
    recorded: Callable[..., Any],
    cassette: Any,
    real: Callable[..., Any],
) -> Callable[..., Any]:
    """Wrap aiohttp's request method, so that requests to a provider bypass the cassette."""

    async def request(session: Any, method: Any, url: Any, **options: Any) -> Any:
        parts = urlsplit(str(session._build_url(url)))
        if not parts.hostname or not context.hosts.names(parts.hostname, parts.port, parts.scheme):
            return await recorded(session, method, url, **options)
        cassette_playback.use(context, cassette, parts.hostname)
        return await real(session, method, url, **options)

    return request


def _unwrap_what_is_inserted(context: InterceptionContext, undo: ExitStack) -> None:
    """Wrap aiohttp's method also where a cassette from before the outage has replaced it."""
    from aiohttp import ClientSession  # noqa: PLC0415 - aiohttp_stubs has imported it

    recorded = ClientSession._request
    cassette = cassette_of(recorded)
    if cassette is not None:
        real = inspect.unwrap(recorded)
        _put(undo, ClientSession, "_request", _requesting(context, recorded, cassette, real))


def _put(undo: ExitStack, where: Any, name: str, new: Any) -> None:
    undo.callback(setattr, where, name, getattr(where, name))
    setattr(where, name, new)
