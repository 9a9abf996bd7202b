"""The team's other HTTP services: `chaos.respx` answers for them, on httpx and httpx2 alike."""

from __future__ import annotations

from typing import Any

import httpx
from respx.mocks import Mocker
from respx.models import PassThrough

from chaos_llm.interception.stage import Stage


def stubbed(stage: Stage, library: str, request: Any) -> Any:
    """The answer of a route of `chaos.respx`; None where the real service is to answer."""
    if stage.router is None or not stage.router.routes:
        return None
    request.read()
    try:
        response = stage.router.handler(_as_httpx(library, request))
    except PassThrough:
        return None
    return _as_library(library, response)


async def stubbed_async(stage: Stage, library: str, request: Any) -> Any:
    """The same for an async client."""
    if stage.router is None or not stage.router.routes:
        return None
    await request.aread()
    try:
        response = await stage.router.async_handler(_as_httpx(library, request))
    except PassThrough:
        return None
    return _as_library(library, response)


def stub_of_theirs(stage: Stage, request: Any) -> None:
    """Say aloud that a respx stub for a provider's host is not used while an outage runs."""
    for name, mocker in Mocker.registry.items():
        if name.startswith("chaos_llm ") or not mocker.routers:
            continue
        for router in mocker.routers:
            if any(route.match(_as_httpx("", request)) is not None for route in router.routes):
                stage.say(
                    f"a respx stub of yours for {request.url.host} was not used: during an outage "
                    "chaos_llm answers for the providers; use chaos.on(...).answers(...) instead"
                )


def _as_httpx(library: str, request: Any) -> httpx.Request:
    if library == "httpx":
        return request  # type: ignore[no-any-return] # it is one
    return httpx.Request(
        request.method,
        str(request.url),
        headers=request.headers.raw,
        content=request.content,
        extensions=request.extensions,
    )


def _as_library(library: str, response: httpx.Response) -> Any:
    if library == "httpx":
        return response
    import httpx2  # noqa: PLC0415 - only there where the app uses it

    return httpx2.Response(
        response.status_code,
        headers=response.headers.raw,
        content=response.read(),
        extensions=dict(response.extensions),
    )
