"""Real gRPC services of the app, whose channels work in real time.

gRPC's core is C and has its own clock. The Python part of grpc passes deadlines to the core, so it
reads the real time. Its threads keep real time: those that work on a call stop the virtual clock,
as any working thread does. The poller of asyncio's channels idles in the core for ever; a call is
awaited where a task is in grpc's code. Seen with grpcio 1.85.
"""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from types import FrameType
from typing import Any

from chaos_llm.virtual_time.stack_positions import suspended_frames

PACKAGE = "grpc"
CORE = "grpc._cython"


def is_read_by_grpc() -> bool:
    """Whether grpc's code is reading the wall clock; to be called by the function that it reads."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        name = str(frame.f_globals.get("__name__"))
        if not name.startswith("time_machine"):
            return name.split(".", maxsplit=1)[0] == PACKAGE
        frame = frame.f_back
    return False


def loop_of(callback: Any) -> asyncio.AbstractEventLoop | None:
    """The loop that gRPC's core wakes by this reader callback; None for any other callback."""
    if not isinstance(callback, partial):
        return None
    core = type(getattr(callback.func, "__self__", None)).__module__
    loop = callback.args[0] if callback.args and core.startswith(CORE) else None
    return loop if isinstance(loop, asyncio.AbstractEventLoop) else None


def is_awaited(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether a task of this loop waits for a gRPC call."""
    return any(
        str(frame.f_globals.get("__name__")).startswith(f"{PACKAGE}.")
        for task in asyncio.all_tasks(loop)
        for frame in suspended_frames(task.get_coro())
    )
