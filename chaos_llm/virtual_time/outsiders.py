"""Threads that keep real time, and whether one of them is at work for somebody on the clock.

Such a thread must hold the clock: a worker of a session fixture that answers after 0.2 real
seconds would otherwise be too late for every virtual timeout. Nobody says that a thread is at work,
but a thread that idles stands where it stood when the outage began, or in an endless wait for its
next job; one that has moved from there, or that has just been woken, works.
"""

from __future__ import annotations

import _socket
import _thread
import asyncio.base_events
import concurrent.futures.thread
import socket
import socketserver
import sys
import threading
from collections.abc import Callable, Mapping
from types import CodeType, FrameType
from typing import Any

from chaos_llm.virtual_time.places import Place, outer, place, place_of_thread, without_us
from chaos_llm.virtual_time.redirects import real_sleep
from chaos_llm.virtual_time.sockets import child_awaited, children_in, ends_in_this_process

_MICROPAUSE = 0.0001  # lets a thread that the system has just woken take the interpreter


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
            if ident not in self._runners and not self._is_exempt(ident):
                works = self._works(ident, frame)
                if works:
                    return f"thread {_name(ident)!r}{place_of_thread(ident)}", True
                certain = certain and works is not None
        return None, certain

    def _is_exempt(self, ident: int) -> bool:
        known = self._exempted.get(ident)
        if known is None:
            thread = _threads().get(ident)
            known = self._exempted[ident] = thread is not None and self._exempt(thread)
        return known

    def _works(self, ident: int, top: FrameType) -> bool | None:
        """Whether the thread works for us; None if not, as far as can be seen."""
        frame = without_us(top)
        caller = outer(frame, "selectors")
        if frame is None or caller is None:
            return False
        if frame.f_code is _CONDITION_WAIT and (_woken(frame) or not frame.f_locals["timeout"]):
            return _woken(frame)
        if caller.f_code is _RUN_ONCE and caller is not frame:
            loop = caller.f_locals["self"]
            return bool(loop._ready) or self._loop_holds(loop) is not None or None
        if caller.f_code in _WORK_AT:
            return _WORK_AT[caller.f_code](caller) or None
        if ident in self._homes:
            idles = self._homes[ident] == place(frame)
        else:  # born during the outage: where does it idle? one that sleeps does
            idles = _sleeps(top) or frame.f_code is _CONDITION_WAIT
        return not (idles or _serves_us(frame)) or None


def _woken(wait: FrameType) -> bool:
    """Whether a `Condition.wait` has been notified, though its thread may not have run yet."""
    waiter, waiters = wait.f_locals.get("waiter"), wait.f_locals["self"]._waiters
    return waiter is None or waiter not in waiters or not waiter.locked()


def _has_a_job(worker: FrameType) -> bool:
    return not worker.f_locals["work_queue"].empty() or worker.f_locals.get("work_item") is not None


def _waits_for_awaited_child(waitpid: FrameType) -> bool:
    children = list(children_in(waitpid.f_locals.get("args", ())))
    return not children or any(child_awaited(child) for child in children)


def _serves_us(frame: FrameType) -> bool:
    """Whether the thread stands at a socket whose other end is in this process: a server's end."""
    for sock in frame.f_locals.values():
        sock = getattr(sock, "_sock", sock)  # noqa: PLW2901 - a SocketIO is its socket
        if isinstance(sock, _socket.socket):
            inside = ends_in_this_process(sock)
            if inside is not None:
                return inside
    return False


def _nothing(_: FrameType) -> bool:
    """A server waits for connections: nobody of ours waits for it."""
    return False


_CONDITION_WAIT = threading.Condition.wait.__code__
_RUN_ONCE: CodeType = vars(asyncio.base_events.BaseEventLoop)["_run_once"].__code__
# Where well-known threads of the standard library wait, and whether one that does has work.
_WORK_AT: dict[CodeType, Callable[[FrameType], bool]] = {
    vars(concurrent.futures.thread)["_worker"].__code__: _has_a_job,
    socketserver.BaseServer.serve_forever.__code__: _nothing,
    socket.socket.accept.__code__: _nothing,
}
_child_watcher = getattr(asyncio, "ThreadedChildWatcher", None)  # gone in 3.14
if _child_watcher is not None:
    _WORK_AT[vars(_child_watcher)["_do_waitpid"].__code__] = _waits_for_awaited_child


def _sleeps(frame: FrameType) -> bool:
    return bool(frame.f_globals.get("__name__") == "chaos_llm.virtual_time.time_functions")


def _threads() -> dict[int, threading.Thread]:
    # threading.current_thread() and enumerate() would make dummies or take locks
    active: dict[int, threading.Thread] = vars(threading)["_active"]
    return active


def _name(ident: int) -> str:
    thread = _threads().get(ident)
    return thread.name if thread is not None else str(ident)
