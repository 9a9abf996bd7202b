"""The context manager that starts virtual time and restores real time on every exit."""

from __future__ import annotations

import os
import time
from _thread import get_ident
from collections.abc import Collection
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime
from types import TracebackType
from typing import Literal, Self

from chaos_llm.errors import HarnessError, UsageError
from chaos_llm.virtual_time import (
    alarms,
    foreign_clocks,
    interpreters,
    locks,
    time_functions,
    uvloops,
)
from chaos_llm.virtual_time.clock import REAL_WAIT, TICKS, Clock, ticks
from chaos_llm.virtual_time.dates import RunningDate
from chaos_llm.virtual_time.executors import Executors
from chaos_llm.virtual_time.loops import Loops
from chaos_llm.virtual_time.native.native_clocks import NativeClocks
from chaos_llm.virtual_time.native.native_threads import NativeThreads
from chaos_llm.virtual_time.polls import StandstillDetector
from chaos_llm.virtual_time.real_time_callers import TELEMETRY_AND_DEBUGGERS, RealTimeCallers
from chaos_llm.virtual_time.runner import Runner
from chaos_llm.virtual_time.scheduler import Scheduler
from chaos_llm.virtual_time.sockets import Sockets
from chaos_llm.virtual_time.threads import Threads
from chaos_llm.virtual_time.trio_loops import TrioLoops
from chaos_llm.virtual_time.unmanaged_threads import UnmanagedThreads

ThreadMode = Literal["managed", "refuse"]

_active: VirtualTime | None = None
_fork_is_watched = False


def active() -> VirtualTime | None:
    """Return the virtual time that is running in this process, or None."""
    return _active


