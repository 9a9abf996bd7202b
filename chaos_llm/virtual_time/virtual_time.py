"""The context manager that puts the clock together and takes everything back on every exit."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal

from chaos_llm.errors import HarnessError, UsageError
from chaos_llm.virtual_time import time_functions
from chaos_llm.virtual_time.callers import TELEMETRY_AND_DEBUGGERS, Callers
from chaos_llm.virtual_time.clock import TICKS, Clock, ticks
from chaos_llm.virtual_time.loops import Loops
from chaos_llm.virtual_time.outsiders import Outsiders
from chaos_llm.virtual_time.redirects import refuse_unsupported_interpreter
from chaos_llm.virtual_time.scheduler import Runner, Scheduler
from chaos_llm.virtual_time.sockets import Sockets

Threads = Literal["managed", "refuse"]

_active: VirtualTime | None = None


def active() -> VirtualTime | None:
    """The outage's clock that is on in this process, if one is."""
    return _active


class VirtualTime:
    """Time that passes only when nobody can run; one at a time in a process.

    `starts` is what the wall clock says at first (default: the real time). `horizon` is the virtual
    time, in seconds, after which an endless loop is assumed. `real_wait` is how many real seconds a
    real socket or thread may hold the clock. With `threads="refuse"` threads keep real time.
    `real_packages` names packages whose calls and threads always do. Leaving raises the first
    harness error that was recorded.
    """

    def __init__(
        self,
        *,
        starts: datetime | None = None,
        horizon: float = 30 * 86_400.0,
        real_wait: float = 5.0,
        threads: Threads = "refuse",
        real_packages: Collection[str] = TELEMETRY_AND_DEBUGGERS,
    ) -> None:
        if starts is not None and starts.tzinfo is None:
            raise UsageError(f"starts={starts!r} has no time zone; add tzinfo=timezone.utc")
        if threads not in ("managed", "refuse"):
            raise UsageError(f'threads={threads!r} is neither "managed" nor "refuse"')
        self._starts, self._threads, self._real_packages = starts, threads, real_packages
        self._horizon, self._real_wait = horizon, real_wait
        self._undo = ExitStack()
        self._recorded: HarnessError | None = None

    def __enter__(self) -> VirtualTime:
        refuse_unsupported_interpreter()
        if _active is not None:
            raise UsageError(
                "virtual time is already running in this process; two outages cannot share a "
                "clock: end the first one, or use it"
            )
        with ExitStack() as undo:
            self._install(undo)
            self._undo = undo.pop_all()
        return self

    def _install(self, undo: ExitStack) -> None:
        global _active  # noqa: PLW0603 - a process has one clock
        self._recorded = None
        self._clock = clock = Clock(self._horizon)
        self._callers = callers = Callers(self._real_packages)
        self._sockets = Sockets()
        self._scheduler = scheduler = Scheduler(clock, self._real_wait)
        self._loops = Loops(scheduler, self._sockets)
        scheduler.record = self._record
        undo.callback(_deactivate)
        _active = self
        undo.callback(clock.stop)
        clock.start_wall(self._starts)
        self._loops.install(undo)
        scheduler.begin()
        scheduler.outside = Outsiders(scheduler.runners, callers.start_real, self._loops.held_by)
        undo.callback(scheduler.end)
        running = time_functions.Running(clock, scheduler, callers, scheduler.runners)
        time_functions.install(undo, running)
        self._test_ourselves()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._undo.close()
        recorded, self._recorded = self._recorded, None
        if recorded is None or recorded is error or isinstance(error, KeyboardInterrupt):
            return
        raise recorded

    def _test_ourselves(self) -> None:
        """Refuse an interpreter, or a neighbour, that leaves a clock of this thread real."""
        readings = {
            "time.monotonic": (_ask("time.monotonic()"), self._clock.monotonic()),
            "time.perf_counter": (_ask("time.perf_counter()"), self._clock.perf_counter()),
            "time.time": (_ask("time.time()"), self._clock.wall.seconds),
        }
        for name, (says, should) in readings.items():
            if says != should:
                raise UsageError(
                    f"{name} cannot be put on virtual time here: it says {says!r}, not {should!r}. "
                    "Has another tool replaced it?"
                )

    @property
    def now(self) -> float:
        """Virtual seconds since the outage was entered."""
        return self._clock.seconds

    @property
    def wall(self) -> float:
        """What the wall clock says, in Unix seconds."""
        return self._clock.wall.seconds

    @property
    def horizon(self) -> float:
        """The virtual time, in seconds since entry, after which HorizonReached is raised."""
        return self._clock.horizon / TICKS if self._entered else self._horizon

    @horizon.setter
    def horizon(self, seconds: float) -> None:
        self._horizon = seconds
        if self._entered:
            self._clock.horizon = ticks(seconds)
