"""Threads that are started in an outage become runners: one of them runs at a time.

A thread takes and gives up its turn in its outermost frame, which no user code, and no telemetry
package that wraps `Thread.run`, can replace. A new thread first waits for its turn, so `start()`
always returns before the thread does anything.
"""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any

from chaos_llm.virtual_time.runner import Runner, SimulationOver
from chaos_llm.virtual_time.scheduler import Scheduler

_STARTERS = ("_start_new_thread", "_start_joinable_thread")  # CPython 3.11 and 3.12; 3.13


class Threads:
    """The threads that were started during an outage."""

    def __init__(
        self, scheduler: Scheduler, keeps_real_time: Callable[[threading.Thread], bool]
    ) -> None:
        self._scheduler, self._keeps_real_time = scheduler, keeps_real_time
        self._runners: weakref.WeakKeyDictionary[threading.Thread, Runner] = (
            weakref.WeakKeyDictionary()
        )

    def runner_of(self, thread: threading.Thread) -> Runner | None:
        """The runner of a thread that was started on the clock, or None."""
        return self._runners.get(thread)

    def install(self, undo: ExitStack) -> None:
        """Put the threads of `threading` on the clock from now on."""
        for name in _STARTERS:
            if name in vars(threading):
                undo.callback(setattr, threading, name, vars(threading)[name])
                setattr(threading, name, self._starting(vars(threading)[name]))
        undo.callback(setattr, threading.Thread, "join", threading.Thread.join)
        threading.Thread.join = self._joining(threading.Thread.join)  # type: ignore[method-assign]  # replaced until the end

    def _starting(self, start: Callable[..., Any]) -> Callable[..., Any]:
        def start_thread(bootstrap: Callable[..., Any], *args: Any, **options: Any) -> Any:
            me, thread = self._scheduler.here(), getattr(bootstrap, "__self__", None)
            if me is None or not isinstance(thread, threading.Thread):
                return start(bootstrap, *args, **options)
            with me.in_real_time():
                if self._keeps_real_time(thread):
                    started = start(bootstrap, *args, **options)
                    thread._started.wait()  # type: ignore[attr-defined]  # what start() waits for
                    return started
                return self._start_runner(start, thread, bootstrap, *args, **options)

        return start_thread

    def _start_runner(
        self,
        start: Callable[..., Any],
        thread: Any,
        bootstrap: Callable[..., Any],
        *args: Any,
        **options: Any,
    ) -> Any:
        runner = Runner(thread.name, daemon=thread.daemon)
        thread._started = begun = _Started(partial(self._scheduler.wait_for_baton, runner))
        thread._invoke_excepthook = _quiet_at_the_end(thread._invoke_excepthook)
        started = start(partial(self._run, runner, bootstrap), *args, **options)
        self._runners[thread] = runner
        begun.wait()
        self._scheduler.start(runner)
        return started

    def _run(self, runner: Runner, bootstrap: Callable[..., Any], *args: Any) -> None:
        try:
            bootstrap(*args)
        finally:
            self._scheduler.finish(runner)

    def _joining(self, join: Callable[..., None]) -> Callable[..., None]:
        scheduler = self._scheduler

        def join_thread(thread: threading.Thread, timeout: float | None = None) -> None:
            me = scheduler.here()
            if me is None or thread.ident is None or thread is threading.current_thread():
                return join(thread, timeout)  # which raises for a thread unstarted or current
            runner = self.runner_of(thread)

            def ended() -> bool:
                return not thread.is_alive() if runner is None else runner.over

            if not ended():
                deadline = scheduler.deadline(None if timeout is None else max(timeout, 0))
                scheduler.block(me, ended, deadline, f"join of {thread.name}")
                if not me.over and not ended():
                    return None
            with me.in_real_time():
                return join(thread, timeout)

        return join_thread


class _Started(threading.Event):
    """The event that `Thread.start` waits for; the new thread sets it, then waits for its turn."""

    def __init__(self, wait_for_baton: Callable[[], None]) -> None:
        super().__init__()
        self._wait_for_baton = wait_for_baton

    def set(self) -> None:
        super().set()
        self._wait_for_baton()


def _quiet_at_the_end(report: Callable[..., None]) -> Callable[..., None]:
    """Do not report the exception that ends a sleeping thread with the outage.

    pytest would show it as an unhandled exception of a thread.
    """

    def report_exception(*args: Any) -> None:
        if not isinstance(sys.exc_info()[1], SimulationOver):
            report(*args)

    return report_exception
