"""Whether the task or thread that runs here has been cancelled."""

from __future__ import annotations

import asyncio
import sys
from _thread import get_ident
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

from anyio import from_thread

from chaos_llm.requests.app_deadlines import open_here, passed

# What anyio notes in a thread; nothing in one that it has not started.
_of_anyio = getattr(from_thread, "threadlocals", None)
_futures: dict[int, Future[Any]] = {}  # by the thread of a pool that runs it
_given_up: WeakSet[Future[Any]] = WeakSet()


def is_being_cancelled() -> bool:
    """Whether the current task was cancelled, and has neither ended nor taken that back.

    `asyncio.timeout`, `asyncio.wait_for` and anyio's cancel scopes cancel the task when their
    deadline passes, if the task lets the event loop run; else the deadline itself is read, as in
    trio. In a thread: whether the app has cancelled the work that runs there.
    """
    if asyncio._get_running_loop() is not None:
        task = asyncio.current_task()
        return task is not None and (task.cancelling() > 0 or passed(task))
    trio = sys.modules.get("trio")
    if trio is None or not trio.lowlevel.in_trio_task():
        future = _futures.get(get_ident()) if _futures else None
        if future is not None and future in _given_up:
            return True
        if _of_anyio is None or vars(_of_anyio):
            return _is_cancelled_in_anyio() or passed(None)
        return bool(open_here()) and passed(None)
    return bool(trio.current_effective_deadline() <= trio.current_time())


@contextmanager
def working_for(future: Future[Any]) -> Iterator[None]:
    """Note whose function runs in this thread of a pool."""
    thread = get_ident()
    before, _futures[thread] = _futures.get(thread), future
    try:
        yield
    finally:
        if before is None:
            del _futures[thread]
        else:
            _futures[thread] = before


def give_up(future: Future[Any]) -> None:
    """Note that the app has cancelled a future whose function goes on, as a thread cannot stop."""
    _given_up.add(future)


def _is_cancelled_in_anyio() -> bool:
    """Whether the scope is cancelled that waits for this thread of `anyio.to_thread`."""
    try:
        from_thread.check_cancelled()
    except RuntimeError:  # this is no such thread
        return False
    except BaseException:  # the class depends on the event loop
        return True
    return False
