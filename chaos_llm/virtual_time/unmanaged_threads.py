"""Threads that keep real time, and whether one of them is at work for the code on the clock.

Virtual time must wait for such a thread: a worker of a session fixture that answers after 0.2 real
seconds would otherwise miss every virtual timeout. A thread does not report that it is at work, but
an idle one is where it was when the outage began, or where known threads wait for their next job.
One that has moved from there, or that has just been woken, is taken to be at work. One that was on
its way when the outage began idles where it comes to rest first.
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
from chaos_llm.virtual_time.stack_positions import (
    OURS,
    Place,
    place,
    place_of_thread,
    skip_own_frames,
)

_MICROPAUSE = 0.0001  # real seconds in which a thread that was just woken gets the interpreter lock
_PAUSES = [_MICROPAUSE * 2**n for n in range(6)]  # while threads move at the beginning
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
        self._is_tool_thread, self._began_in_tool = callers.is_tool_thread, callers.began_in_tool
        self._loop_held_by = loop_held_by
        self._tools: dict[int, threading.Thread] = {}
        self._idle_positions: dict[int, tuple[threading.Thread | None, Place]] = {}
        # Threads that were on their way when the outage began, and where each was seen last.
        self._moving: dict[int, Place | None] = {}
        self._record_idle_positions()

    def _record_idle_positions(self) -> None:
        """Record where each thread idles; one that was just started or woken may still move.

        On a busy machine such a thread stands still for a while, but it does not sleep.
        """
        for pause in _PAUSES:
            before, self._idle_positions = self._idle_positions, self._places()
            self._moving = {
                ident: None
                for ident, found in self._idle_positions.items()
                if found != before.get(ident) or _is_on_its_way(ident)
            }
            if not self._moving:
                return
            real_sleep(pause)

    def _places(self) -> dict[int, tuple[threading.Thread | None, Place]]:
        me, threads = _thread.get_ident(), _threads()
        return {
            ident: (threads.get(ident), place(frame))
            for ident, frame in sys._current_frames().items()
            if ident != me and not self._is_tool(ident)
        }

    def exist(self) -> bool:
        """Whether there may be any that work; cheap, because it is called before every jump."""
        others = _thread._count() + 1 - len(self._runners)
        if others == len(self._tools) > 0:  # only known threads of tools, such as pytest-xdist's
            active = _threads()
            return any(active.get(ident) is not thread for ident, thread in self._tools.items())
        return others > 0

    def busy(self) -> str | None:
        """Name a thread that is at work for the code on the clock, or None."""
        worker, uncertain = self._find_worker()
        if worker is None and uncertain:
            for ident in uncertain:
                if not _is_asleep(ident):
                    return _description(ident)
            worker, _ = self._find_worker()  # one may have moved during the look at the kernel
        return worker

    def _find_worker(self) -> tuple[str | None, list[int]]:
        uncertain = []
        for ident, frame in sys._current_frames().items():
            if ident not in self._runners and not self._is_tool(ident):
                works = self._is_working(ident, frame)
                if works:
                    return _description(ident), []
                if works is None:
                    uncertain.append(ident)
        return None, uncertain

    def _is_tool(self, ident: int) -> bool:
        """Whether the thread belongs to a package for which the app never waits."""
        thread = _threads().get(ident)
        if thread is None or self._tools.get(ident) is thread:
            return thread is not None
        tool = self._is_tool_thread(thread)
        if tool:
            self._tools[ident] = thread
        return tool

    def _is_working(self, ident: int, top: FrameType) -> bool | None:
        """Whether the thread is at work for the code on the clock; None where it seems idle."""
        frame = skip_own_frames(top)
        if frame is None or (ident not in _threads() and self._began_in_tool(_outermost(frame))):
            return False
        waiting, has_work = waiting_in(frame)
        if has_work is condition_was_notified:
            return has_work(waiting)  # the one answer that needs no look at the kernel
        if has_work is not None:
            return has_work(waiting) or None
        if waiting is not frame and _is_loop(waiting):
            loop = waiting.f_locals["self"]
            return bool(loop._ready) or self._loop_held_by(loop) is not None or None
        if _called_replacement_in(top, "locks"):  # it waits for a lock, whose holder may work
            return None
        thread, home = self._idle_positions.get(ident, (None, None))
        if home is not None and thread is _threads().get(ident):
            here = place(frame)
            idles = home == here or self._has_come_to_rest(ident, here)
        else:  # it was started during the outage: no idle position is known, but a sleep is idle
            idles = _called_replacement_in(top, "time_functions")
        return not (idles or serves_this_process(frame) or waits_for_a_job(frame)) or None

    def _has_come_to_rest(self, ident: int, here: Place) -> bool:
        """Whether a thread that was on its way sleeps where it did at the last look, and so idles.

        Between two looks that find a thread at work there is a pause, in which it could go on.
        """
        if ident not in self._moving:
            return False
        last, self._moving[ident] = self._moving[ident], here
        if last != here or not _is_asleep(ident):
            return False
        del self._moving[ident]
        self._idle_positions[ident] = _threads().get(ident), here
        return True


def _outermost(frame: FrameType) -> FrameType:
    while frame.f_back is not None:
        frame = frame.f_back
    return frame


def _is_loop(frame: FrameType) -> bool:
    return (frame.f_globals.get("__name__"), frame.f_code.co_qualname) == _LOOP


def _called_replacement_in(frame: FrameType, module: str) -> bool:
    """Whether a thread is in a builtin's replacement of this module of the package."""
    return bool(frame.f_globals.get("__name__") == f"{OURS}.{module}")


def _threads() -> dict[int, threading.Thread]:
    # threading.current_thread() may create a dummy Thread, and enumerate() takes a lock.
    active: dict[int, threading.Thread] = vars(threading)["_active"]
    return active


def _is_asleep(ident: int) -> bool:
    """Whether the thread has not been woken; where that is unknown, it gets time to move."""
    thread = _threads().get(ident)
    known = asleep(thread.native_id) if thread is not None and thread.native_id else None
    if known is None:
        real_sleep(_MICROPAUSE)
    return known is not False


def _is_on_its_way(ident: int) -> bool:
    """Whether the thread was woken; of one that waited for a condition its variables show it."""
    frame = skip_own_frames(sys._current_frames().get(ident))
    waiting, has_work = waiting_in(frame) if frame is not None else (None, None)
    if waiting is not None and has_work is condition_was_notified and has_work(waiting):
        return True
    return not _is_asleep(ident)


def _description(ident: int) -> str:
    thread = _threads().get(ident)
    name = thread.name if thread is not None else str(ident)
    return f"thread {name!r}{place_of_thread(ident)}"
