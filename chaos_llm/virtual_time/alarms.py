"""`signal.alarm`, `setitimer(ITIMER_REAL)` and signals that threads send: on the clock.

A process has one alarm, which both functions set. It rings when the clock gets there: the main
thread, whatever it waits for, runs the handler and then waits on, or takes the handler's exception
for its own. A signal that a thread on the clock sends to this process, as time-limit recipes do
with `pthread_kill` or `os.kill`, is handled by the main thread in the same way: at this instant,
before anybody else runs. An alarm that was set in real time, pytest-timeout's for one, stays real.
"""

from __future__ import annotations

import math
import operator
import os
import signal
import sys
import threading
from _thread import get_ident
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from chaos_llm.virtual_time.clock import TICKS, ticks
from chaos_llm.virtual_time.redirects import Redirect, real_raise_signal, twin
from chaos_llm.virtual_time.runner import Runner
from chaos_llm.virtual_time.scheduler import Scheduler
from chaos_llm.virtual_time.time_functions import Running, running

_real_alarm: Callable[[int], int] = twin(signal.alarm)
_real_setitimer: Callable[..., tuple[float, float]] = twin(signal.setitimer)
_real_getitimer: Callable[[int], tuple[float, float]] = twin(signal.getitimer)
_real_pthread_kill: Callable[[int, int], None] = twin(signal.pthread_kill)
_real_kill: Callable[[int, int], None] = twin(os.kill)
_real_pause: Callable[[], None] = twin(signal.pause)

_HALF = 0.5  # alarm() tells the seconds that are left, rounded, but never 0: alarm(2) of Linux

_redirects: list[Redirect] = []


class VirtualAlarm:
    """When the process's alarm rings next, and how often from then on."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.rings: int | None = None
        self._interval = 0

    def set(self, seconds: float, interval: float) -> tuple[float, float]:
        """Ring after so many seconds, then at each interval; 0 for never. Says what was set."""
        before = self.get()
        self.rings = self._scheduler.clock.now + ticks(seconds) if seconds else None
        self._interval = ticks(interval) if seconds else 0
        self._scheduler.turns.alarm = self if self.rings is not None else None
        return before

    def get(self) -> tuple[float, float]:
        """The seconds until it rings, and the interval."""
        if self.rings is None:
            return (0.0, 0.0)
        left = max(self.rings - self._scheduler.clock.now, 1)
        return (left / TICKS, self._interval / TICKS)

    def ring(self) -> None:
        """Send SIGALRM, and be set for the next time."""
        assert self.rings is not None
        self.rings = self.rings + self._interval if self._interval else None
        if self.rings is None:
            self._scheduler.turns.alarm = None
        if not interrupt_main_thread(self._scheduler, signal.SIGALRM):
            _real_kill(os.getpid(), signal.SIGALRM)


def interrupt_main_thread(scheduler: Scheduler, signum: int) -> bool:
    """Have the main thread handle a signal before it goes on; False where it is not waiting."""
    main = scheduler.runners.get(threading.main_thread().ident or 0)
    if main is None or main not in scheduler.turns.waiting:
        return False
    main.signals.append(signum)
    return True


_alarm_of: dict[int, VirtualAlarm] = {}  # by the scheduler's id; one at a time


def _caller() -> tuple[Running, Runner] | None:
    """The outage and the runner of who called the function that calls this one."""
    on = running()
    if on is None:
        return None
    runner = on.runners.get(get_ident())
    if runner is None or runner.off_clock or on.callers.keep_real_time(sys._getframe(2)):
        return None
    return on, runner


def _set_alarm(seconds: int, /) -> int:
    if (caller := _caller()) is None:
        return _real_alarm(seconds)
    left, _ = _the_alarm(caller[0]).set(operator.index(seconds), 0)
    return max(math.floor(left + _HALF), 1) if left else 0


def _setitimer(which: int, seconds: float, interval: float = 0.0, /) -> tuple[float, float]:
    if which != signal.ITIMER_REAL or (caller := _caller()) is None:
        return _real_setitimer(which, seconds, interval)
    if seconds < 0 or interval < 0:
        return _real_setitimer(which, seconds, interval)  # which refuses it
    return _the_alarm(caller[0]).set(seconds, interval)


def _getitimer(which: int, /) -> tuple[float, float]:
    if which != signal.ITIMER_REAL or (caller := _caller()) is None:
        return _real_getitimer(which)
    return _the_alarm(caller[0]).get()


def _pthread_kill(thread_id: int, signum: int, /) -> None:
    caller = _caller()
    if caller is None or not _is_handled_by_main_thread(caller[0], signum):
        _real_pthread_kill(thread_id, signum)


def _kill(pid: int, signum: int, /) -> None:
    caller = _caller() if pid == os.getpid() else None
    if caller is None or not _is_handled_by_main_thread(caller[0], signum):
        _real_kill(pid, signum)


def _raise_signal(signum: int, /) -> None:
    caller = _caller()
    if caller is None or not _is_handled_by_main_thread(caller[0], signum):
        real_raise_signal(signum)


def _pause() -> None:
    if (caller := _caller()) is None:
        return _real_pause()
    on, me = caller
    before = me.interruptions
    on.scheduler.block(me, lambda: me.interruptions > before, None, "a signal")
    return None


def _is_handled_by_main_thread(on: Running, signum: int) -> bool:
    """Leave a signal with a handler in Python to the main thread, if that waits on the clock."""
    return callable(signal.getsignal(signum)) and interrupt_main_thread(on.scheduler, signum)


def _the_alarm(on: Running) -> VirtualAlarm:
    return _alarm_of[id(on.scheduler)]


def install(undo: ExitStack, scheduler: Scheduler) -> None:
    """Put alarms on the clock of this scheduler; one that is set when it ends never rings."""
    if not _redirects:
        functions: list[tuple[Any, Any]] = [
            (signal.alarm, _set_alarm),
            (signal.setitimer, _setitimer),
            (signal.getitimer, _getitimer),
            (signal.pthread_kill, _pthread_kill),
            (signal.raise_signal, _raise_signal),
            (signal.pause, _pause),
            (os.kill, _kill),
        ]
        _redirects.extend(Redirect(builtin, function) for builtin, function in functions)
    undo.callback(_alarm_of.clear)
    _alarm_of[id(scheduler)] = VirtualAlarm(scheduler)
    for redirect in _redirects:
        undo.callback(redirect.remove)
        redirect.install()
