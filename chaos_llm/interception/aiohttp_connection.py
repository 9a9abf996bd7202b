"""A played connection of aiohttp: its own protocol, and a transport whose peer is a reply."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Iterable
from typing import Any

from aiohttp import ClientRequest, ClientTimeout
from aiohttp.client_proto import ResponseHandler
from aiohttp.hdrs import EXPECT

from chaos_llm.engine.http1 import Frame
from chaos_llm.interception.context import OVER
from chaos_llm.interception.intercepted_exchange import InterceptedExchange
from chaos_llm.journal.journal import End
from chaos_llm.protocol.messages import Ending

_SEND_IT = b"HTTP/1.1 100 Continue\r\n\r\n"  # to a client that asks before it sends a body
_ROUNDING = 1e-6  # seconds; a loop's times are floats


class Patience:
    """A client's own limits in seconds: whether it left because one of them was over."""

    def __init__(self, request: ClientRequest, *limits: float | None) -> None:
        self._loop, self._limits = asyncio.get_running_loop(), [limit for limit in limits if limit]
        self._timer = request._timer  # for the request as a whole
        self.start()

    def start(self) -> None:
        """Begin to wait, once more: the other side has been heard."""
        self._since = self._loop.time()

    def verdict(self) -> End:
        """How the journal calls it that the client leaves now."""
        waited = self._loop.time() - self._since
        late = getattr(self._timer, "_cancelled", False) or any(
            limit <= waited + _ROUNDING for limit in self._limits
        )
        return "timeout" if late else "abandoned"


class PlayedConnection(ResponseHandler):
    """aiohttp's end of a connection that carries one request."""

    def __init__(
        self, visit: InterceptedExchange, request: ClientRequest, limits: ClientTimeout
    ) -> None:
        super().__init__(asyncio.get_running_loop())
        self._played = PlayedTransport(self, visit, Patience(request, limits.sock_read))
        self.connection_made(self._played)
        self.force_close()
        if EXPECT in request.headers:
            self._loop.call_soon(self.data_received, _SEND_IT)

    def start_timeout(self) -> None:
        """Begin the reply where aiohttp begins to wait for it: the request is out."""
        super().start_timeout()
        self._played.begin()


class PlayedTransport(asyncio.Transport):
    """The provider's end; each frame has an iteration of the loop, so that readers see it alone."""

    def __init__(
        self, protocol: ResponseHandler, visit: InterceptedExchange, patience: Patience
    ) -> None:
        super().__init__()
        self._protocol, self._visit, self._patience = protocol, visit, patience
        self._loop, self._frames = asyncio.get_running_loop(), iter(visit.frames())
        self._next: asyncio.TimerHandle | None = None
        self._held: Frame | None = None  # what has come while the reader's buffer was full
        self._is_paused = self._is_closing = False

    def begin(self) -> None:
        """Start the reply, once."""
        self._patience.start()
        if self._next is None:
            self._go_on()

    def _go_on(self) -> None:
        frame = next(self._frames, None)
        if frame is not None:
            self._next = self._loop.call_later(frame.pause, self._come, frame)

    def _come(self, frame: Frame) -> None:
        if self._is_closing:
            return
        if self._visit.context.is_over:
            self._visit.leave()
            self._break(ConnectionAbortedError(errno.ECONNABORTED, OVER))
            return
        if self._is_paused:
            self._held = frame
            return
        self._patience.start()
        if frame.ending is not None:
            self._visit.end(frame.ending)
        if frame.data:
            self._protocol.data_received(frame.data)
        if frame.ending is Ending.RESET:
            self._break(ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"))
        elif frame.ending is Ending.CLOSED:
            self._break(None)
        elif not self._is_closing:
            self._go_on()

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
        self._visit.leave(self._patience.verdict())
        self._loop.call_soon(self._protocol.connection_lost, None)

    def abort(self) -> None:
        self.close()

    def is_closing(self) -> bool:
        return self._is_closing

    def write(self, data: Any) -> None:
        """Drop what has been read already."""

    def writelines(self, list_of_data: Iterable[Any]) -> None:
        """Drop it all."""

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        self._is_paused = True

    def resume_reading(self) -> None:
        self._is_paused = False
        held, self._held = self._held, None
        if held is not None:
            self._loop.call_soon(self._come, held)
