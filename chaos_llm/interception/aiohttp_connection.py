"""A simulated connection of aiohttp: aiohttp's protocol, and a transport that delivers a reply."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Iterable
from typing import Any

from aiohttp import ClientRequest, ClientTimeout
from aiohttp.client_proto import ResponseHandler
from aiohttp.hdrs import EXPECT

from chaos_llm.engine.http1 import Frame
from chaos_llm.interception.context import OUTAGE_ENDED
from chaos_llm.interception.intercepted_exchange import InterceptedExchange
from chaos_llm.journal.journal import End
from chaos_llm.protocol.messages import Ending

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"  # for a client that sends `Expect: 100-continue`
_ROUNDING = 1e-6  # seconds; a loop's times are floats, so a limit may seem not quite reached


class ClientTimeouts:
    """A client's own time limits in seconds, and whether one of them has passed."""

    def __init__(self, request: ClientRequest, *limits: float | None) -> None:
        self._loop, self._limits = asyncio.get_running_loop(), [limit for limit in limits if limit]
        self._timer = request._timer  # for the request as a whole
        self.start()

    def start(self) -> None:
        """Begin to measure anew, because something was received."""
        self._since = self._loop.time()

    def journal_ending(self) -> End:
        """The ending for the journal if the client leaves now."""
        waited = self._loop.time() - self._since
        late = getattr(self._timer, "_cancelled", False) or any(
            limit <= waited + _ROUNDING for limit in self._limits
        )
        return "timeout" if late else "abandoned"


class ReplyConnection(ResponseHandler):
    """aiohttp's end of a connection that carries one request."""

    def __init__(
        self, exchange: InterceptedExchange, request: ClientRequest, limits: ClientTimeout
    ) -> None:
        super().__init__(asyncio.get_running_loop())
        self._transport = ReplyTransport(self, exchange, ClientTimeouts(request, limits.sock_read))
        self.connection_made(self._transport)
        self.force_close()
        if EXPECT in request.headers:
            self._loop.call_soon(self.data_received, _CONTINUE)

    def start_timeout(self) -> None:
        """Begin the reply when aiohttp has sent the request and begins to wait."""
        super().start_timeout()
        self._transport.begin()


class ReplyTransport(asyncio.Transport):
    """Delivers a reply; each frame in its own iteration of the loop, so that no two are merged."""

    def __init__(
        self, protocol: ResponseHandler, exchange: InterceptedExchange, timeouts: ClientTimeouts
    ) -> None:
        super().__init__()
        self._protocol, self._exchange, self._timeouts = protocol, exchange, timeouts
        self._loop, self._frames = asyncio.get_running_loop(), iter(exchange.frames())
        self._next: asyncio.TimerHandle | None = None
        self._delayed: Frame | None = None  # arrived while the reader's buffer was full
        self._is_paused = self._is_closing = False

    def begin(self) -> None:
        """Start the reply, once."""
        self._timeouts.start()
        if self._next is None:
            self._schedule_next()

    def _schedule_next(self) -> None:
        frame = next(self._frames, None)
        if frame is not None:
            self._next = self._loop.call_later(frame.pause, self._receive, frame)

    def _receive(self, frame: Frame) -> None:
        if self._is_closing:
            return
        if self._exchange.context.is_over:
            self._exchange.leave()
            self._break(ConnectionAbortedError(errno.ECONNABORTED, OUTAGE_ENDED))
            return
        if self._is_paused:
            self._delayed = frame
            return
        self._timeouts.start()
        if frame.ending is not None:
            self._exchange.end(frame.ending)
        if frame.data:
            self._protocol.data_received(frame.data)
        if frame.ending is Ending.RESET:
            self._break(ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"))
        elif frame.ending is Ending.CLOSED:
            self._break(None)
        elif not self._is_closing:
            self._schedule_next()

    def _break(self, error: OSError | None) -> None:
        self._is_closing = True
        if error is None:
            self._protocol.eof_received()
        self._protocol.connection_lost(error)

    def close(self) -> None:
        if self._is_closing:
            return
        self._is_closing = True
        if self._next is not None:
            self._next.cancel()
        self._exchange.leave(self._timeouts.journal_ending())
        self._loop.call_soon(self._protocol.connection_lost, None)

    def abort(self) -> None:
        self.close()

    def is_closing(self) -> bool:
        return self._is_closing

    def write(self, data: Any) -> None:
        """Ignore the request's bytes: the request was read before."""

    def writelines(self, list_of_data: Iterable[Any]) -> None:
        """Ignore the request's bytes: the request was read before."""

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        self._is_paused = True

    def resume_reading(self) -> None:
        self._is_paused = False
        delayed, self._delayed = self._delayed, None
        if delayed is not None:
            self._loop.call_soon(self._receive, delayed)
