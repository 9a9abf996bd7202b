"""One request of an httpx or httpx2 client to a provider, and its reply in virtual time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from functools import cache
from types import ModuleType
from typing import Any

import anyio

from chaos_llm.engine.plain_replies import PlainReply
from chaos_llm.engine.reply_timing import (
    Step,
    body_steps,
    comes_at_once,
    connect_timeout,
    headers_step,
    read_timeout,
)
from chaos_llm.interception.context import OUTAGE_ENDED, InterceptionContext
from chaos_llm.interception.httpx_headers import RequestHeaders, reply_headers
from chaos_llm.interception.httpx_pool import Connection, Pool
from chaos_llm.protocol.messages import Reply, WireRequest

_EXTENSIONS = {"http_version": b"HTTP/1.1"}
_BEFORE_A_CONNECTION = ("ConnectError", "ConnectTimeout")


class HttpxExchange:
    """A request, its exchange in the journal, and its reply.

    Leaving the `with` block by an exception abandons the exchange. `connection` is the one that it
    occupies in the client's pool until the reply is read or closed.
    """

    __slots__ = (
        "_reply",
        "connection",
        "context",
        "exchange",
        "is_async",
        "limit",
        "module",
        "names",
        "plain",
        "pool",
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
        self.wire = _wire(module, request, body, reused=connection.reused)
        try:
            self.exchange, reply = context.brief_exchange(names, self.wire)
        except BaseException:
            pool.close(connection, context.clock.now)
            raise
        # A client that waits no time for its bytes gets none.
        self.plain = reply if isinstance(reply, PlainReply) and self.limit != 0 else None
        self._reply = reply

    @property
    def reply(self) -> Reply:
        reply = self._reply
        return reply if isinstance(reply, Reply) else reply.in_full()

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
        """Raise the library's ReadError if the outage has ended, as no more bytes come then."""
        if self.context.is_over:
            raise self.module.ReadError(OUTAGE_ENDED, request=self.request)

    def pause(self, step: Step) -> None:
        """Let a sync client wait."""
        if step.pause:
            self.context.sleep(step.pause, self.wire)

    def arrive(self, step: Step) -> bytes:
        """The bytes that arrive after the pause; raises the errors of the library's transport."""
        failure = step.failure
        if failure is not None:
            self.context.end(self.exchange, failure.end)
            error = getattr(self.module, failure.error)
            text = failure.async_text if self.is_async else failure.text
            raise error(text, request=self.request)
        if step.ends_content:
            self.exchange.content_arrived = True
        if step.last:  # all was sent, even if the client closes before it reads the end
            self.context.end(self.exchange, "complete")
        return step.data

    def fails_to_connect(self, step: Step) -> bool:
        """Whether connecting failed, so that a transport may try again."""
        return step.failure is not None and step.failure.error in _BEFORE_A_CONNECTION

    def fail(self, step: Step) -> None:
        """Record the ending of a failed attempt to connect, after which another follows."""
        if step.failure is not None:
            self.context.end(self.exchange, step.failure.end)

    def begin_again(self) -> Step:
        """Send the request once more, on a new connection."""
        self.wire = replace(self.wire, reused=False)
        self.exchange, self._reply = self.context.exchange(self.names, self.wire)
        return self.headers_step()

    def complete(self) -> None:
        """End the exchange after all was read, so that the connection can be reused.

        OpenAI's sync streams close after [DONE], before the chunk that ends the body, so their
        connections cannot be reused.
        """
        if self.exchange.end == "open":
            self.context.end(self.exchange, "complete")
        connection, self.connection = self.connection, None
        if connection is not None:
            now = self.context.clock.now
            if self.exchange.end == "complete":
                self.pool.give_back(connection, now)
            else:
                self.pool.close(connection, now)

    def abandon(self) -> None:
        if self.exchange.end == "open":
            self.context.end(self.exchange, "abandoned")
        connection, self.connection = self.connection, None
        if connection is not None:
            self.pool.close(connection, self.context.clock.now)

    def response(self) -> Any:
        """The library's response, whose body arrives while the client reads it."""
        if self.plain is not None:
            return self._plain_response(self.plain)
        reply, module = self.reply, self.module
        if comes_at_once(reply):
            self.context.end(self.exchange, "complete")
            stream = _immediate_stream_class(module)(reply.body, self)
        else:
            stream = _timed_stream_class(module)(self)
        return module.Response(
            reply.status, headers=reply.headers, stream=stream, extensions=_EXTENSIONS.copy()
        )

    def _plain_response(self, reply: PlainReply) -> Any:
        """The response to a reply that comes whole and at once."""
        if self.is_async:  # other tasks ran since the request came
            self.context.end(self.exchange, "complete")
        else:
            self.exchange.end = "complete"
        module = self.module
        stream = _immediate_stream_class(module)(reply.body, self)
        response = module.Response(200, stream=stream, extensions=_EXTENSIONS.copy())
        response.headers = reply_headers(module, reply.raw_headers)
        return response


def _wire(module: ModuleType, request: Any, body: bytes, *, reused: bool) -> WireRequest:
    url, headers = request.url, RequestHeaders(module, request.headers)
    path, _, query = url.raw_path.decode("ascii").partition("?")
    return WireRequest(request.method, url.host, path, query, headers, body, reused)


@cache
def _immediate_stream_class(module: ModuleType) -> type:
    """The class of a body that arrives at once, derived from the library's own stream class."""

    class ImmediateStream(module.ByteStream):  # type: ignore[misc, name-defined] # known at run time only
        """A body whose connection is free after it was read."""

        def __init__(self, body: bytes, exchange: HttpxExchange) -> None:
            self._stream, self._exchange = body, exchange

        def __iter__(self) -> Iterator[bytes]:
            yield self._stream
            self._exchange.complete()

        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield self._stream
            self._exchange.complete()

        def close(self) -> None:
            self._exchange.abandon()

        async def aclose(self) -> None:
            self._exchange.abandon()

    return ImmediateStream


@cache
def _timed_stream_class(module: ModuleType) -> type:
    """The class of a body that arrives over time, derived from the library's stream classes."""

    class TimedStream(module.SyncByteStream, module.AsyncByteStream):  # type: ignore[misc, name-defined] # known at run time only
        """A body that arrives over time; bytes that the client does not read are never sent.

        A second iteration continues where the first one stopped, as on a real connection. OpenAI's
        client iterates again to read a stream to its end.
        """

        def __init__(self, exchange: HttpxExchange) -> None:
            self._exchange, self._steps = exchange, exchange.body_steps()

        def __iter__(self) -> Iterator[bytes]:
            exchange = self._exchange
            with exchange:
                for step in self._steps:
                    exchange.require_outage()
                    exchange.pause(step)
                    yield exchange.arrive(step)
            exchange.complete()

        async def __aiter__(self) -> AsyncIterator[bytes]:
            exchange = self._exchange
            with exchange:
                for step in self._steps:
                    exchange.require_outage()
                    if step.pause:
                        await anyio.sleep(step.pause)
                    yield exchange.arrive(step)
            exchange.complete()

        def close(self) -> None:
            self._exchange.abandon()

        async def aclose(self) -> None:
            self._exchange.abandon()

    return TimedStream