class VirtualTime:
    """Time that passes only when no thread or task can run; a process runs one at a time.

    `starts` is the first date of the wall clock (default: the real time). `horizon` is the virtual
    time, in seconds, after which an endless loop is assumed. `real_wait` is the number of real
    seconds for which a real socket or thread may stop the clock. With `threads="refuse"` threads
    keep real time. Calls and threads of `real_packages` always keep real time. On exit, the first
    harness error that was recorded is raised.
    """

    def __init__(
        self,
        *,
        starts: datetime | None = None,
        horizon: float = 30 * 86_400.0,
        real_wait: float = REAL_WAIT,
        threads: ThreadMode = "managed",
        real_packages: Collection[str] = TELEMETRY_AND_DEBUGGERS,
    ) -> None:
        if starts is not None and starts.tzinfo is None:
            raise UsageError(f"starts={starts!r} has no time zone; add tzinfo=timezone.utc")
        if threads not in ("managed", "refuse"):
            raise UsageError(f'threads={threads!r} is neither "managed" nor "refuse"')
        self._starts, self._real_wait, self._threads = starts, real_wait, threads
        self._callers = RealTimeCallers(real_packages, threads_are_real=threads == "refuse")
        self.ticker = Clock(horizon)  # counts ticks; read at every request, so no property
        self._recorded: HarnessError | None = None
        self._sockets = Sockets()
        self._native_clocks = NativeClocks(self._callers.tools)
        self._native_threads = NativeThreads(real_wait, {}, self._callers)
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        interpreters.refuse_unsupported()
        uvloops.refuse_running_loop()
        if _active is None:
            foreign_clocks.refuse_running()
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
        _activate(self)
        undo.callback(_activate, None)
        self._recorded = None
        self.ticker = clock = Clock(self.horizon)
        undo.callback(clock.stop)
        clock.start(self._starts)
        self._sockets = Sockets()
        self._scheduler = scheduler = Scheduler(clock, self._real_wait, self.record)
        loops, trio = Loops(scheduler, self._sockets), TrioLoops(scheduler, self._sockets)
        scheduler.turns.outside = UnmanagedThreads(scheduler.runners, self._callers, loops.held_by)
        self._native_threads = NativeThreads(self._real_wait, scheduler.runners, self._callers)
        scheduler.turns.native = self._native_threads
        self._native_threads.install(undo)
        loops.install(undo)
        trio.install(undo)
        uvloops.install(undo, scheduler)
        foreign_clocks.install(undo, scheduler)
        if self._threads == "managed":
            threads = Threads(scheduler, self._callers.starts_in_real_time)
            Executors(scheduler, threads).install(undo)
            threads.install(undo)
            locks.install(undo, scheduler)
        undo.callback(scheduler.end)
        undo.callback(loops.release)
        undo.callback(trio.release)
        scheduler.begin()
        self._install_clocks(undo)
        self._check_clocks()

    def _install_clocks(self, undo: ExitStack) -> None:
        clock, scheduler = self.ticker, self._scheduler
        running = time_functions.Running(clock, scheduler, self._callers, scheduler.runners)
        time_functions.install(undo, running)
        alarms.install(undo, scheduler)
        clock.on_standstill = StandstillDetector(scheduler, self._real_wait, self.record)
        self._install_native(undo)

    def _install_native(self, undo: ExitStack) -> None:
        clock = self.ticker
        self._native_clocks = NativeClocks(self._callers.tools)
        self._native_clocks.install(undo, clock.monotonic_ns(), clock.wall.nanoseconds)
        undo.callback(setattr, clock, "native_code", None)
        clock.native_code = self._native_clocks

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._undo.close()
        recorded = self._recorded
        if recorded is None or recorded is error or isinstance(error, KeyboardInterrupt):
            return
        raise recorded

    def _check_clocks(self) -> None:
        """Raise UsageError where a clock or a lock was not redirected, by the first reading."""
        clock = self.ticker
        for name, reading, expected in (
            ("time.monotonic", time.monotonic(), clock.monotonic()),
            ("time.perf_counter", time.perf_counter(), clock.perf_counter()),
            ("time.time", time.time(), clock.wall.seconds),
        ):
            if reading != expected:
                raise UsageError(
                    f"{name} cannot be put on virtual time here: it returns {reading!r}, not "
                    f"{expected!r}; has another tool replaced it?"
                )
        if self._threads == "managed" and not locks.are_replaced():
            raise UsageError(
                "the locks of this interpreter cannot be put on virtual time; "
                'threads="refuse" leaves them, and all threads, in real time'
            )

    @property
    def now(self) -> float:
        """Virtual seconds since the outage was entered, exact."""
        return self.ticker.now / TICKS

    @property
    def wall(self) -> float:
        """The time of the wall clock, in Unix seconds."""
        return self.ticker.wall.seconds

    @property
    def manages_threads(self) -> bool:
        """Whether threads that are started during the outage use its clock."""
        return self._threads == "managed"

    @property
    def horizon(self) -> float:
        """The virtual time, in seconds since entry, after which HorizonReached is raised."""
        return self.ticker.horizon / TICKS

    @horizon.setter
    def horizon(self, seconds: float) -> None:
        self.ticker.horizon = ticks(seconds)

    def extend_horizon(self, seconds: float) -> None:
        """Move the horizon this many seconds into the future."""
        self.horizon += seconds

    @property
    def real_peers(self) -> tuple[str, ...]:
        """Names of all that ran in real time: sockets that code awaited, and `stayed_real`."""
        return (*sorted(self._sockets.peers), *self.stayed_real)

    @property
    def stayed_real(self) -> tuple[str, ...]:
        """Names of the native code that could not follow this clock, each with the reason."""
        refusal = self._native_clocks.refusal
        clocks = [f"the clocks of native code ({refusal})"] if refusal else []
        return (*clocks, *sorted(self._native_threads.ignored))

    def date_before(self, when: datetime) -> RunningDate:
        """Return a wall clock for set-up code; it must end before this clock is entered."""
        return RunningDate(when, self._callers.tools)

    def set_wall(self, when: datetime) -> None:
        """Set the wall clock to a date; the monotonic clocks do not change."""
        self.ticker.set_wall(when)

    def sleep(self, seconds: float) -> None:
        """Let the calling thread sleep in virtual time; UsageError where it keeps real time."""
        runner = self._runner()
        self._scheduler.sleep(runner, seconds)

    def is_managed_here(self) -> bool:
        """Whether the calling thread uses this clock."""
        if _active is not self:
            return False
        runner = self._scheduler.runners.get(get_ident())
        return runner is not None and not runner.off_clock

    def record(self, error: HarnessError) -> HarnessError:
        """Keep a harness error; the first one is raised when the outage ends."""
        if self._recorded is None:
            self._recorded = error
        return error

    def unmanaged(self) -> AbstractContextManager[None]:
        """Keep the calling thread, and the threads that it starts inside, in real time."""
        return self._runner().in_real_time()

    def _runner(self) -> Runner:
        runner = self._scheduler.here() if _active is self else None
        if runner is None:
            raise UsageError("this thread does not use the clock of a running outage")
        return runner

    def leave_in_child(self) -> None:
        """Restore real time in a forked child process, which has no other threads."""
        self._recorded = None
        self._scheduler.forget_others()
        self._undo.close()


def _activate(clock: VirtualTime | None) -> None:
    global _active, _fork_is_watched  # noqa: PLW0603 - a process has one clock
    if not _fork_is_watched:
        _fork_is_watched = True
        os.register_at_fork(after_in_child=_after_fork)
    _active = clock


def _after_fork() -> None:
    if _active is not None:
        _active.leave_in_child()
