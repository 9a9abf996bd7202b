"""Executors and thread caches from before the outage, whose idle workers keep real time.

During the outage such an executor gets new threads on the clock; afterwards these end, and it gets
its old workers back.
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
    """The thread pools that have new threads on the clock for the time of the outage."""

    def __init__(self, scheduler: Scheduler, threads: Threads) -> None:
        self._scheduler, self._threads = scheduler, threads
        self._originals: dict[Any, tuple[Any, ...]] = {}  # old queues and workers, by executor

    def install(self, undo: ExitStack) -> None:
        """Give new threads to old executors at their first use; restore the old ones at the end."""
        undo.callback(self._restore)
        submit = ThreadPoolExecutor.submit
        undo.callback(setattr, ThreadPoolExecutor, "submit", submit)
        ThreadPoolExecutor.submit = self._submitting(submit)  # type: ignore[method-assign]  # replaced until the end
        _renew_thread_caches(undo)

    def _submitting(self, submit: Callable[..., Future[Any]]) -> Any:
        def submit_on_clock(
            pool: Any, function: Callable[..., Any], /, *args: Any, **options: Any
        ) -> Future[Any]:
            if self._scheduler.here() is not None and pool not in self._originals:
                self._give_new_threads(pool)
            return submit(pool, function, *args, **options)

        return submit_on_clock

    def _give_new_threads(self, pool: Any) -> None:
        if any(self._threads.runner_of(thread) is None for thread in pool._threads):
            self._originals[pool] = tuple(getattr(pool, name) for name in _POOL_STATE)
            pool._work_queue, pool._threads = queue.SimpleQueue(), set()
            pool._idle_semaphore = threading.Semaphore(0)

    def _restore(self) -> None:
        """Restore the old workers after the outage, when idle new ones are in real time."""
        for pool, old in self._originals.items():
            if not pool._shutdown:
                pool._shutdown = True  # idle workers end only if their pool is shut down
                pool._work_queue.put(None)
                for thread in pool._threads:
                    runner = self._threads.runner_of(thread)
                    if runner is not None and runner.doing == WAITS_FOR_JOB:
                        thread.join(1.0)  # real seconds; an idle worker ends at once
                pool._shutdown = False
            for name, value in zip(_POOL_STATE, old, strict=True):
                setattr(pool, name, value)
        self._originals.clear()


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
