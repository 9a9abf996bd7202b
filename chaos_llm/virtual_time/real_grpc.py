"""gRPC services of the app's own, which are real: their channels work in real time.

The core is C and has its own clock, so grpc's Python, which tells it until when a call may take,
sees the real time. Its threads stay real: those that spin for a call hold the clock as any thread
does that works for us; the poller of asyncio's channels idles in the core for ever, and what tells
whether somebody waits for it is a task that stands in grpc's code. Seen with grpcio 1.85.
"""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from types import FrameType
from typing import Any

PACKAGE = "grpc"
CORE = "grpc._cython"


def asks_for_the_time() -> bool:
    """Whether the wall clock is being read by grpc's code: call this where it is answered."""
    if PACKAGE not in sys.modules:
        return False
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        name = str(frame.f_globals.get("__name__"))
        if not name.startswith("time_machine"):
            return name.split(".", maxsplit=1)[0] == PACKAGE
        frame = frame.f_back
    return False


def loop_of(callback: Any) -> asyncio.AbstractEventLoop | None:
    """The loop whose reader this is, if it is the one by which the core wakes a loop."""
    if not isinstance(callback, partial):
        return None
    core = type(getattr(callback.func, "__self__", None)).__module__
    loop = callback.args[0] if callback.args and core.startswith(CORE) else None
    return loop if isinstance(loop, asyncio.AbstractEventLoop) else None


def is_awaited(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether a task of this loop waits for a call."""
    return any(_stands_in_grpc(task.get_coro()) for task in asyncio.all_tasks(loop))


def _stands_in_grpc(coroutine: Any) -> bool:
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "ag_frame", None)
        if frame is not None and str(frame.f_globals.get("__name__")).startswith(f"{PACKAGE}."):
            return True
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "ag_await", None)
    return False
