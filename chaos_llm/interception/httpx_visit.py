"""One request of an httpx or httpx2 client to a provider, played on the outage's clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import cache
from types import ModuleType
from typing import Any

import anyio

from chaos_llm.interception.pauses import (
    Step,
    body_steps,
    comes_at_once,
    headers_step,
    read_timeout,
)
from chaos_llm.interception.stage import Stage
from chaos_llm.model import WireRequest

_EXTENSIONS = {"http_version": b"HTTP/1.1"}


class Visit:
    """A request, its exchange and its reply; leaving it by an exception abandons the exchange."""

    __slots__ = ("exchange", "limit", "module", "reply", "request", "stage")

    def __init__(
        self, stage: Stage, module: ModuleType, request: Any, names: tuple[str, ...], body: bytes
    ) -> None:
        self.stage, self.module, self.request = stage, module, request
        self.limit = read_timeout(request.extensions)
        self.exchange, self.reply = stage.exchange(names, _wire(request, body))

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.stage.end(self.exchange, "abandoned")

    def headers_step(self) -> Step:
        return headers_step(self.reply, self.limit)

    def body_steps(self) -> Iterator[Step]:
        return body_steps(self.reply, self.limit)

    def fail(self, step: Step) -> None:
        """Raise what the library's own transport would raise."""
        if step.failure is not None:
            self.stage.end(self.exchange, step.failure.end)
            error = getattr(self.module, step.failure.error)
            raise error(step.failure.text, request=self.request)

    def complete(self) -> None:
        self.stage.end(self.exchange, "complete")

    def abandon(self) -> None:
        self.stage.end(self.exchange, "abandoned")

    def response(self) -> Any:
        """The library's response; its body is played as the client reads it."""
        reply, module = self.reply, self.module
        if comes_at_once(reply):
            self.complete()
            stream = module.ByteStream(reply.body)
        else:
            stream = _stream_class(module)(self)
        return module.Response(
            reply.status, headers=reply.headers, stream=stream, extensions=_EXTENSIONS.copy()
        )


def _wire(request: Any, body: bytes) -> WireRequest:
    url = request.url
    path, _, query = url.raw_path.partition(b"?")
    return WireRequest(
        request.method, url.host, path.decode("ascii"), query.decode("ascii"), request.headers, body
    )


@cache
def _stream_class(module: ModuleType) -> type:
    """The stream class of one library; it must inherit from the library's own."""

    class PlayedStream(module.SyncByteStream, module.AsyncByteStream):  # type: ignore[misc, name-defined] # known at run time only
        """A body that comes in its own time; what the client does not read is never sent."""

        def __init__(self, visit: Visit) -> None:
            self._visit = visit

        def __iter__(self) -> Iterator[bytes]:
            visit = self._visit
            with visit:
                for step in visit.body_steps():
                    if step.pause:
                        visit.stage.clock.sleep(step.pause)
                    visit.fail(step)
                    yield step.data
            visit.complete()

        async def __aiter__(self) -> AsyncIterator[bytes]:
            visit = self._visit
            with visit:
                for step in visit.body_steps():
                    await anyio.sleep(step.pause)
                    visit.fail(step)
                    yield step.data
            visit.complete()

        def close(self) -> None:
            self._visit.abandon()

        async def aclose(self) -> None:
            self._visit.abandon()

    return PlayedStream
