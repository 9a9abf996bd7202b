"""Answers of the admin API that would keep other clients waiting: they are worked out in a thread.

The thread reads what was settled before, and never writes: whatever changes a run is done on the
loop, before or after.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from chaos_llm.server.http.own_replies import ServerReply


@dataclass(frozen=True)
class Later:
    """Work for a thread, and what to make of its result on the loop; `then` does not raise."""

    work: Callable[[], Any]
    then: Callable[[Any, BaseException | None], ServerReply]


class Workers(Protocol):
    """Does the work: an executor whose futures call back on the server's loop."""

    def __call__(self, work: Callable[[], Any], done: Callable[[Future[Any]], None], /) -> None:
        """Do the work in a thread, and call `done` on the loop."""


class Working:
    """One such answer under way; `over` is called with it unless the client has left before."""

    def __init__(
        self, later: Later, over: Callable[[ServerReply], None], close: Callable[[], None]
    ):
        self._later, self._over, self._close = later, over, close
        self._is_left = False

    def begin(self, workers: Workers) -> None:
        workers(self._later.work, self._done)

    def _done(self, future: Future[Any]) -> None:
        error = future.exception()
        reply = self._later.then(None if error else future.result(), error)
        if not self._is_left:
            self._over(reply)

    def leave(self) -> None:
        """The client went away."""
        self._is_left = True

    def cut(self) -> None:
        """The server stops."""
        self._is_left = True
        self._close()

    def pause(self) -> None:
        """Nothing is written before all is known."""

    def resume(self) -> None:
        """The same."""
