"""trio on the clock: patched where it idles. Its time is perf_counter, which follows already."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from chaos_llm.errors import HarnessError
from chaos_llm.virtual_time.clock import IDLE_LOOP
from chaos_llm.virtual_time.redirects import real_perf_counter
from chaos_llm.virtual_time.scheduler import Scheduler
from chaos_llm.virtual_time.sockets import LOOPBACK, Sockets

_IDLE_IN = (
    ("trio._core._io_epoll", "EpollIOManager"),
    ("trio._core._io_kqueue", "KqueueIOManager"),
)
# Real seconds in which the thread of a server in this process begins to work on a request.
_LOOPBACK_GRACE = 0.02
_NO_DEADLINE = 24 * 3600.0  # seconds: trio's longest wait, which it uses without a deadline, too


class TrioLoops:
    """The trio runs that idle on the clock."""

    def __init__(self, scheduler: Scheduler, sockets: Sockets) -> None:
        self._scheduler, self._sockets = scheduler, sockets
        self._clocks: dict[int, Any] = {}  # trio's clocks that follow, by id

    def install(self, undo: ExitStack) -> None:
        """Let trio idle on the clock, if it has been imported."""
        run: Any = sys.modules.get("trio._core._run")
        if run is None:
            return
        for module, name in _IDLE_IN:
            manager = getattr(sys.modules.get(module), name, None)
            if manager is not None:
                undo.callback(setattr, manager, "get_events", manager.get_events)
                manager.get_events = self._idling(manager.get_events)
        clock = run.SystemClock
        for name, replace in (("start_clock", self._starting), ("current_time", self._reading)):
            undo.callback(setattr, clock, name, getattr(clock, name))
            setattr(clock, name, replace(getattr(clock, name)))
        running = getattr(run.GLOBAL_RUN_CONTEXT, "runner", None)
        if running is not None:
            self._adopt(running.clock)

    def _idling(self, get_events: Callable[[Any, float], Any]) -> Callable[[Any, float], Any]:
        scheduler, sockets = self._scheduler, self._sockets

        def idle(manager: Any, timeout: float) -> Any:
            me = scheduler.here()
            if me is None:
                return get_events(manager, timeout)
            events = list(get_events(manager, 0))
            if events or timeout <= 0:
                scheduler.clock.poll(IDLE_LOOP)
                return events

            def ready() -> bool:  # trio's registrations serve for one event, so keep each event
                events.extend(get_events(manager, 0))
                return bool(events)

            began = real_perf_counter()

            def holds() -> str | None:
                keys = list(manager._registered)
                fds = [key[0] if isinstance(key, tuple) else key for key in keys]
                held_by = {peer for fd in fds if (peer := sockets.real_peer_of(fd))}
                if (
                    real_perf_counter() - began > _LOOPBACK_GRACE
                    or not scheduler.turns.outside.exist()
                ):
                    held_by.discard(LOOPBACK)
                return min(held_by, default=None)

            deadline = scheduler.deadline(timeout) if timeout < _NO_DEADLINE else None
            try:
                scheduler.block(me, ready, deadline, "an idle trio loop", holds)
            except HarnessError as error:
                raise_in_main_task(error)
            return get_events(manager, timeout) if me.over and not events else events

        return idle

    def _starting(self, start_clock: Callable[[Any], None]) -> Callable[[Any], None]:
        def start_on_clock(clock: Any) -> None:
            if self._scheduler.here() is not None:
                self._clocks[id(clock)] = clock  # made in the outage: it needs no correction
            start_clock(clock)

        return start_on_clock

    def _reading(self, current_time: Callable[[Any], float]) -> Callable[[Any], float]:
        def read_time(clock: Any) -> float:
            if id(clock) not in self._clocks and self._scheduler.here() is not None:
                self._adopt(clock)
            return current_time(clock)

        return read_time

    def _adopt(self, clock: Any) -> None:
        """Let the time of a run from before the outage go on without a jump."""
        self._clocks[id(clock)] = clock
        _shift(clock, real_perf_counter() - self._scheduler.clock.perf_counter())

    def release(self) -> None:
        """Let the deadlines of a run that outlives the outage keep their distance in time."""
        distance = self._scheduler.clock.perf_counter() - real_perf_counter()
        for clock in self._clocks.values():
            _shift(clock, distance)


def is_running() -> bool:
    """Whether the calling thread is inside a trio run."""
    return _running() is not None


def _running() -> Any:
    run = sys.modules.get("trio._core._run")
    return None if run is None else getattr(run.GLOBAL_RUN_CONTEXT, "runner", None)


def raise_in_main_task(error: HarnessError) -> None:
    """Raise an error in the main task, as trio does for Ctrl-C.

    Raised in `get_events`, it would leave the run in a broken state.
    """
    runner = _running()
    if runner is None or runner.main_task is None:
        raise error

    def raise_error() -> None:
        raise error

    runner.entry_queue.run_sync_soon(runner.main_task._attempt_abort, raise_error)


def _shift(clock: Any, distance: float) -> None:
    if hasattr(clock, "offset"):  # trio's own clock; it is frozen
        object.__setattr__(clock, "offset", clock.offset + distance)
