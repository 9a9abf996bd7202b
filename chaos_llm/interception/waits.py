"""Watches how long the app's own code waits for work that it has started elsewhere.

Seen are `Future.result` and `exception` with a time-out, `concurrent.futures.wait` and
`asyncio.wait`. Such a wait ends without ending the work, so work that goes on behind it is no
mistake by itself. It shows how long the app lets its user wait.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

from chaos_llm.requests import app_deadlines
from chaos_llm.requests.app_lines import is_set_by_app
from chaos_llm.virtual_time.patching import replace_any_function, replace_coroutine_function

_Now = Callable[[], float]


def watch(now: _Now, undo: ExitStack) -> None:
    """Note the app's waits until `undo` is closed."""
    for name in ("result", "exception"):
        real = getattr(Future, name)
        undo.callback(setattr, Future, name, real)
        setattr(Future, name, _method(real, now))
    replace_any_function(undo, concurrent.futures.wait, lambda real: _function(real, now))
    replace_coroutine_function(undo, asyncio.wait, lambda real: _coroutine_function(real, now))
    shutdown = ThreadPoolExecutor.shutdown
    undo.callback(setattr, ThreadPoolExecutor, "shutdown", shutdown)
    ThreadPoolExecutor.shutdown = _held_up(shutdown, now)  # type: ignore[method-assign] # undone


def _method(real: Callable[..., Any], now: _Now) -> Callable[..., Any]:
    def method(future: Any, timeout: float | None = None) -> Any:
        with _waiting(timeout, now):
            return real(future, timeout)

    return method


def _function(real: Callable[..., Any], now: _Now) -> Callable[..., Any]:
    def wait(fs: Any, timeout: float | None = None, *more: Any, **options: Any) -> Any:
        with _waiting(timeout, now):
            return real(fs, timeout, *more, **options)

    return wait


def _coroutine_function(real: Callable[..., Any], now: _Now) -> Callable[..., Any]:
    async def wait(fs: Any, *, timeout: float | None = None, **options: Any) -> Any:  # noqa: ASYNC109 - as asyncio's
        with _waiting(timeout, now):
            return await real(fs, timeout=timeout, **options)

    return wait


def _held_up(real: Callable[..., None], now: _Now) -> Callable[..., None]:
    """`with ThreadPoolExecutor()` waits at its end for the work that the app no longer awaits."""

    def shutdown(pool: Any, *options: Any, **more: Any) -> None:
        began = now()
        real(pool, *options, **more)
        app_deadlines.prolong_wait(began, now())

    return shutdown


@contextmanager
def _waiting(timeout: float | None, now: _Now) -> Iterator[None]:
    if not timeout or timeout < 0 or not is_set_by_app(sys._getframe(1)):
        yield
        return
    wait = app_deadlines.begin_wait(now(), timeout)
    try:
        yield
    finally:
        if wait is not None:
            wait.left = now()
