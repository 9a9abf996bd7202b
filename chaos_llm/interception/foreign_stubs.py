"""Warnings about the user's own stubs for a provider, which an outage leaves unused."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx
    import respx


# Paths of model calls at all vendors, which other services hardly use.
_OF_A_MODEL = re.compile(
    r"/chat/completions$|/v1/(?:messages|responses)$|:(?:streamG|g)enerateContent$|/converse(?:-stream)?$"
)

RESPX = "respx.mocks"  # the module of respx's routers
# Handles a stub below a transport, given the outage's context, the transport and a request.
Below = Callable[[Any, Any, Any], None]


def unused_stub_warning(what: str, host: str) -> str:
    """The warning about a stub that was not used."""
    return (
        f"{what} for {host} was not used: during an outage chaos_llm answers for the providers; "
        "use chaos.on(...).answers(...) instead"
    )


def unused_cassette_warning(cassette: Any, host: str) -> str:
    """The warning about a cassette that was not used."""
    return (
        f"vcr's cassette {getattr(cassette, '_path', '')} was not used for {host}, and nothing was "
        "recorded: during an outage chaos_llm answers for the providers"
    )


def mock_transport_warning(host: str) -> str:
    """The warning about a client that was created with a MockTransport."""
    return (
        f"a MockTransport of yours answered for {host}: it was passed to the client, so the outage "
        "does not affect that client"
    )


def unknown_provider_warning(scheme: str, host: str, port: int | None, path: str) -> str:
    """The warning about a POST to an unknown host that looks like a model call; "" for others."""
    if not _OF_A_MODEL.search(path):
        return ""
    place = f"{host}:{port}" if port else host
    return (
        f"POST {scheme}://{place}{path} looks like a call of a model, but no provider is known at "
        f"{place}: the server there answered, and not chaos_llm. If the outage should affect it, "
        "name the host in [tool.chaos_llm.hosts] or in a base-URL variable such as OPENAI_BASE_URL"
    )


def warn_of_unused_stubs(warn: Callable[[str], None], library: str, request: Any) -> None:
    """Warn about each respx stub for this request, because it is not used."""
    for router in _routers():
        converted = as_httpx(library, request)
        # Only the patterns are tried: matching the route itself would run its side effect.
        if any(
            not route.is_pass_through and (not route.pattern or route.pattern.match(converted))
            for route in router.routes
        ):
            warn(unused_stub_warning("a respx stub of yours", request.url.host))


def stubs_below(
    method: Callable[..., Any], use_cassette: Callable[[Any, Any, str], None]
) -> Below | None:
    """A function to call where pytest-httpx or vcrpy has already replaced this method.

    `use_cassette` is given the context, vcrpy's cassette and the host of a request.
    """
    held = _free_variables(method, "pytest_httpx")
    if "mock" in held and "options" in held:
        warning = partial(response_of_pytest_httpx, held["mock"], held["options"])
        return lambda context, transport, request: context.warn(warning(transport, request))
    cassette = cassette_of(method)
    if cassette is None:
        return None
    return lambda context, _, request: use_cassette(context, cassette, request.url.host)


def cassette_of(function: Any) -> Any:
    """The cassette of a function of vcrpy; None for any other function."""
    return _free_variables(function, "vcr").get("cassette")


def response_of_pytest_httpx(mock: Any, options: Any, transport: Any, request: Any) -> str:
    """The warning about a response of pytest-httpx for this request; "" where it has none."""
    stubs = [matcher for matcher, _ in mock._callbacks]
    if not options.should_mock(request) or not any(s.match(transport, request) for s in stubs):
        return ""
    return unused_stub_warning("a response of pytest-httpx", request.url.host)


def _free_variables(function: Any, package: str) -> dict[str, Any]:
    """The free variables of a function that this package has made; empty for other functions."""
    code, cells = getattr(function, "__code__", None), getattr(function, "__closure__", None)
    if code is None or package not in PurePath(code.co_filename).parts:
        return {}
    return {
        name: cell.cell_contents for name, cell in zip(code.co_freevars, cells or (), strict=True)
    }


def as_httpx(library: str, request: Any) -> httpx.Request:
    """Convert a request to httpx's class, which respx needs; its body must have been read."""
    import httpx  # noqa: PLC0415 - where there is respx, there is httpx

    if library == "httpx":
        return request  # type: ignore[no-any-return] # it is one
    return httpx.Request(
        request.method,
        str(request.url),
        headers=request.headers.raw,
        content=request.content,
        extensions=request.extensions,
    )


def _routers() -> Iterator[respx.Router]:
    """The active routers of respx; none if respx has not been imported."""
    mocks = sys.modules.get(RESPX)
    if mocks is not None:
        for mocker in mocks.Mocker.registry.values():
            yield from mocker.routers
