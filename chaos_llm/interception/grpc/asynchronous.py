"""The asyncio channel, in the place of `cygrpc.AioChannel`: for grpc's own `aio` package."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from grpc._cython import cygrpc

from chaos_llm.interception.grpc.blocking import as_tuples, debug_string
from chaos_llm.interception.grpc.channel import CUT, OUTAGE, Asked, Channel
from chaos_llm.interception.grpc.deadlines import FOREVER
from chaos_llm.interception.grpc.rpc import Rpc
from chaos_llm.interception.grpc.targets import text
from chaos_llm.protocol.grpc_wire import Metadata, Status


class AsyncChannel(Channel):
    """In the place of `cygrpc.AioChannel`."""

    @property
    def target(self) -> bytes:
        return self._made.target.encode()

    def call(
        self,
        method: Any,
        deadline: Any,
        credentials: Any,
        wait_for_ready: Any,
        handle: Any = 0,
    ) -> Any:
        if self._closed:
            raise cygrpc.UsageError("Channel is closed.")  # the core's own words
        if (core := self.core()) is not None:
            return core.call(method, deadline, credentials, wait_for_ready, handle)
        return AsyncCall(self, text(method), deadline, credentials, bool(wait_for_ready))

    def closing(self) -> None:
        self._closed = True

    def close(self) -> None:
        self._closed = True
        if self._core is not None:
            self._core.close()

    def closed(self) -> bool:
        return self._closed

    async def watch_connectivity_state(self, last: Any, deadline: Any) -> bool:
        """Wait for a change, which never comes."""
        if (core := self.core()) is not None:
            return bool(await core.watch_connectivity_state(last, deadline))
        loop = asyncio.get_running_loop()
        over = loop.create_future()
        handle = loop.call_later(getattr(deadline, "left", FOREVER), over.set_result, None)
        try:
            await over
        finally:
            handle.cancel()
        return False


class AsyncCall:
    """In the place of the core's `_AioCall`, for one request."""

    def __init__(
        self,
        channel: AsyncChannel,
        method: str,
        deadline: Any,
        credentials: Any,
        waits: bool,
    ) -> None:
        self._channel, self._deadline, self._waits = channel, deadline, waits
        self._method, self._credentials = method, getattr(credentials, "_credentials", credentials)
        self._loop = asyncio.get_running_loop()
        self._rpc: Rpc | None = None
        self._streams = False
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: list[asyncio.Future[None]] = []
        self._callbacks: list[Callable[[], object]] = []
        self._initial_metadata: Any = None  # grpc's Python reads these two
        self._status: Any = None
        self._locally_cancelled = False
        OUTAGE.note(self)

    def cut(self) -> None:
        """End the call, whose loop may have been closed by now."""
        if self._rpc is not None and not self._loop.is_closed():
            self._end(CUT)

    async def unary_unary(self, request: bytes, metadata: Any, context: Any = None) -> Any:  # noqa: ARG002
        """Send one request and wait for the one message of its reply."""
        self._begin(request, metadata, streams=False)
        await self._until(lambda: self._status is not None)
        return self._rpc.messages.popleft() if self._rpc and self._rpc.messages else b""

    async def initiate_unary_stream(
        self,
        request: bytes,
        metadata: Any,
        context: Any = None,  # noqa: ARG002 - for tracing
    ) -> None:
        """Send one request, whose reply is a stream."""
        self._begin(request, metadata, streams=True)

    async def receive_serialized_message(self) -> Any:
        """The next message of a stream, or EOF."""
        await self._until(lambda: self._status is not None or bool(self._messages))
        if not self._messages or self._locally_cancelled:
            return cygrpc.EOF
        message = self._messages.popleft()
        self._take_status()
        return message

    async def stream_unary(self, *_: Any) -> Any:
        """Refuse a stream of requests."""
        self._begin(None, (), streams=False)

    async def initiate_stream_stream(self, *_: Any) -> None:
        """Refuse a stream of requests."""
        self._begin(None, (), streams=True)

    async def send_serialized_message(self, message: bytes) -> None:
        """Never asked of one request."""

    async def send_receive_close(self) -> None:
        """Never asked of one request."""

    async def initial_metadata(self) -> Any:
        await self._until(lambda: self._initial_metadata is not None)
        return self._initial_metadata

    async def status(self) -> Any:
        await self._until(lambda: self._status is not None)
        return self._status

    def done(self) -> bool:
        return self._status is not None

    def is_ok(self) -> bool:
        return self._status is not None and self._status.code() == cygrpc.StatusCode.ok

    def cancelled(self) -> bool:
        return self._status is not None and self._status.code() == cygrpc.StatusCode.cancelled

    def is_locally_cancelled(self) -> bool:
        return self._locally_cancelled

    def cancel(self, details: Any) -> None:
        self._locally_cancelled = True
        self._end(Status("CANCELLED", text(details) if details else ""))

    def set_internal_error(self, error_string: str) -> None:
        self._end(Status("INTERNAL", error_string))

    def add_done_callback(self, callback: Callable[[], object]) -> None:
        if self.done():
            callback()
        else:
            self._callbacks.append(callback)

    def time_remaining(self) -> float | None:
        if self._deadline is None:
            return None
        return max(0.0, float(self._deadline - self._channel.now))

    @property
    def _messages(self) -> Any:
        return self._rpc.messages if self._rpc is not None else ()

    def _begin(self, request: bytes | None, metadata: Any, *, streams: bool) -> None:
        if self._status is not None:
            return  # cancelled before it began
        asked = Asked(
            self._method,
            request,
            metadata,
            self._credentials,
            self._deadline,
            self._waits,
            streams=streams,
        )
        self._streams = streams
        self._rpc = self._channel.rpc(asked)
        self._advance()

    def _advance(self) -> None:
        rpc, now = self._rpc, self._channel.now
        assert rpc is not None
        rpc.advance(now)
        if rpc.headers is not None and self._initial_metadata is None:
            self._initial_metadata = as_tuples(rpc.headers)
        if rpc.status is not None:
            self._take_status()
            self._wake()
            return
        pause = FOREVER if rpc.due is None else rpc.due - now
        self._timer = self._loop.call_later(pause, self._advance)
        self._wake()

    def _take_status(self) -> None:
        """End the call, once what has come before its status has been read."""
        rpc = self._rpc
        if rpc is not None and rpc.status is not None and (not self._streams or rpc.is_drained):
            self._end(rpc.status)

    def _end(self, status: Status) -> None:
        """Take a status as the call's; the client's own ends the call for the provider, too."""
        if self._status is not None:
            return
        if self._timer is not None:
            self._timer.cancel()
        if self._rpc is not None:
            self._rpc.cancel(status)
        self._initial_metadata = self._initial_metadata or ()
        trailers: Metadata = status.trailers
        self._status = cygrpc.AioRpcStatus(
            status.number, status.details, as_tuples(trailers), debug_string(status)
        )
        for callback in self._callbacks:
            callback()
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def _until(self, is_ready: Callable[[], bool]) -> None:
        while not is_ready():
            future = self._loop.create_future()
            self._waiting.append(future)
            await future
