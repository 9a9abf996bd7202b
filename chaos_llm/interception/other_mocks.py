"""Mocks beside us: what wins where one of them and an outage both stand for a provider.

One rule: during an outage chaos_llm answers for the providers' hosts, and a stub that would have
answered is said aloud; for all other hosts every mock works as ever. A mock that catches a request
above us is told to let it pass, in whichever order the two were started.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from chaos_llm.interception.context import InterceptionContext
from chaos_llm.interception.foreign_stubs import response_of_pytest_httpx, unused
from chaos_llm.interception.httpx_clients import handler_of
from chaos_llm.virtual_time.patching import replace_coroutine_function


@dataclass(frozen=True)
class OtherMock:
    """What an outage does with one kind of mock, for the documentation."""

    name: str
    wins: str
    how: str


_WE_WIN = "chaos_llm for the providers, and says so; the mock for all other hosts"
OTHER_MOCKS = (
    OtherMock("respx, pytest-httpx2", _WE_WIN, "it answers one level below us"),
    OtherMock("pytest-httpx", _WE_WIN, "a response that is not used fails its teardown, too"),
    OtherMock("responses", _WE_WIN, "requests to the providers pass it"),
    OtherMock("requests-mock", _WE_WIN, "requests to the providers pass it"),
    OtherMock("aioresponses", _WE_WIN, "requests to the providers pass it"),
    OtherMock("moto", _WE_WIN, "requests to bedrock-runtime pass it"),
    OtherMock(
        "vcrpy, pytest-recording",
        _WE_WIN,
        "requests to the providers are neither played from a cassette nor recorded",
    ),
    OtherMock(
        "httpx.MockTransport",
        "the transport, and says so",
        "the client was given it: the outage does not reach that client",
    ),
    OtherMock(
        "WireMock and other stubs at a URL",
        "chaos_llm where a base-URL variable or pyproject.toml names the URL; else the stub, and a "
        "request that looks like a model's is said aloud",
        "a host is a provider's when something says so",
    ),
)


def responses(context: InterceptionContext, undo: ExitStack) -> None:
    """`responses` stands in the place of requests' HTTPAdapter.send."""
    from responses import RequestsMock  # noqa: PLC0415 - it has just been imported

    real = RequestsMock._on_request

    def on_request(mock: Any, adapter: Any, request: Any, **options: Any) -> Any:
        host = _provider(context, request.url)
        if not host:
            return real(mock, adapter, request, **options)
        options.pop("retries", None)
        request.params = mock._parse_request_params(request.path_url)
        request.req_kwargs = options
        if any(stub.matches(request)[0] for stub in mock.registered()):
            context.say(unused("a stub of `responses`", host))
        return mock._real_send(adapter, request, **options)

    _put(undo, RequestsMock, "_on_request", on_request)


def requests_mock(context: InterceptionContext, undo: ExitStack) -> None:
    """requests-mock has requests' sessions use an adapter of its own."""
    from requests.adapters import HTTPAdapter  # noqa: PLC0415
    from requests_mock.adapter import Adapter  # noqa: PLC0415
    from requests_mock.request import _RequestObjectProxy  # noqa: PLC0415

    real, adapter = Adapter.send, HTTPAdapter()
    undo.callback(adapter.close)

    def send(mock: Any, request: Any, **options: Any) -> Any:
        host = _provider(context, request.url)
        if not host:
            return real(mock, request, **options)
        asked = _RequestObjectProxy(request, case_sensitive=mock._case_sensitive, **options)
        if any(getattr(stub, "_match", _never)(asked) for stub in mock._matchers):
            context.say(unused("a stub of requests-mock", host))
        return adapter.send(request, **options)

    _put(undo, Adapter, "send", send)


def aioresponses(context: InterceptionContext, undo: ExitStack) -> None:
    """Aioresponses stands in the place of aiohttp's ClientSession._request."""
    from aioresponses.core import aioresponses as kind  # noqa: PLC0415
    from aioresponses.core import merge_params, normalize_url  # noqa: PLC0415

    def wrap(real: Callable[..., Any]) -> Callable[..., Any]:
        async def request_mock(
            mock: Any, session: Any, method: str, url: Any, *args: Any, **options: Any
        ) -> Any:
            full = session._build_url(url)
            host = _provider(context, str(full))
            if not host:
                return await real(mock, session, method, url, *args, **options)
            asked = normalize_url(merge_params(full, options.get("params")))
            if any(stub.match(method, asked) for stub in mock._matches.values()):
                context.say(unused("a stub of aioresponses", host))
            return await mock.patcher.temp_original(session, method, url, *args, **options)

        return request_mock

    # A mock holds its method since it was made, which may have been before the outage.
    replace_coroutine_function(undo, kind._request_mock, wrap)


def moto(context: InterceptionContext, undo: ExitStack) -> None:
    """Moto answers in botocore's event before a request is sent; it has a bedrock-runtime, too."""
    from moto.core.botocore_stubber import BotocoreStubber  # noqa: PLC0415

    real = BotocoreStubber.__call__

    def stub(mock: Any, event_name: str, request: Any, **options: Any) -> Any:
        host = _provider(context, request.url) if mock.enabled else ""
        if not host:
            return real(mock, event_name, request, **options)
        context.say(unused("moto's mock", host))
        return None

    _put(undo, BotocoreStubber, "__call__", stub)


def pytest_httpx(context: InterceptionContext, undo: ExitStack) -> None:
    """pytest-httpx stands in the place of httpx's transports: below us, or above."""
    from pytest_httpx import HTTPXMock  # noqa: PLC0415

    def routed(name: str, *, is_async: bool) -> Callable[..., Any]:
        real = getattr(HTTPXMock, name)

        def handle(mock: Any, transport: Any, request: Any) -> Any:
            if not _provider(context, str(request.url)):
                return real(mock, transport, request)
            context.say(response_of_pytest_httpx(mock, mock._options, transport, request))
            return handler_of("httpx", is_async=is_async)(transport, request)

        return handle

    for name, is_async in (("_handle_request", False), ("_handle_async_request", True)):
        _put(undo, HTTPXMock, name, routed(name, is_async=is_async))


def _provider(context: InterceptionContext, url: str) -> str:
    """The host that a URL names, if it is a provider's."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return host if host and context.hosts.names(host, parts.port, parts.scheme) else ""


def _put(undo: ExitStack, where: Any, name: str, new: Callable[..., Any]) -> None:
    real = vars(where)[name]
    undo.callback(setattr, where, name, real)
    setattr(where, name, wraps(real)(new))


def _never(_: Any) -> bool:
    return False
