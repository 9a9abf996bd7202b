"""The user's own respx stubs: during an outage those for a provider's host are not reached."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx
    import respx


def tell_of_stubs(say: Callable[[str], None], library: str, request: Any) -> None:
    """Say aloud that a stub for this request is not used, so that it is not silently beaten."""
    for router in _routers():
        asked = as_httpx(library, request)
        # Only the patterns are tried: a route that is matched plays its side effect.
        if any(
            not route.is_pass_through and (not route.pattern or route.pattern.match(asked))
            for route in router.routes
        ):
            say(
                f"a respx stub of yours for {request.url.host} was not used: during an outage "
                "chaos_llm answers for the providers; use chaos.on(...).answers(...) instead"
            )


def as_httpx(library: str, request: Any) -> httpx.Request:
    """The request as respx knows it; its body must have been read."""
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
    """The routers that are started; where nobody imported respx there are none."""
    mocks = sys.modules.get("respx.mocks")
    if mocks is not None:
        for mocker in mocks.Mocker.registry.values():
            yield from mocker.routers
