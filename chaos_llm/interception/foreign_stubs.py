"""The user's own stubs below us: during an outage those for a provider's host are not reached."""

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


# Paths that mean a model at every vendor, and hardly anything else.
_OF_A_MODEL = re.compile(
    r"/chat/completions$|/v1/(?:messages|responses)$|:(?:streamG|g)enerateContent$|/converse(?:-stream)?$"
)

Below = Callable[[Any, Any], str]  # what to say of a transport and its request; "" for nothing


def unused(what: str, host: str) -> str:
    """The sentence for a stub that an outage has beaten."""
    return (
        f"{what} for {host} was not used: during an outage chaos_llm answers for the providers; "
        "use chaos.on(...).answers(...) instead"
    )


def unplayed(cassette: Any, host: str) -> str:
    """The sentence for a cassette that an outage has passed by."""
    return (
        f"vcr's cassette {getattr(cassette, '_path', '')} was not used for {host}, and nothing was "
        "recorded: during an outage chaos_llm answers for the providers"
    )


def own_transport(host: str) -> str:
    """The sentence for a client that was given a mock in a transport's place."""
    return (
        f"a MockTransport of yours answered for {host}: it was given to the client, so the outage "
        "does not reach that client"
    )


def answered_elsewhere(scheme: str, host: str, port: int | None, path: str) -> str:
    """The sentence for a POST to a model that no provider answers; "" for any other."""
    if not _OF_A_MODEL.search(path):
        return ""
    place = f"{host}:{port}" if port else host
    return (
        f"POST {scheme}://{place}{path} looks like a call of a model, but no provider is known at "
        f"{place}: what listens there answered, and not chaos_llm. If the outage is to reach it, "
        "name the host in [tool.chaos_llm.hosts] or in a base-URL variable such as OPENAI_BASE_URL"
    )


def tell_of_stubs(say: Callable[[str], None], library: str, request: Any) -> None:
    """Say aloud that a respx stub for this request is not used: nobody is beaten silently."""
    for router in _routers():
        asked = as_httpx(library, request)
        # Only the patterns are tried: a route that is matched plays its side effect.
        if any(
            not route.is_pass_through and (not route.pattern or route.pattern.match(asked))
            for route in router.routes
        ):
            say(unused("a respx stub of yours", request.url.host))


def stubs_below(method: Callable[..., Any]) -> Below | None:
    """What to ask where pytest-httpx or vcr has replaced the method of a transport before us."""
    held = _held_by(method, "pytest_httpx")
    if "mock" in held and "options" in held:
        return partial(response_of_pytest_httpx, held["mock"], held["options"])
    cassette = cassette_of(method)
    return None if cassette is None else lambda _, request: unplayed(cassette, request.url.host)


def cassette_of(function: Any) -> Any:
    """The cassette that one of vcr's functions plays from; None for any other function."""
    return _held_by(function, "vcr").get("cassette")


def response_of_pytest_httpx(mock: Any, options: Any, transport: Any, request: Any) -> str:
    """The sentence for a response that pytest-httpx would have given; "" where it has none."""
    stubs = [matcher for matcher, _ in mock._callbacks]
    if not options.should_mock(request) or not any(s.match(transport, request) for s in stubs):
        return ""
    return unused("a response of pytest-httpx", request.url.host)


def _held_by(function: Any, package: str) -> dict[str, Any]:
    """The free variables of a function that a package has made; none of any other function."""
    code, cells = getattr(function, "__code__", None), getattr(function, "__closure__", None)
    if code is None or package not in PurePath(code.co_filename).parts:
        return {}
    return {
        name: cell.cell_contents for name, cell in zip(code.co_freevars, cells or (), strict=True)
    }


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
