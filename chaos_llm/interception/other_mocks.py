"""Other HTTP mocks in the same test: which one answers a request to a provider.

During an outage chaos_llm answers requests to the providers' hosts, and a warning names a stub that
would have answered. For all other hosts every mock works as usual. A mock that intercepts requests
at a higher level is patched to let those to providers pass, whichever of the two started first.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from chaos_llm.interception.context import InterceptionContext
from chaos_llm.interception.foreign_stubs import response_of_pytest_httpx, unused_stub_warning
from chaos_llm.interception.httpx_clients import handler_of
from chaos_llm.virtual_time.patching import replace_coroutine_function


@dataclass(frozen=True)
class OtherMock:
    """Which one answers, an outage or one kind of mock, and details, for the documentation."""

    name: str
    wins: str
    how: str


_CHAOS_LLM = "chaos_llm for the providers, with a warning; the mock for all other hosts"
OTHER_MOCKS = (
    OtherMock("respx, pytest-httpx2", _CHAOS_LLM, "they intercept one level below chaos_llm"),
    OtherMock(
        "pytest-httpx",
        _CHAOS_LLM,
        "pytest-httpx also fails the test at teardown for each response that was not requested",
    ),
    OtherMock("responses", _CHAOS_LLM, "it lets requests to the providers pass"),
    OtherMock("requests-mock", _CHAOS_LLM, "it lets requests to the providers pass"),
    OtherMock("aioresponses", _CHAOS_LLM, "it lets requests to the providers pass"),
    OtherMock("moto", _CHAOS_LLM, "it lets requests to bedrock-runtime pass"),
    OtherMock(
        "vcrpy, pytest-recording",
        _CHAOS_LLM,
        "a cassette's answers become the healthy answers of the providers, with the outage on top; "
        "the warning is for a cassette without any, and nothing is recorded",
    ),
    OtherMock(
        "httpx.MockTransport",
        "the MockTransport, with a warning",
        "it was passed to the client, which therefore does not use the intercepted transport",
    ),
    OtherMock(
        "WireMock and other stub servers at a URL",
        "chaos_llm if a base-URL variable or pyproject.toml names the URL; otherwise the stub "
        "server, with a warning for a request that looks like a model call",
        "chaos_llm answers only for hosts that are known or configured as a provider's",
    ),
)


def responses(context: InterceptionContext, undo: ExitStack) -> None:
    """Let `responses`, which replaces requests' HTTPAdapter.send, pass requests to providers."""
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
            context.warn(unused_stub_warning("a stub of `responses`", host))
        return mock._real_send(adapter, request, **options)

    _put(undo, RequestsMock, "_on_request", on_request)


def requests_mock(context: InterceptionContext, undo: ExitStack) -> None:
    """Let requests-mock, which gives requests' sessions its adapter, pass those to providers."""
    from requests.adapters import HTTPAdapter  # noqa: PLC0415
    from requests_mock.adapter import Adapter  # noqa: PLC0415
    from requests_mock.request import _RequestObjectProxy  # noqa: PLC0415

    real, adapter = Adapter.send, HTTPAdapter()
    undo.callback(adapter.close)

    def send(mock: Any, request: Any, **options: Any) -> Any:
        host = _provider(context, request.url)
        if not host:
            return real(mock, request, **options)
        proxied = _RequestObjectProxy(request, case_sensitive=mock._case_sensitive, **options)
        if any(getattr(stub, "_match", _never)(proxied) for stub in mock._matchers):
            context.warn(unused_stub_warning("a stub of requests-mock", host))
        return adapter.send(request, **options)

    _put(undo, Adapter, "send", send)


def aioresponses(context: InterceptionContext, undo: ExitStack) -> None:
    """Let aioresponses, which replaces ClientSession._request, pass requests to providers."""
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
            normalized = normalize_url(merge_params(full, options.get("params")))
            if any(stub.match(method, normalized) for stub in mock._matches.values()):
                context.warn(unused_stub_warning("a stub of aioresponses", host))
            return await mock.patcher.temp_original(session, method, url, *args, **options)

        return request_mock

    # A mock binds its method when it is made, maybe before the outage, so replace it in place.
    replace_coroutine_function(undo, kind._request_mock, wrap)


def moto(context: InterceptionContext, undo: ExitStack) -> None:
    """Let moto, which answers botocore's event before a request is sent, pass bedrock-runtime."""
    from moto.core.botocore_stubber import BotocoreStubber  # noqa: PLC0415

    real = BotocoreStubber.__call__

    def stub(mock: Any, event_name: str, request: Any, **options: Any) -> Any:
        host = _provider(context, request.url) if mock.enabled else ""
        if not host:
            return real(mock, event_name, request, **options)
        context.warn(unused_stub_warning("moto's mock", host))
        return None

    _put(undo, BotocoreStubber, "__call__", stub)


def pytest_httpx(context: InterceptionContext, undo: ExitStack) -> None:
    """Let pytest-httpx, which replaces methods of httpx's transports, pass those to providers."""
    from pytest_httpx import HTTPXMock  # noqa: PLC0415

    def routed(name: str, *, is_async: bool) -> Callable[..., Any]:
        real = getattr(HTTPXMock, name)

        def handle(mock: Any, transport: Any, request: Any) -> Any:
            if not _provider(context, str(request.url)):
                return real(mock, transport, request)
            context.warn(response_of_pytest_httpx(mock, mock._options, transport, request))
            return handler_of("httpx", is_async=is_async)(transport, request)

        return handle

    for name, is_async in (("_handle_request", False), ("_handle_async_request", True)):
        _put(undo, HTTPXMock, name, routed(name, is_async=is_async))


def _provider(context: InterceptionContext, url: str) -> str:
    """The host of a URL if it is a provider's, else ""."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return host if host and context.hosts.names(host, parts.port, parts.scheme) else ""


def _put(undo: ExitStack, where: Any, name: str, new: Callable[..., Any]) -> None:
    real = vars(where)[name]
    undo.callback(setattr, where, name, real)
    setattr(where, name, wraps(real)(new))


def _never(_: Any) -> bool:
    return False
