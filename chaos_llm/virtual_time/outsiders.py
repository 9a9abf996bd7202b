"""Threads that keep real time, and whether one of them is at work for somebody on the clock.

Such a thread must hold the clock: a worker of a session fixture that answers after 0.2 real
seconds would otherwise be too late for every virtual timeout. Nobody says that a thread is at work,
but a thread that idles stands where it stood when the outage began, or in an endless wait for its
next job; one that has moved from there, or that has just been woken, works.
"""

from __future__ import annotations

import _thread
import concurrent.futures.thread
import socket
import socketserver
import sys
import threading
from asyncio.base_events import BaseEventLoop
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

from chaos_llm.virtual_time.places import Place, outer, place, place_of_thread, without_us
from chaos_llm.virtual_time.redirects import real_sleep

_CONDITION_WAIT = threading.Condition.wait.__code__
_POOL_WORKER = concurrent.futures.thread._worker.__code__
_LISTENING = (socketserver.BaseServer.serve_forever.__code__, socket.socket.accept.__code__)
_RUN_ONCE = BaseEventLoop._run_once.__code__  # type: ignore[attr-defined]  # asyncio's idle place
_SLEEP = "chaos_llm.virtual_time.time_functions"
_MICROPAUSE = 0.00005  # lets a thread that the system has just woken take the interpreter


class Outsiders:
    """The threads of this process that are not on the clock."""

    def __init__(
        self,
        runners: Mapping[int, object],
        exempt: Callable[[threading.Thread], bool],
        loop_holds: Callable[[Any], str | None],
    ) -> None:
        self._runners, self._exempt, self._loop_holds = runners, exempt, loop_holds
        self._exempted: dict[int, bool] = {}
        self._homes: dict[int, Place] = {
            ident: place(without_us(frame)) for ident, frame in sys._current_frames().items()
        }

    def exist(self) -> bool:
        """Whether there are any; cheap, because it is asked before every jump."""
        return _thread._count() + 1 > len(self._runners)

    def busy(self) -> str | None:
        """Name a thread that is at work for us, or None."""
        worker, certain = self._worker()
        if worker is None and not certain:
            real_sleep(_MICROPAUSE)
            worker, _ = self._worker()
        return worker

    def _worker(self) -> tuple[str | None, bool]:
        certain = True
        for ident, frame in sys._current_frames().items():
            if ident not in self._runners and not self._keeps_out(ident):
                works = self._works(ident, frame)
                if works:
                    return f"thread {_name(ident)!r}{place_of_thread(ident)}", True
                certain = certain and works is not None
        return None, certain

    def _keeps_out(self, ident: int) -> bool:
        known = self._exempted.get(ident)
        if known is None:
            thread = threading._active.get(ident)  # type: ignore[attr-defined]  # no dummy is made
            known = self._exempted[ident] = thread is not None and self._exempt(thread)
        return known

    def _works(self, ident: int, top: FrameType) -> bool | None:
        """Whether the thread works for us; None if not, as far as can be seen."""
        frame = without_us(top)
        if frame is None:
            return False
        if frame.f_code is _CONDITION_WAIT:
            return _woken(frame) or (frame.f_locals.get("timeout") and self._strayed(ident, frame))
        if frame.f_code is _POOL_WORKER:
            return not frame.f_locals["work_queue"].empty()
        caller = outer(frame, "selectors")
        if caller is not frame and caller is not None and caller.f_code is _RUN_ONCE:
            loop = caller.f_locals["self"]
            return bool(loop._ready) or self._loop_holds(loop) is not None or None
        if caller is not None and caller.f_code in _LISTENING:
            return None
        if ident not in self._homes:  # born during the outage: where would it idle? a sleeper does
            return not _sleeps(top) or None
        return self._strayed(ident, frame) or None

    def _strayed(self, ident: int, frame: FrameType) -> bool:
        return ident in self._homes and self._homes[ident] != place(frame)


def _woken(frame: FrameType) -> bool:
    waiter = frame.f_locals.get("waiter")
    return waiter is not None and not waiter.locked()


def _sleeps(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__") == _SLEEP


def _name(ident: int) -> str:
    thread = threading._active.get(ident)  # type: ignore[attr-defined]
    return thread.name if thread is not None else str(ident)
