"""One name in sync and async tests: what is called in an event loop is awaited there."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Generator
from typing import Any, NoReturn

from chaos_llm.errors import UsageError
from chaos_llm.protocol.awaitable import itself


def in_event_loop() -> bool:
    """Whether this code runs in a task of asyncio or trio."""
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        return True
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class NotAwaited(UsageError, AttributeError):
    """What is to be awaited was used before; it has no such attribute, so `hasattr` says no."""


class Moment(float):
    """Seconds of the profile; it may be awaited, so that one name works in all tests."""

    def __await__(self) -> Generator[Any, Any, Moment]:
        return itself(self)


class Pending(Coroutine[Any, Any, Any]):
    """What a method returns in an event loop: a coroutine, to be awaited or made a task.

    Any other use raises UsageError, and so does the outage when it ends and this never began.
    """

    def __init__(self, method: str, start: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        self._method, self._start = method, start
        self._begun: Coroutine[Any, Any, Any] | None = None

    @property
    def was_awaited(self) -> bool:
        """Whether somebody awaited it."""
        return self._begun is not None

    @property
    def advice(self) -> str:
        """What to write instead."""
        return f"an event loop is running here: write `await chaos.{self._method}(...)`"

    def _coroutine(self) -> Coroutine[Any, Any, Any]:
        if self._begun is None:
            self._begun = self._start()
        return self._begun

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._coroutine().__await__()

    def send(self, value: Any) -> Any:
        return self._coroutine().send(value)

    def throw(self, *error: Any) -> Any:
        return self._coroutine().throw(*error)

    def close(self) -> None:
        if self._begun is not None:
            self._begun.close()

    def __getattr__(self, name: str) -> NoReturn:
        raise NotAwaited(self.advice)

    def __bool__(self) -> bool:
        if self.was_awaited:  # asyncio asks so for the repr of a task
            return True
        raise UsageError(self.advice)

    def __float__(self) -> NoReturn:
        raise UsageError(self.advice)

    __lt__ = __le__ = __gt__ = __ge__ = __str__ = __float__

    def __repr__(self) -> str:
        return f"<chaos.{self._method}(...), to be awaited>"
