"""The far end of a connection, without any I/O: what was received, and what is sent when.

A peer knows no event loop and no clock. Its driver feeds it what a client sends, asks it when
something is due, and takes that then; times are seconds of whatever clock the driver has.
"""

from __future__ import annotations

import heapq
import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple


class Hangup(Enum):
    """How a peer ends its connection."""

    CLOSED = "closed"  # FIN
    RESET = "reset"  # RST


class Output(NamedTuple):
    """Bytes for the client, and how the connection ends behind them, where it does."""

    data: bytes = b""
    hangup: Hangup | None = None


Action = Callable[[], Output]


class Peer(ABC):
    """A heap of what the far end will do, each with its time.

    The entries are actions and not bytes: what a frame looks like depends on the frames that were
    sent before it, and a pong overtakes a message that waits.
    """

    def __init__(self) -> None:
        self._actions: list[tuple[float, int, Action]] = []
        self._numbers = itertools.count()
        self.now = 0.0

    @property
    def due(self) -> float | None:
        """When the next action is due; None where nothing will come."""
        return self._actions[0][0] if self._actions else None

    def feed(self, data: bytes, now: float) -> None:
        """Take bytes that the client sent."""
        self.now = now
        self._received(data)

    def take(self, now: float) -> Output:
        """Do what is due next."""
        self.now = now
        return heapq.heappop(self._actions)[2]()

    def leave(self, now: float) -> None:
        """Take note that the connection is over, whichever side ended it; nothing more is sent."""
        self.now = now
        self._actions.clear()
        self._left()

    def _at(self, when: float, action: Action) -> None:
        heapq.heappush(self._actions, (when, next(self._numbers), action))

    @abstractmethod
    def _received(self, data: bytes) -> None:
        """React to bytes of the client."""

    @abstractmethod
    def _left(self) -> None:
        """Write down what the end of the connection cut off."""
