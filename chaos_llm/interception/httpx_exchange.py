"""One request of an httpx or httpx2 client to a provider, and its reply in virtual time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from functools import cache
from types import ModuleType
from typing import Any

import anyio

from chaos_llm.engine.plain_replies import Plain, PlainReply
from chaos_llm.engine.reply_timing import (
    Step,
    body_steps,
    comes_at_once,
    connect_timeout,
    headers_step,
    read_timeout,
)
from chaos_llm.interception.context import OUTAGE_ENDED, InterceptionContext
from chaos_llm.interception.httpx_addresses import Address
from chaos_llm.interception.httpx_headers import give_headers, request_headers
from chaos_llm.interception.httpx_pool import Connection, Pool
from chaos_llm.journal.journal import Exchange
from chaos_llm.protocol.messages import Reply, WireRequest

_EXTENSIONS = {"http_version": b"HTTP/1.1"}
_BEFORE_A_CONNECTION = ("ConnectError", "ConnectTimeout")


class OpenExchange:
    """An exchange of the journal with a reply that was not read to its end.

    Leaving its `with` block by an exception abandons it.
    `connection` is the one that it occupies in the client's pool until the reply is read or closed.
    """

    __slots__ = ("connection", "context", "exchange", "pool")

    def __init__(
        self,
        context: InterceptionContext,
        exchange: Exchange,
        pool: Pool,
        connection: Connection | None,
    ) -> None:
        self.context, self.exchange = context, exchange
        self.pool, self.connection = pool, connection

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.abandon()

    def complete(self) -> None:
        """End the exchange after all was read, so that the connection can be reused.

        OpenAI's sync streams close after [DONE], before the chunk that ends the body, so their
        connections cannot be reused.
        """
        if self.exchange.end == "open":
            self.context.end(self.exchange, "complete")
        connection, self.connection = self.connection, None
        if connection is not None:
            if self.exchange.end == "complete":
                self.pool.give_back(connection)
            else:
                self.pool.close(connection)

    def abandon(self) -> None:
        """Let go of a reply that was not read to its end, if there is one."""
        if self.exchange.end == "open":
            self.context.end(self.exchange, "abandoned")
        connection, self.connection = self.connection, None
        if connection is not None:
            self.pool.close(connection)


class HttpxExchange(OpenExchange):
    """A request, its exchange of the journal, and its reply, which may take time or fail."""

    __slots__ = ("is_async", "limit", "module", "names", "reply", "request", "wire")

    reply: Reply

    def __init__(  # noqa: PLR0917 - the parts of a request, as `ask` has them
        self,
        context: InterceptionContext,
        module: ModuleType,
        request: Any,
        names: tuple[str, ...],
        wire: WireRequest,
        exchange: Exchange,
        pool: Pool,
        connection: Connection,
    ) -> None:
        super().__init__(context, exchange, pool, connection)
        self.module, self.request, self.names, self.wire = module, request, names, wire
        self.is_async, self.limit = False, read_timeout(request.extensions)

    def sends(self, reply: Reply | Plain) -> None:
        """Send this reply."""
        self.reply = reply if isinstance(reply, Reply) else reply.in_full()

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
        self.exchange, self.reply = self.context.exchange(self.names, self.wire)
        return self.headers_step()

    def response(self) -> Any:
        """The library's response, whose body arrives while the client reads it."""
        reply, module = self.reply, self.module
        if comes_at_once(reply):
            self.context.end(self.exchange, "complete")
            opened = self.context, self.exchange, self.pool, self.connection
            stream = _immediate_stream_class(module)(*opened, reply.body)
        else:
            stream = _timed_stream_class(module)(self)
        return module.Response(
            reply.status, headers=reply.headers, stream=stream, extensions=_EXTENSIONS.copy()
        )


def ask(  # noqa: PLR0917 - an adapter of the library has no fewer
    context: InterceptionContext,
    module: ModuleType,
    request: Any,
    address: Address,
    body: bytes,
    pool: Pool,
    connection: Connection,
) -> tuple[WireRequest, Exchange, Reply | Plain]:
    """Send a request with this body to a provider at this address on a connection."""
    headers = request_headers(module, request.headers)
    (_, host, _), names, path, query = address
    wire = WireRequest(request.method, host, path, query, headers, body, connection.reused)
    try:
        provider = context.hosts.provider(names, wire.method, path)
        return wire, *context.brief_answer(provider, wire)
    except BaseException:
        pool.close(connection)
        raise


def plain_response(  # noqa: PLR0917 - the same parts
    context: InterceptionContext,
    module: ModuleType,
    exchange: Exchange,
    reply: PlainReply,
    pool: Pool,
    connection: Connection,
) -> Any:
    """The library's response for a reply that comes whole and at once."""
    stream = _immediate_stream_class(module)(context, exchange, pool, connection, reply.body)
    response = module.Response(200, stream=stream, extensions=_EXTENSIONS.copy())
    give_headers(module, response, reply.headers.raw(reply.fillings, reply.more))
    return response


@cache
def _immediate_stream_class(module: ModuleType) -> type:
    """The class of a body that arrives at once, derived from the library's own stream class."""

    class ImmediateStream(OpenExchange, module.ByteStream):  # type: ignore[misc, name-defined] # known at run time only
        """A body whose connection is free after it was read."""

        def __init__(
            self,
            context: InterceptionContext,
            exchange: Exchange,
            pool: Pool,
            connection: Connection | None,
            body: bytes,
        ) -> None:
            self.context, self.exchange = context, exchange
            self.pool, self.connection = pool, connection
            self._stream = body

        def __iter__(self) -> Iterator[bytes]:
            yield self._stream
            self.complete()

        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield self._stream
            self.complete()

        def close(self) -> None:
            if self.connection is not None:
                self.abandon()

        async def aclose(self) -> None:
            self.abandon()

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
