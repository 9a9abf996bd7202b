"""`signal.alarm`, `setitimer(ITIMER_REAL)` and signals that threads send, in virtual time.

A process has one alarm, which both functions set. When it is due, the main thread interrupts its
wait and runs the handler; then it waits on, or the handler's exception is raised in it. A signal
that a thread on the clock sends to this process, as time-limit recipes do with `pthread_kill` or
`os.kill`, is handled in the same way: at this instant, before any other thread runs. An alarm that
was set in real time, such as pytest-timeout's, stays real.
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
from chaos_llm.virtual_time.redirects import Redirect, copy_of_builtin, real_raise_signal
from chaos_llm.virtual_time.runner import Runner
from chaos_llm.virtual_time.scheduler import Scheduler
from chaos_llm.virtual_time.time_functions import Running, running

_real_alarm: Callable[[int], int] = copy_of_builtin(signal.alarm)
_real_setitimer: Callable[..., tuple[float, float]] = copy_of_builtin(signal.setitimer)
_real_getitimer: Callable[[int], tuple[float, float]] = copy_of_builtin(signal.getitimer)
_real_pthread_kill: Callable[[int, int], None] = copy_of_builtin(signal.pthread_kill)
_real_kill: Callable[[int, int], None] = copy_of_builtin(os.kill)
_real_pause: Callable[[], None] = copy_of_builtin(signal.pause)

_HALF = 0.5  # alarm(2) of Linux returns the seconds that are left, rounded, but never 0

_redirects: list[Redirect] = []


class VirtualAlarm:
    """The process's one alarm: when it is due next, and its interval."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.due_at: int | None = None
        self._interval = 0

    def set(self, seconds: float, interval: float) -> tuple[float, float]:
        """Set the alarm and its interval in seconds, 0 for none; returns what was set before."""
        before = self.get()
        self.due_at = self._scheduler.clock.now + ticks(seconds) if seconds else None
        self._interval = ticks(interval) if seconds else 0
        self._scheduler.turns.alarm = self if self.due_at is not None else None
        return before

    def get(self) -> tuple[float, float]:
        """The seconds until it is due, and the interval."""
        if self.due_at is None:
            return (0.0, 0.0)
        left = max(self.due_at - self._scheduler.clock.now, 1)
        return (left / TICKS, self._interval / TICKS)

    def ring(self) -> None:
        """Send SIGALRM, and set the alarm for the next interval."""
        assert self.due_at is not None
        self.due_at = self.due_at + self._interval if self._interval else None
        if self.due_at is None:
            self._scheduler.turns.alarm = None
        if not interrupt_main_thread(self._scheduler, signal.SIGALRM):
            _real_kill(os.getpid(), signal.SIGALRM)


def interrupt_main_thread(scheduler: Scheduler, signum: int) -> bool:
    """Let the main thread handle a signal before it goes on; False if it does not wait."""
    main = scheduler.runners.get(threading.main_thread().ident or 0)
    if main is None or main not in scheduler.turns.waiting:
        return False
    main.signals.append(signum)
    return True


_alarm_of: dict[int, VirtualAlarm] = {}  # by the scheduler's id; one at a time


def _outage_of_caller() -> tuple[Running, Runner] | None:
    """The outage and the runner of the app's call; None for a caller in real time.

    To be called by the functions that replace builtins: the app's frame is the one above theirs.
    """
    outage = running()
    if outage is None:
        return None
    runner = outage.runners.get(get_ident())
    if runner is None or runner.off_clock or outage.callers.keep_real_time(sys._getframe(2)):
        return None
    return outage, runner


def _set_alarm(seconds: int, /) -> int:
    if (caller := _outage_of_caller()) is None:
        return _real_alarm(seconds)
    left, _ = _the_alarm(caller[0]).set(operator.index(seconds), 0)
    return max(math.floor(left + _HALF), 1) if left else 0


def _setitimer(which: int, seconds: float, interval: float = 0.0, /) -> tuple[float, float]:
    if which != signal.ITIMER_REAL or (caller := _outage_of_caller()) is None:
        return _real_setitimer(which, seconds, interval)
    if seconds < 0 or interval < 0:
        return _real_setitimer(which, seconds, interval)  # which raises the usual error
    return _the_alarm(caller[0]).set(seconds, interval)


def _getitimer(which: int, /) -> tuple[float, float]:
    if which != signal.ITIMER_REAL or (caller := _outage_of_caller()) is None:
        return _real_getitimer(which)
    return _the_alarm(caller[0]).get()


def _pthread_kill(thread_id: int, signum: int, /) -> None:
    caller = _outage_of_caller()
    if caller is None or not _is_handled_by_main_thread(caller[0], signum):
        _real_pthread_kill(thread_id, signum)


def _kill(pid: int, signum: int, /) -> None:
    caller = _outage_of_caller() if pid == os.getpid() else None
    if caller is None or not _is_handled_by_main_thread(caller[0], signum):
        _real_kill(pid, signum)


def _raise_signal(signum: int, /) -> None:
    caller = _outage_of_caller()
    if caller is None or not _is_handled_by_main_thread(caller[0], signum):
        real_raise_signal(signum)


def _pause() -> None:
    if (caller := _outage_of_caller()) is None:
        return _real_pause()
    outage, me = caller
    before = me.interruptions
    outage.scheduler.block(me, lambda: me.interruptions > before, None, "a signal")
    return None


def _is_handled_by_main_thread(outage: Running, signum: int) -> bool:
    """Pass a signal with a Python handler to the main thread, if that waits on the clock."""
    return callable(signal.getsignal(signum)) and interrupt_main_thread(outage.scheduler, signum)


def _the_alarm(outage: Running) -> VirtualAlarm:
    return _alarm_of[id(outage.scheduler)]


def install(undo: ExitStack, scheduler: Scheduler) -> None:
    """Put alarms on the clock of this scheduler; one that is pending at its end never rings."""
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
