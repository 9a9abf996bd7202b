"""httpx and httpx2, in process: the leaf transports answer for the providers' hosts.

Clients, mounts, proxies, hooks and retry wrappers above the leaf stay real. The two libraries share
no class (httpx2 is a fork), so each is replaced on its own, by respx's own patching.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import anyio
from respx.mocks import Mocker

from chaos_llm.interception.httpx_visit import Visit
from chaos_llm.interception.other_services import stub_of_theirs, stubbed, stubbed_async
from chaos_llm.interception.stage import Stage

_stage: Stage | None = None


def start(stage: Stage) -> None:
    """Answer for the providers from now on."""
    global _stage  # noqa: PLW0603 - one outage a process, and the transports are classes
    _stage = stage
    for mocker in MOCKERS:
        mocker.start()


def stop() -> None:
    """Give both libraries their own transports back."""
    global _stage  # noqa: PLW0603 - see start
    for mocker in MOCKERS:
        mocker.stop(force=True)
    _stage = None


def _replacement(library: str, real: Callable[..., Any]) -> Callable[..., Any]:
    module = importlib.import_module(library)

    def handle_request(transport: Any, request: Any) -> Any:
        stage = _stage
        if stage is None:
            return real(transport, request)
        names = stage.hosts.names(request.url.host, request.url.port)
        if not names:
            return stubbed(stage, library, request) or real(transport, request)
        stub_of_theirs(stage, request)
        visit = Visit(stage, module, request, names, request.read())
        with visit:
            step = visit.headers_step()
            if step.pause:
                stage.clock.sleep(step.pause)
            visit.fail(step)
        return visit.response()

    async def handle_async_request(transport: Any, request: Any) -> Any:
        stage = _stage
        if stage is None:
            return await real(transport, request)
        names = stage.hosts.names(request.url.host, request.url.port)
        if not names:
            answer = await stubbed_async(stage, library, request)
            return answer or await real(transport, request)
        stub_of_theirs(stage, request)
        visit = Visit(stage, module, request, names, await request.aread())
        with visit:
            step = visit.headers_step()
            await anyio.sleep(step.pause)
            visit.fail(step)
        return visit.response()

    replacements = {"handle_request": handle_request, "handle_async_request": handle_async_request}
    return replacements[real.__name__]


def _mocker(library: str) -> type[Mocker]:
    class LeafMocker(Mocker):
        name = f"chaos_llm {library}"
        targets = [f"{library}.HTTPTransport", f"{library}.AsyncHTTPTransport"]  # noqa: RUF012 - respx's own shape
        target_methods = ["handle_request", "handle_async_request"]  # noqa: RUF012 - the same

        @classmethod
        def mock(cls, spec: Callable[..., Any]) -> Callable[..., Any]:
            return _replacement(library, spec)

    return LeafMocker


MOCKERS = tuple(
    _mocker(library) for library in ("httpx", "httpx2") if importlib.util.find_spec(library)
)
