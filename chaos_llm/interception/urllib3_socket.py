"""A socket for http.client, whose peer is a reply."""

from __future__ import annotations

import errno
import io
from typing import Any

from chaos_llm.interception.context import OVER
from chaos_llm.interception.intercepted_exchange import InterceptedExchange
from chaos_llm.protocol.messages import Ending


class PlayedSocket:
    """What http.client and urllib3 ask of a socket."""

    def __init__(self, visit: InterceptedExchange) -> None:
        self._visit = visit
        self.limit: float | None = None  # seconds for one read

    def settimeout(self, seconds: float | None) -> None:
        self.limit = seconds

    def gettimeout(self) -> float | None:
        return self.limit

    def setsockopt(self, *option: Any) -> None:
        """Take what is of no effect here."""

    def sendall(self, data: Any) -> None:
        """Drop what has been read already."""

    def makefile(self, mode: str = "rb", *_: Any, **__: Any) -> io.BufferedReader:
        """The reply as a file to read, which outlives the socket."""
        assert mode == "rb", mode
        return io.BufferedReader(_Played(self, self._visit))

    def shutdown(self, how: int) -> None:
        """Take what is of no effect here."""

    def close(self) -> None:
        """Stay as it is: the file ends the visit."""


class _Played(io.RawIOBase):
    """The bytes of a reply, each frame when it is due; a read gets one frame at most."""

    def __init__(self, peer: PlayedSocket, visit: InterceptedExchange) -> None:
        self._peer, self._visit = peer, visit
        self._frames, self._data = iter(visit.frames()), memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._data and self._receive():
            pass
        taken = min(len(buffer), len(self._data))
        buffer[:taken], self._data = self._data[:taken], self._data[taken:]
        return taken

    def _receive(self) -> bool:
        """Wait for a frame; False where nothing more comes."""
        if self._visit.context.is_over:
            self._visit.leave()
            raise ConnectionAbortedError(errno.ECONNABORTED, OVER)
        frame = next(self._frames, None)
        if frame is None:
            return False
        self._wait(frame.pause)
        self._data = memoryview(frame.data)
        if frame.ending is not None:
            self._visit.end(frame.ending)
        if frame.ending is Ending.RESET:
            raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
        return True

    def _wait(self, pause: float) -> None:
        limit = self._peer.limit
        if limit is None or pause < limit:
            self._visit.sleep(pause)
            return
        self._frames = iter(())
        self._visit.sleep(limit)
        self._visit.leave("timeout")
        raise TimeoutError("The read operation timed out")  # as over TLS

    def close(self) -> None:
        self._visit.leave()
        super().close()
