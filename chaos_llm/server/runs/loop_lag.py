"""How late a server's loop is: what a reply that is due has to wait for."""

from __future__ import annotations

import asyncio
from collections import deque

_EVERY = 0.25  # real seconds between two looks
_KEPT = 40  # looks: ten seconds


class LoopLag:
    """The largest delay of the last ten seconds, in real seconds."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop, self._late = loop, deque[float](maxlen=_KEPT)
        self._timer: asyncio.TimerHandle | None = None

    @property
    def largest(self) -> float:
        return max(self._late, default=0.0)

    def begin(self) -> None:
        self._timer = self._loop.call_later(_EVERY, self._look, self._loop.time() + _EVERY)

    def _look(self, due: float) -> None:
        self._late.append(max(0.0, self._loop.time() - due))
        self.begin()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
