"""Threads that keep real time, and whether one of them is at work for somebody on the clock.

Such a thread must hold the clock: a worker of a session fixture that answers after 0.2 real
seconds would otherwise be too late for every virtual timeout. Nobody says that a thread is at work,
but a thread that idles stands where it stood when the outage began, or where well-known threads
wait for their next job; one that has moved from there, or that has just been woken, works.
"""

from __future__ import annotations

import _thread
import sys
import threading
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

from chaos_llm.virtual_time.idle_threads import (
    condition_was_notified,
    serves_this_process,
    waiting_in,
    waits_for_a_job,
)
from chaos_llm.virtual_time.kernel import asleep
from chaos_llm.virtual_time.real_time_callers import RealTimeCallers
from chaos_llm.virtual_time.redirects import real_sleep
from chaos_llm.virtual_time.stack_positions import OURS, Place, place, place_of_thread, without_us

_MICROPAUSE = 0.0001  # lets a thread that the system has just woken take the interpreter
_SETTLING = 10  # looks at threads that move while the outage begins
_LOOP = ("asyncio.base_events", "BaseEventLoop._run_once")


class UnmanagedThreads:
    """The threads of this process that are not on the clock."""

    def __init__(
        self,
        runners: Mapping[int, object],
        callers: RealTimeCallers,
        loop_held_by: Callable[[Any], str | None],
    ) -> None:
        self._runners = runners
        self._never_works, self._is_of_a_tool = callers.never_works_for_us, callers.is_of_a_tool
        self._loop_held_by = loop_held_by
        self._tools: dict[int, threading.Thread] = {}
        self._homes: dict[int, tuple[threading.Thread | None, Place]] = {}
        self._let_settle()

    def _let_settle(self) -> None:
        """Find out where each thread idles; one that was just woken, or started, may still move."""
        for _ in range(_SETTLING):
            before, self._homes = self._homes, self._places()
            if self._homes == before or not self._homes:
                return
            real_sleep(_MICROPAUSE)

    def _places(self) -> dict[int, tuple[threading.Thread | None, Place]]:
        me, threads = _thread.get_ident(), _threads()
        return {
            ident: (threads.get(ident), place(frame))
            for ident, frame in sys._current_frames().items()
            if ident != me and not self._is_tool(ident)
        }

    def exist(self) -> bool:
        """Whether there may be any that work; cheap, because it is asked before every jump."""
        others = _thread._count() + 1 - len(self._runners)
        if others == len(self._tools) > 0:  # pytest-xdist's threads, and no more
            active = _threads()
            return any(active.get(ident) is not thread for ident, thread in self._tools.items())
        return others > 0

    def busy(self) -> str | None:
        """Name a thread that is at work for us, or None."""
        worker, uncertain = self._worker()
        if worker is None and uncertain:
            for ident in uncertain:
                if not _is_asleep(ident):
                    return _named(ident)
            worker, _ = self._worker()  # one may have moved while the kernel was asked
        return worker

    def _worker(self) -> tuple[str | None, list[int]]:
        uncertain = []
        for ident, frame in sys._current_frames().items():
            if ident not in self._runners and not self._is_tool(ident):
                works = self._works(ident, frame)
                if works:
                    return _named(ident), []
                if works is None:
                    uncertain.append(ident)
        return None, uncertain

    def _is_tool(self, ident: int) -> bool:
        """Whether the thread belongs to a package for which nobody on the clock waits."""
        thread = _threads().get(ident)
        if thread is None or self._tools.get(ident) is thread:
            return thread is not None
        tool = self._never_works(thread)
        if tool:
            self._tools[ident] = thread
        return tool

    def _works(self, ident: int, top: FrameType) -> bool | None:
        """Whether the thread works for us; None if not, as far as can be seen."""
        frame = without_us(top)
        if frame is None or (ident not in _threads() and self._is_of_a_tool(_outermost(frame))):
            return False
        waiting, has_work = waiting_in(frame)
        if has_work is condition_was_notified:
            return has_work(waiting)  # which is certain
        if has_work is not None:
            return has_work(waiting) or None
        if waiting is not frame and _is_loop(waiting):
            loop = waiting.f_locals["self"]
            return bool(loop._ready) or self._loop_held_by(loop) is not None or None
        if _stands_in(top, "locks"):  # whoever holds the lock may be at work, or on the clock
            return None
        thread, home = self._homes.get(ident, (None, None))
        if home is not None and thread is _threads().get(ident):
            idles = home == place(frame)
        else:  # born during the outage, it has no home: it idles where it sleeps
            idles = _stands_in(top, "time_functions")
        return not (idles or serves_this_process(frame) or waits_for_a_job(frame)) or None


def _outermost(frame: FrameType) -> FrameType:
    while frame.f_back is not None:
        frame = frame.f_back
    return frame


def _is_loop(frame: FrameType) -> bool:
    return (frame.f_globals.get("__name__"), frame.f_code.co_qualname) == _LOOP


def _stands_in(frame: FrameType, module: str) -> bool:
    """Whether a thread has called what a module of ours put in a builtin's place."""
    return bool(frame.f_globals.get("__name__") == f"{OURS}.{module}")


def _threads() -> dict[int, threading.Thread]:
    # threading.current_thread() and enumerate() would make dummies or take locks
    active: dict[int, threading.Thread] = vars(threading)["_active"]
    return active


def _is_asleep(ident: int) -> bool:
    """Whether the thread has not been woken; where nobody can tell, it gets time to move."""
    thread = _threads().get(ident)
    known = asleep(thread.native_id) if thread is not None and thread.native_id else None
    if known is None:
        real_sleep(_MICROPAUSE)
    return known is not False


def _named(ident: int) -> str:
    thread = _threads().get(ident)
    name = thread.name if thread is not None else str(ident)
    return f"thread {name!r}{place_of_thread(ident)}"
