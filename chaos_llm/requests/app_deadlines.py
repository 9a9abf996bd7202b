"""The deadlines that the app's own code has set around what runs here.

`interception/deadlines.py` sees them begin and end; here they are looked up for a request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import inf
from typing import Any
from weakref import WeakKeyDictionary

_ROUNDING = 1e-6  # seconds; of the sums of times
_MOST_WAITS = 2  # of a call that are kept; with more than one, none of them is the call's deadline


class AppDeadline:
    """A block or wait of the app with a deadline; times are seconds of the profile.

    `left` is infinite as long as the app has not left the block.
    """

    __slots__ = ("began", "ends", "left")

    def __init__(self, began: float, ends: float) -> None:
        self.began, self.ends, self.left = began, ends, inf

    @property
    def seconds(self) -> float:
        """The time that the app gave itself."""
        return self.ends - self.began

    @property
    def overrun(self) -> float:
        """The seconds that the app stayed in the block after its deadline, 0 if it left in time."""
        return max(0.0, self.left - self.ends)

    @property
    def has_passed(self) -> bool:
        """Whether the app left the block because the time was over, or later."""
        return self.ends - _ROUNDING <= self.left < inf

    def __repr__(self) -> str:
        return f"<AppDeadline of {self.seconds:g} s from {self.began:g} on, left at {self.left:g}>"


@dataclass(eq=False, slots=True)
class OpenDeadline:
    """A deadline whose block the app is in; it may still be moved."""

    scope: object  # the library's own
    record: AppDeadline
    remaining: Callable[[], float]  # seconds until the deadline
    task: Any = None  # the asyncio task that ends at the deadline

    def refresh(self, now: float) -> None:
        """Read the deadline again, because the app may have moved it."""
        self.record.ends = now + self.remaining()


_open: ContextVar[tuple[OpenDeadline, ...]] = ContextVar("chaos_llm_deadlines", default=())
# The deadlines of the blocks that the app is in here; mostly none, and each request asks for them.
open_here = _open.get

_waits: ContextVar[list[AppDeadline] | None] = ContextVar("chaos_llm_waits", default=None)
_passed: ContextVar[list[AppDeadline] | None] = ContextVar("chaos_llm_passed", default=None)
_of_work: WeakKeyDictionary[Any, list[AppDeadline]] = WeakKeyDictionary()


def enter(deadline: OpenDeadline) -> None:
    """Note that the app has entered a block with a deadline; the outermost one comes first."""
    _open.set((*_open.get(), deadline))


def leave(scope: object, now: float) -> None:
    """Note that the app has left a block, at this second of the profile."""
    before = _open.get()
    for deadline in before:
        if deadline.scope is scope:
            deadline.refresh(now)
            deadline.record.left = now
            _note_passed(deadline.record)
    _open.set(tuple(deadline for deadline in before if deadline.scope is not scope))


def _note_passed(deadline: AppDeadline) -> None:
    passed = _passed.get()
    if deadline.has_passed and passed is not None:
        passed[:] = [deadline]


def last_passed() -> AppDeadline | None:
    """The last deadline or wait that ran out in the call from which this work comes."""
    passed = _passed.get()
    return passed[0] if passed else None


def hand_over(work: object) -> None:
    """Note from which call this work of a thread pool comes."""
    passed = _passed.get()
    if passed is not None:
        _of_work[work] = passed


@contextmanager
def handed_over(work: object) -> Iterator[None]:
    """Run the work of a thread pool for the call from which it comes."""
    token = _passed.set(_of_work.pop(work, None))
    try:
        yield
    finally:
        _passed.reset(token)


def end_wait(wait: AppDeadline, now: float) -> None:
    """Note that the app waits no longer."""
    wait.left = now
    _note_passed(wait)


def outermost(now: float) -> AppDeadline | None:
    """The outermost deadline that the app has set for what runs here."""
    for deadline in _open.get():
        if deadline.record.left == inf:
            deadline.refresh(now)
        return deadline.record
    return None


def passed(task: object) -> bool:
    """Whether a deadline has passed of this task, or of this thread, and the app is still inside.

    Nothing can cancel a task while it blocks its event loop, with a sync client for example, and
    nothing can cancel a thread. `task` is None in a thread.
    """
    for deadline in _open.get():
        if (
            (task is None or deadline.task is task)
            and deadline.record.left == inf
            and deadline.remaining() < -_ROUNDING
        ):
            return True
    return False


def begin_wait(now: float, timeout: float) -> AppDeadline | None:
    """Note that the app waits for work of its own with a time-out; None outside a call."""
    waits = _waits.get()
    if waits is None:
        return None
    wait = AppDeadline(now, now + timeout)
    if len(waits) < _MOST_WAITS:
        waits.append(wait)
    return wait


@contextmanager
def inner_waits_left_out() -> Iterator[None]:
    """Note no wait meanwhile, because it is a part of one that is noted already."""
    token = _waits.set(None)
    try:
        yield
    finally:
        _waits.reset(token)


def prolong_wait(began: float, now: float) -> None:
    """Note that the app was held up from `began` to `now` by work whose end it had awaited."""
    waits = _waits.get() or []
    if waits and waits[-1].left == began and began >= waits[-1].ends - _ROUNDING:
        waits[-1].left = now


class WaitsOfCall(AbstractContextManager[list[AppDeadline]]):
    """Collects the waits of a call; the test's own deadlines around a replay are not the app's."""

    __slots__ = ("_of_deadlines", "_of_passed", "_of_waits")

    def __enter__(self) -> list[AppDeadline]:
        waits: list[AppDeadline] = []
        self._of_deadlines, self._of_waits = _open.set(()), _waits.set(waits)
        self._of_passed = _passed.set([])
        return waits

    def __exit__(self, *_: object) -> None:
        _open.reset(self._of_deadlines)
        _waits.reset(self._of_waits)
        _passed.reset(self._of_passed)
