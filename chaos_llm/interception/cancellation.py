"""Whether the task that runs here is being cancelled, as asyncio, anyio and trio know it."""

from __future__ import annotations

import asyncio
import sys


def is_being_cancelled() -> bool:
    """Whether the current task was cancelled, and has neither ended nor taken that back.

    `asyncio.timeout`, `asyncio.wait_for` and anyio's cancel scopes cancel the task when their
    deadline passes; in trio the deadline itself is read. False outside of a task.
    """
    if asyncio._get_running_loop() is not None:
        task = asyncio.current_task()
        return task is not None and task.cancelling() > 0
    trio = sys.modules.get("trio")
    if trio is None or not trio.lowlevel.in_trio_task():
        return False
    return bool(trio.current_effective_deadline() <= trio.current_time())
