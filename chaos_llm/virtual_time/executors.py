"""Executors and thread caches from before the outage: their idle workers live in real time.

While the outage is on, such an executor works with fresh threads on the clock; afterwards they are
let go and it has its old workers again.
"""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from chaos_llm.virtual_time.runner import WAITS_FOR_JOB
from chaos_llm.virtual_time.scheduler import Scheduler
from chaos_llm.virtual_time.threads import Threads

_POOL_STATE = ("_work_queue", "_threads", "_idle_semaphore")


class Executors:
    """The thread pools that work on the clock with borrowed threads."""

    def __init__(self, scheduler: Scheduler, threads: Threads) -> None:
        self._scheduler, self._threads = scheduler, threads
        self._lent: dict[Any, tuple[Any, ...]] = {}  # old queues and workers, by executor

    def install(self, undo: ExitStack) -> None:
        """Lend threads to old executors when they are first used; take them back at the end."""
        undo.callback(self._take_back)
        submit = ThreadPoolExecutor.submit
        undo.callback(setattr, ThreadPoolExecutor, "submit", submit)
        ThreadPoolExecutor.submit = self._submitting(submit)  # type: ignore[method-assign]  # replaced until the end
        _renew_thread_caches(undo)

    def _submitting(self, submit: Callable[..., Future[Any]]) -> Any:
        def submit_on_clock(
            pool: Any, function: Callable[..., Any], /, *args: Any, **options: Any
        ) -> Future[Any]:
            if self._scheduler.here() is not None and pool not in self._lent:
                self._lend(pool)
            return submit(pool, function, *args, **options)

        return submit_on_clock

    def _lend(self, pool: Any) -> None:
        if any(self._threads.runner_of(thread) is None for thread in pool._threads):
            self._lent[pool] = tuple(getattr(pool, name) for name in _POOL_STATE)
            pool._work_queue, pool._threads = queue.SimpleQueue(), set()
            pool._idle_semaphore = threading.Semaphore(0)

    def _take_back(self) -> None:
        """Runs when the outage is over: the workers that idle do so in real time already."""
        for pool, old in self._lent.items():
            if not pool._shutdown:
                pool._shutdown = True  # workers end only where their pool seems to
                pool._work_queue.put(None)
                for thread in pool._threads:
                    runner = self._threads.runner_of(thread)
                    if runner is not None and runner.doing == WAITS_FOR_JOB:
                        thread.join(1.0)
                pool._shutdown = False
            for name, value in zip(_POOL_STATE, old, strict=True):
                setattr(pool, name, value)
        self._lent.clear()


def _renew_thread_caches(undo: ExitStack) -> None:
    """Hide the idle workers that anyio and trio keep for `to_thread`."""
    trio_cache: Any = sys.modules.get("trio._core._thread_cache")
    if trio_cache is not None:
        undo.callback(setattr, trio_cache, "THREAD_CACHE", trio_cache.THREAD_CACHE)
        trio_cache.THREAD_CACHE = trio_cache.ThreadCache()
    anyio_loop: Any = sys.modules.get("anyio._backends._asyncio")
    if anyio_loop is not None:
        for name in ("_threadpool_idle_workers", "_threadpool_workers"):
            undo.callback(setattr, anyio_loop, name, getattr(anyio_loop, name))
            setattr(anyio_loop, name, type(getattr(anyio_loop, name))(f"{name} of an outage"))
