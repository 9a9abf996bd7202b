"""Where known threads of libraries wait for work, and whether one of them has work.

Each is recognised by a frame's module and function; the frame's variables show whether it has work.
"""

from __future__ import annotations

import _queue
import _socket
import dis
import sys
from collections.abc import Callable
from functools import lru_cache
from types import CodeType, FrameType

from chaos_llm.virtual_time.awaited import child_awaited, children_in
from chaos_llm.virtual_time.descriptors import ends_of, is_in_this_process
from chaos_llm.virtual_time.stack_positions import OURS, first_frame_outside, position

_START = ("threading", "Thread.start")
_READS = frozenset({"recv", "recv_into", "recvfrom", "recvfrom_into", "recvmsg", "read"})
_WAITS = ("selectors", "multiprocessing.connection", "multiprocessing.queues", OURS)


def waiting_in(frame: FrameType) -> tuple[FrameType, Callable[[FrameType], bool] | None]:
    """The frame that called the wait, and a function that says whether its thread has work."""
    waiting = first_frame_outside(frame, *_WAITS) or frame
    return waiting, _HAS_WORK.get(_key(waiting))


def _key(frame: FrameType) -> tuple[str, str]:
    return frame.f_globals.get("__name__", ""), frame.f_code.co_qualname


def condition_was_notified(wait: FrameType) -> bool:
    """Whether a `Condition.wait` was notified; its thread may not have run yet."""
    waiter, waiters = wait.f_locals.get("waiter"), wait.f_locals["self"]._waiters
    if waiter is None or waiter not in waiters or not waiter.locked():
        return True
    caller = wait.f_back and wait.f_back.f_back
    return caller is not None and _key(caller) == _START  # of a thread that has no frames yet


def serves_this_process(frame: FrameType) -> bool:
    """Whether a thread reads from a socket whose other end is in this process, as servers do."""
    if _method_called(frame.f_code, frame.f_lasti) not in _READS:
        return False
    for value in frame.f_locals.values():
        sock = getattr(value, "_sock", value)  # a SocketIO holds its socket as `_sock`
        if isinstance(sock, _socket.socket):
            ends = ends_of(sock.fileno())
            if ends is not None and ends[1]:
                return is_in_this_process(ends)
    return False


@lru_cache(maxsize=1000)
def _method_called(code: CodeType, at: int) -> str:
    """The last attribute of the expression that is being called: `recv` in `a.sock.recv(9)`."""
    line, _, column, _ = position(code, at)
    names = [
        str(i.argval)
        for i in dis.get_instructions(code)
        if i.opname in ("LOAD_METHOD", "LOAD_ATTR")
        and i.positions is not None
        and (i.positions.lineno, i.positions.col_offset) == (line, column)
    ]
    return names[-1] if names else ""


def waits_for_a_job(frame: FrameType) -> bool:
    """Whether a thread waits at an empty SimpleQueue, as aiosqlite's does."""
    if _method_called(frame.f_code, frame.f_lasti) != "get":
        return False
    held = [*frame.f_locals.values(), *getattr(frame.f_locals.get("self"), "__dict__", {}).values()]
    queues = [value for value in held if isinstance(value, _queue.SimpleQueue)]
    return bool(queues) and all(queue.empty() for queue in queues)


def _pool_worker(frame: FrameType) -> bool:
    queue = frame.f_locals["work_queue"]
    if not queue.empty() or frame.f_locals.get("work_item") is not None:
        return True
    if sys.version_info >= (3, 12):
        # The semaphore of idle workers is no proof there: a worker that finds its next job already
        # in the queue leaves it one short.
        return False
    pool = frame.f_locals["executor_reference"]()
    # A worker may have taken a job and not yet run it: then fewer are idle than there are.
    if pool is None or pool._work_queue is not queue:
        return False
    return bool(pool._idle_semaphore._value < len(pool._threads))


def _child_watcher(frame: FrameType) -> bool:
    children = list(children_in(frame.f_locals.get("args", ())))
    return not children or any(child_awaited(child) for child in children)


def _process_executor(frame: FrameType) -> bool:
    return bool(frame.f_locals["self"].pending_work_items)


def _process_pool(frame: FrameType) -> bool:
    return bool(frame.f_locals["cache"])


def _trio_worker(frame: FrameType) -> bool:
    return frame.f_locals["self"]._job is not None


def _never(_: FrameType) -> bool:
    """A server that waits for a connection, or a pool's upkeep, never works for the app."""
    return False


_HAS_WORK: dict[tuple[str, str], Callable[[FrameType], bool]] = {
    ("threading", "Condition.wait"): condition_was_notified,
    ("concurrent.futures.thread", "_find_worker"): _pool_worker,
    (
        "concurrent.futures.process",
        "_ExecutorManagerThread.wait_result_broken_or_wakeup",
    ): _process_executor,
    ("asyncio.unix_events", "ThreadedChildWatcher._do_waitpid"): _child_watcher,
    ("asyncio.unix_events", "_ThreadedChildWatcher._do_waitpid"): _child_watcher,
    ("trio._core._thread_cache", "WorkerThread._work"): _trio_worker,
    ("multiprocessing.pool", "Pool._handle_results"): _process_pool,
    ("multiprocessing.pool", "Pool._handle_tasks"): _never,
    ("multiprocessing.pool", "Pool._wait_for_updates"): _never,
    ("multiprocessing.pool", "ThreadPool._wait_for_updates"): _never,
    ("socketserver", "BaseServer.serve_forever"): _never,
    ("socket", "socket.accept"): _never,
}
