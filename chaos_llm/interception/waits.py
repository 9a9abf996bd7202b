"""Watches how long the app's own code waits for work that it has started elsewhere.

Seen are `Future.result` and `exception` with a time-out, `Executor.map`, and `wait` and
`as_completed` of `concurrent.futures` and of asyncio. Such a wait ends without ending the work, so
work that goes on behind it is no mistake by itself. It shows how long the app lets its user wait.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import sys
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, TypeGuard

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
    _watch_iterators(now, undo)
    shutdown = ThreadPoolExecutor.shutdown
    undo.callback(setattr, ThreadPoolExecutor, "shutdown", shutdown)
    ThreadPoolExecutor.shutdown = _held_up(shutdown, now)  # type: ignore[method-assign] # undone


def _watch_iterators(now: _Now, undo: ExitStack) -> None:
    """Note the waits that give one result after the other, with one time-out for all of them."""
    as_completed = concurrent.futures.as_completed
    replace_any_function(undo, as_completed, lambda real: _as_completed(real, now))
    replace_any_function(undo, asyncio.as_completed, lambda real: _asyncio_as_completed(real, now))
    mapped = Executor.map
    undo.callback(setattr, Executor, "map", mapped)
    Executor.map = _map(mapped, now)  # type: ignore[method-assign] # undone


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


def _as_completed(real: Callable[..., Any], now: _Now) -> Callable[..., Any]:
    def as_completed(fs: Any, timeout: float | None = None) -> Any:
        results = real(fs, timeout)
        if not _is_deadline(timeout):
            return results
        return _one_by_one(results, lambda: _WaitForResults(timeout, now))

    return as_completed


def _map(real: Callable[..., Any], now: _Now) -> Callable[..., Any]:
    def map_all(pool: Any, fn: Any, *each: Any, timeout: float | None = None, **more: Any) -> Any:
        if not _is_deadline(timeout):
            return real(pool, fn, *each, timeout=timeout, **more)
        wait = _WaitForResults(timeout, now)  # it begins with the call
        return _one_by_one(real(pool, fn, *each, timeout=timeout, **more), lambda: wait)

    return map_all


def _asyncio_as_completed(real: Callable[..., Any], now: _Now) -> Callable[..., Any]:
    def as_completed(fs: Any, *, timeout: float | None = None) -> Any:
        results = real(fs, timeout=timeout)
        return _AsyncResults(results, timeout, now) if _is_deadline(timeout) else results

    return as_completed


class _WaitForResults:
    """One wait of the app for several results; what it does between two of them is no waiting."""

    def __init__(self, timeout: float, now: _Now) -> None:
        self._now = now
        self._wait = app_deadlines.begin_wait(now(), timeout)

    @contextmanager
    def for_next(self) -> Iterator[None]:
        wait, began = self._wait, self._now()
        try:
            with app_deadlines.inner_waits_left_out():
                yield
        finally:
            if wait is not None and began <= wait.ends:
                app_deadlines.end_wait(wait, self._now())


def _one_by_one(
    results: Generator[Any, None, None], begin: Callable[[], _WaitForResults]
) -> Iterator[Any]:
    wait = begin()
    with contextlib.closing(results):
        while True:
            with wait.for_next():
                try:
                    result = next(results)
                except StopIteration:
                    return
            yield result


class _AsyncResults:
    """What `asyncio.as_completed` returns: to be read by `for`, and by `async for` from 3.13 on."""

    def __init__(self, results: Any, timeout: float, now: _Now) -> None:
        self._results, self._wait = results, _WaitForResults(timeout, now)

    def __iter__(self) -> _AsyncResults:
        return self

    def __next__(self) -> Any:
        return self._awaiting(next(self._results))

    def __aiter__(self) -> _AsyncResults:
        return self

    async def __anext__(self) -> Any:
        with self._wait.for_next():
            return await anext(self._results)

    async def _awaiting(self, result: Any) -> Any:
        with self._wait.for_next():
            return await result


def _held_up(real: Callable[..., None], now: _Now) -> Callable[..., None]:
    """`with ThreadPoolExecutor()` waits at its end for the work that the app no longer awaits."""

    def shutdown(pool: Any, *options: Any, **more: Any) -> None:
        began = now()
        real(pool, *options, **more)
        app_deadlines.prolong_wait(began, now())

    return shutdown


@contextmanager
def _waiting(timeout: float | None, now: _Now) -> Iterator[None]:
    if not _is_deadline(timeout):
        yield
        return
    wait = app_deadlines.begin_wait(now(), timeout)
    try:
        yield
    finally:
        if wait is not None:
            app_deadlines.end_wait(wait, now())


def _is_deadline(timeout: float | None) -> TypeGuard[float]:
    return timeout is not None and timeout > 0 and is_set_by_app(sys._getframe(1))
