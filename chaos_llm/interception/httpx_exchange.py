"""One request of an httpx or httpx2 client to a provider, played on the outage's clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import Any

import anyio

from chaos_llm.engine.reply_timing import (
    Step,
    body_steps,
    comes_at_once,
    connect_timeout,
    headers_step,
    read_timeout,
)
from chaos_llm.interception.context import OVER, InterceptionContext
from chaos_llm.protocol.messages import WireRequest

_EXTENSIONS = {"http_version": b"HTTP/1.1"}


class HttpxExchange:
    """A request, its exchange and its reply; leaving it by an exception abandons the exchange."""

    __slots__ = (
        "context",
        "exchange",
        "has_connection",
        "is_async",
        "limit",
        "module",
        "origin",
        "reply",
        "request",
        "transport",
        "wire",
    )

    def __init__(
        self,
        context: InterceptionContext,
        module: ModuleType,
        request: Any,
        names: tuple[str, ...],
        body: bytes,
        *,
        transport: Any,
        is_async: bool = False,
    ) -> None:
        self.context, self.module, self.request = context, module, request
        self.is_async, self.limit = is_async, read_timeout(request.extensions)
        self.transport, url = transport, request.url
        self.origin = (url.scheme, url.host, url.port)
        reused = context.connections.take(transport, self.origin, context.clock.now)
        self.has_connection = True  # until it is given back, or closed for what was not read
        self.wire = _wire(request, body, reused=reused)
        self.exchange, self.reply = context.exchange(names, self.wire)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.abandon()

    def headers_step(self) -> Step:
        return headers_step(self.reply, self.limit, connect_timeout(self.request.extensions))

    def body_steps(self) -> Iterator[Step]:
        return body_steps(self.reply, self.limit)

    def require_outage(self) -> None:
        """Fail as a broken connection does where the outage has ended: nothing is played then."""
        if self.context.is_over:
            raise self.module.ReadError(OVER, request=self.request)

    def pause(self, step: Step) -> None:
        """Let a sync client wait."""
        if step.pause:
            self.context.sleep(step.pause, self.wire)

    def arrive(self, step: Step) -> bytes:
        """What has come after the pause; raises what the library's own transport would raise."""
        failure = step.failure
        if failure is not None:
            self.context.end(self.exchange, failure.end)
            error = getattr(self.module, failure.error)
            text = failure.async_text if self.is_async else failure.text
            raise error(text, request=self.request)
        if step.last:  # all was sent, also where the client hangs up before it asks for more
            self.context.end(self.exchange, "complete")
        return step.data

    def complete(self) -> None:
        """All was read, so the connection can be used again.

        OpenAI's sync streams hang up behind [DONE], before the chunk that ends the body: theirs
        cannot.
        """
        self.context.end(self.exchange, "complete")
        if self.has_connection and self.exchange.end == "complete":
            self.context.connections.give_back(self.transport, self.origin, self.context.clock.now)
        self.has_connection = False

    def abandon(self) -> None:
        self.context.end(self.exchange, "abandoned")
        self.has_connection = False

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


class _Headers(Mapping[str, str]):
    """The headers of a request, decoded where one is asked for: few are."""

    __slots__ = ("_values",)

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        # Backwards, as the first of several values counts.
        self._values = {name.lower(): value for name, value in reversed(raw)}

    @property
    def raw_names(self) -> tuple[bytes, ...]:
        """The names as they are on the wire, for whoever only wants to know which there are."""
        return tuple(self._values)

    def __getitem__(self, name: str) -> str:
        return self._values[name.encode()].decode("latin-1")

    def get(self, name: str, default: Any = None) -> Any:
        """Not by way of KeyError, as most keys are looked for under several names."""
        value = self._values.get(name.encode())
        return default if value is None else value.decode("latin-1")

    def __iter__(self) -> Iterator[str]:
        return (name.decode("latin-1") for name in reversed(self._values))

    def __len__(self) -> int:
        return len(self._values)


def _wire(request: Any, body: bytes, *, reused: bool) -> WireRequest:
    url, headers = request.url, _Headers(request.headers.raw)
    path, _, query = url.raw_path.decode("ascii").partition("?")
    return WireRequest(request.method, url.host, path, query, headers, body, reused)


@cache
def _stream_class(module: ModuleType) -> type:
    """The stream class of one library; it must inherit from the library's own."""

    class PlayedStream(module.SyncByteStream, module.AsyncByteStream):  # type: ignore[misc, name-defined] # known at run time only
        """A body that comes in its own time; what the client does not read is never sent.

        Who iterates anew reads on where the last reader stopped, as on a real connection: OpenAI's
        client does it to empty one.
        """

        def __init__(self, visit: HttpxExchange) -> None:
            self._visit, self._steps = visit, visit.body_steps()

        def __iter__(self) -> Iterator[bytes]:
            visit = self._visit
            with visit:
                for step in self._steps:
                    visit.require_outage()
                    visit.pause(step)
                    yield visit.arrive(step)
            visit.complete()

        async def __aiter__(self) -> AsyncIterator[bytes]:
            visit = self._visit
            with visit:
                for step in self._steps:
                    visit.require_outage()
                    if step.pause:
                        await anyio.sleep(step.pause)
                    yield visit.arrive(step)
            visit.complete()

        def close(self) -> None:
            self._visit.abandon()

        async def aclose(self) -> None:
            self._visit.abandon()

    return PlayedStream
