"""A socket for http.client that delivers a simulated reply."""

from __future__ import annotations

import errno
import io
from typing import Any

from chaos_llm.interception.context import OUTAGE_ENDED
from chaos_llm.interception.intercepted_exchange import InterceptedExchange
from chaos_llm.protocol.messages import Ending


class ReplySocket:
    """The methods of a socket that http.client and urllib3 use."""

    def __init__(self, exchange: InterceptedExchange) -> None:
        self._exchange = exchange
        self.limit: float | None = None  # seconds for one read

    def settimeout(self, seconds: float | None) -> None:
        self.limit = seconds

    def gettimeout(self) -> float | None:
        return self.limit

    def setsockopt(self, *option: Any) -> None:
        """Ignore the option."""

    def sendall(self, data: Any) -> None:
        """Ignore the request's bytes: the request was read before."""

    def makefile(self, mode: str = "rb", *_: Any, **__: Any) -> io.BufferedReader:
        """The reply as a file, which stays open when the socket is closed."""
        assert mode == "rb", mode
        return io.BufferedReader(_ReplyReader(self, self._exchange))

    def shutdown(self, how: int) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing: closing the file ends the exchange."""


class _ReplyReader(io.RawIOBase):
    """The bytes of a reply, each frame at its time; a read returns at most one frame."""

    def __init__(self, peer: ReplySocket, exchange: InterceptedExchange) -> None:
        self._peer, self._exchange = peer, exchange
        self._frames, self._data = iter(exchange.frames()), memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._data and self._receive():
            pass
        taken = min(len(buffer), len(self._data))
        buffer[:taken], self._data = self._data[:taken], self._data[taken:]
        return taken

    def _receive(self) -> bool:
        """Wait for the next frame; False after the last one."""
        if self._exchange.context.is_over:
            self._exchange.leave()
            raise ConnectionAbortedError(errno.ECONNABORTED, OUTAGE_ENDED)
        frame = next(self._frames, None)
        if frame is None:
            return False
        self._wait(frame.pause)
        self._data = memoryview(frame.data)
        if frame.ending is not None:
            self._exchange.end(frame.ending)
        if frame.ending is Ending.RESET:
            raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
        return True

    def _wait(self, pause: float) -> None:
        limit = self._peer.limit
        if limit is None or pause < limit:
            self._exchange.sleep(pause)
            return
        self._frames = iter(())
        self._exchange.sleep(limit)
        self._exchange.leave("timeout")
        raise TimeoutError("The read operation timed out")  # as over TLS

    def close(self) -> None:
        self._exchange.leave()
        super().close()
