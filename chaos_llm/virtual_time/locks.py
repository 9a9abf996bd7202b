"""Locks and queues, for which threads on the clock wait in virtual time.

Event, Condition, Semaphore, Barrier, queue.Queue and Future consist of locks, so they follow, also
those made before the outage. Releasing a lock needs no hook, because the scheduler asks the waiting
threads whether their lock is free.

The functions that replace the methods are at module level and live as long as the process: app code
may store a bound one during an outage and call it in the next.
"""

from __future__ import annotations

import _queue
import _thread
import re
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from chaos_llm.virtual_time.clock import TICKS, TRIED_LOCK
from chaos_llm.virtual_time.kernel import asleep, native_id
from chaos_llm.virtual_time.patching import replace_methods
from chaos_llm.virtual_time.runner import WAITS_FOR_JOB, Runner
from chaos_llm.virtual_time.scheduler import Scheduler

_Lock: Any = _thread.LockType
_RLock: Any = _thread.RLock
_SimpleQueue: Any = _queue.SimpleQueue

_acquire_lock = _Lock.acquire
_acquire_rlock = _RLock.acquire
_restore_rlock = _RLock._acquire_restore
_get_from_queue = _SimpleQueue.get

_OWNER = re.compile(r"owner=(\d+)")

_scheduler: Scheduler | None = None


def _here() -> Runner | None:
    scheduler = _scheduler
    return None if scheduler is None else scheduler.here()


def _lock_is_free(lock: Any) -> bool:
    return not lock.locked()


def _rlock_is_free(lock: Any) -> bool:
    if lock._is_owned():  # by the calling thread, which checks for another thread
        return False
    if _acquire_rlock(lock, False):
        lock.release()
        return True
    return False


def _wait(
    me: Runner,
    ready: Callable[[], bool],
    deadline: int | None,
    doing: str,
    holds: Callable[[], str | None] | None = None,
) -> bool:
    scheduler = _scheduler
    assert scheduler is not None
    return scheduler.block(me, ready, deadline, doing, holds)


def _held_outside(lock: Any) -> Callable[[], str | None] | None:
    """A check, before time jumps, of a lock that a real-time thread may hold; None if none may."""
    if _scheduler is None or type(lock) is not _RLock or not _scheduler.turns.outside.exist():
        return None
    return lambda: _owner_at_work(lock)


def _owner_at_work(lock: Any) -> str | None:
    """Name a running real-time thread that holds this lock: it will release it soon.

    Only an RLock names its owner, and only in its `repr`.
    """
    owner = _OWNER.search(repr(lock))
    ident = int(owner[1]) if owner else 0
    if not ident or _scheduler is None or ident in _scheduler.runners:
        return None
    at_work = ident in sys._current_frames() and asleep(native_id(ident)) is False
    return f"a lock of thread {ident}" if at_work else None


def _remaining(deadline: int | None) -> float:
    if deadline is None or _scheduler is None:
        return -1
    return max(0.0, (deadline - _scheduler.clock.now) / TICKS)


def _count_failed_try(me: Runner | None) -> bool:
    """Count a failed acquire without a wait, as busy loops make; returns acquire's False."""
    if me is not None and _scheduler is not None:
        _scheduler.clock.poll(TRIED_LOCK)
    return False


def _acquiring(original: Callable[..., bool], free: Callable[[Any], bool], doing: str) -> Any:
    def acquire(lock: Any, blocking: bool = True, timeout: float = -1) -> bool:
        if timeout == -1 and original(lock, False):  # it is free, as nearly all locks are
            return True
        me = _here()
        if me is None or not blocking or timeout == 0:
            return original(lock, blocking, timeout) or _count_failed_try(me)
        if timeout != -1 and timeout < 0:
            return original(lock, blocking, timeout)  # which raises the usual error
        assert _scheduler is not None
        deadline, woken = _scheduler.deadline(timeout), True
        while not original(lock, False):
            if not woken:
                return False
            woken = _wait(me, lambda: free(lock), deadline, doing, _held_outside(lock))
            if me.over:
                return original(lock, True, _remaining(deadline))
        return True

    return acquire


acquire_lock = _acquiring(_acquire_lock, _lock_is_free, "a lock")
acquire_rlock = _acquiring(_acquire_rlock, _rlock_is_free, "a lock")


def restore_rlock(lock: Any, state: Any) -> None:
    """Take a lock again after `Condition.wait`."""
    me = _here()
    while me is not None and not me.over and not _rlock_is_free(lock):
        _wait(me, lambda: _rlock_is_free(lock), None, "the lock of a condition")
    _restore_rlock(lock, state)


def get_from_queue(queue: Any, block: bool = True, timeout: float | None = None) -> Any:
    """Take from a SimpleQueue, waiting in virtual time."""
    me = _here()
    if me is None or not block or (timeout is not None and timeout < 0):
        return _get_from_queue(queue, block, timeout)
    assert _scheduler is not None
    deadline = _scheduler.deadline(timeout)
    while True:
        try:
            return _get_from_queue(queue, False)
        except _queue.Empty:
            woken = _wait(me, lambda: not queue.empty(), deadline, WAITS_FOR_JOB)
            if me.over:
                remaining = _remaining(deadline)
                return _get_from_queue(queue, True, None if remaining < 0 else remaining)
            if not woken:
                raise


class _MethodOfLock:
    """A method that a Condition copies from its lock when it is made; here, looked up at each use.

    A data descriptor on the class has priority over the bound method in the instance's dictionary.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._own = vars(threading.Condition).get(name)

    def __get__(self, condition: Any, kind: type) -> Any:
        if condition is None:
            return self._own
        method = getattr(condition._lock, self._name, None)
        if method is not None:
            return method
        stored = vars(condition).get(self._name)
        return self._own.__get__(condition, kind) if stored is None and self._own else stored

    def __set__(self, condition: Any, method: Any) -> None:
        vars(condition)[self._name] = method


def install(undo: ExitStack, scheduler: Scheduler) -> None:
    """Let this scheduler's threads wait for locks and queues in virtual time."""
    undo.callback(_use_scheduler, None)
    _use_scheduler(scheduler)
    replace_methods(
        undo, _Lock, acquire=acquire_lock, acquire_lock=acquire_lock, __enter__=acquire_lock
    )
    replace_methods(
        undo,
        _RLock,
        acquire=acquire_rlock,
        __enter__=acquire_rlock,
        _acquire_restore=restore_rlock,
    )
    replace_methods(undo, _SimpleQueue, get=get_from_queue)
    for name in ("acquire", "_acquire_restore"):
        own = vars(threading.Condition).get(name)
        undo.callback(_put_back, name, own)
        setattr(threading.Condition, name, _MethodOfLock(name))


def are_replaced() -> bool:
    """Whether the interpreter finds the methods that `install` has replaced."""
    found = (_Lock.acquire, _RLock.acquire, _SimpleQueue.get)
    return found == (acquire_lock, acquire_rlock, get_from_queue)


def _put_back(name: str, own: Any) -> None:
    if own is None:
        delattr(threading.Condition, name)
    else:
        setattr(threading.Condition, name, own)


def _use_scheduler(scheduler: Scheduler | None) -> None:
    global _scheduler  # noqa: PLW0603 - the locks are global, too
    _scheduler = scheduler
