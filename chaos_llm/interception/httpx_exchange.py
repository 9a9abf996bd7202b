"""One request of an httpx or httpx2 client to a provider, played on the outage's clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
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
from chaos_llm.interception.httpx_pool import Connection, Pool
from chaos_llm.protocol.messages import WireRequest

_EXTENSIONS = {"http_version": b"HTTP/1.1"}
_BEFORE_A_CONNECTION = ("ConnectError", "ConnectTimeout")


class HttpxExchange:
    """A request, its exchange and its reply; leaving it by an exception abandons the exchange.

    `connection` is the one of its client's pool that it occupies, until it is read or closed.
    """

    __slots__ = (
        "connection",
        "context",
        "exchange",
        "is_async",
        "limit",
        "module",
        "names",
        "pool",
        "reply",
        "request",
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
        pool: Pool,
        connection: Connection,
        is_async: bool = False,
    ) -> None:
        self.context, self.module, self.request = context, module, request
        self.is_async, self.limit = is_async, read_timeout(request.extensions)
        self.names, self.pool = names, pool
        self.connection: Connection | None = connection
        self.wire = _wire(request, body, reused=connection.reused)
        try:
            self.exchange, self.reply = context.exchange(names, self.wire)
        except BaseException:
            pool.close(connection, context.clock.now)
            raise

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
        if step.ends_content:
            self.exchange.content_arrived = True
        if step.last:  # all was sent, also where the client hangs up before it asks for more
            self.context.end(self.exchange, "complete")
        return step.data

    def fails_to_connect(self, step: Step) -> bool:
        """Whether it ends before there is a connection, which a transport may try again."""
        return step.failure is not None and step.failure.error in _BEFORE_A_CONNECTION

    def fail(self, step: Step) -> None:
        """Note how an attempt to connect ended; another follows."""
        if step.failure is not None:
            self.context.end(self.exchange, step.failure.end)

    def begin_again(self) -> Step:
        """Ask the provider once more, on a connection that is new."""
        self.wire = replace(self.wire, reused=False)
        self.exchange, self.reply = self.context.exchange(self.names, self.wire)
        return self.headers_step()

    def complete(self) -> None:
        """All was read, so the connection can be used again.

        OpenAI's sync streams hang up behind [DONE], before the chunk that ends the body: theirs
        cannot.
        """
        self.context.end(self.exchange, "complete")
        connection, self.connection = self.connection, None
        if connection is not None:
            now = self.context.clock.now
            if self.exchange.end == "complete":
                self.pool.give_back(connection, now)
            else:
                self.pool.close(connection, now)

    def abandon(self) -> None:
        self.context.end(self.exchange, "abandoned")
        connection, self.connection = self.connection, None
        if connection is not None:
            self.pool.close(connection, self.context.clock.now)

    def response(self) -> Any:
        """The library's response; its body is played as the client reads it."""
        reply, module = self.reply, self.module
        if comes_at_once(reply):
            self.context.end(self.exchange, "complete")
            stream = _whole_stream_class(module)(reply.body, self)
        else:
            stream = _played_stream_class(module)(self)
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
def _whole_stream_class(module: ModuleType) -> type:
    """The stream of a body that is there at once; it must inherit from the library's own."""

    class WholeStream(module.ByteStream):  # type: ignore[misc, name-defined] # known at run time only
        """A body whose connection is free again once it was read."""

        def __init__(self, body: bytes, visit: HttpxExchange) -> None:
            self._stream, self._visit = body, visit

        def __iter__(self) -> Iterator[bytes]:
            yield self._stream
            self._visit.complete()

        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield self._stream
            self._visit.complete()

        def close(self) -> None:
            self._visit.abandon()

        async def aclose(self) -> None:
            self._visit.abandon()

    return WholeStream


@cache
def _played_stream_class(module: ModuleType) -> type:
    """The stream of a body that takes its time; it must inherit from the library's own, too."""

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
