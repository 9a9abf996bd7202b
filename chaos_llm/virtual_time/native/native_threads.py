"""Threads of native code that are at work: time waits for them, for a bounded while.

A worker of a Rust or C library that completes a future shows in no Python frame. Linux lists it in
/proc/self/task and tells whether it runs. So before time jumps, threads that Python does not know
get real time for as long as one of them runs, or sleeps for a moment only. Who idles costs nothing:
a pool of workers that wait for a job is asleep without an end in sight.

A thread that works, or wakes again and again, and lets nobody on the clock run, would hold up
every jump. So each has a credit of real seconds; what comes of its work fills it up again.
"""

from __future__ import annotations

import _thread
import os
import resource
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from chaos_llm.virtual_time.kernel import native_id, runs, sleeps, wakes_within
from chaos_llm.virtual_time.real_time_callers import RealTimeCallers
from chaos_llm.virtual_time.redirects import real_monotonic, real_sleep

TASKS = "/proc/self/task"
LONGEST_SLEEP = 1.0  # real seconds that time waits for a sleeping thread; who sleeps longer idles
SLEEPERS_CREDIT = 1.0  # real seconds in all that time waits for one whose sleeps bear no fruit
_LOOKS = 20  # at threads that go to sleep while they are being looked at
_PAUSE, _LONGEST_PAUSE = 0.0001, 0.002  # real seconds between two looks


@dataclass(slots=True)
class _Credit:
    """The real seconds for which a thread may still hold time without bearing fruit."""

    work: float
    sleep: float = SLEEPERS_CREDIT


# By thread id and the moment of its birth, as ids are used again. Kept over outages: a ticker of a
# library is a background thread in all tests of a session.
_credits: dict[tuple[int, str], _Credit] = {}


@dataclass(slots=True)
class _NativeThread:
    file: int  # its file `syscall`, kept open
    key: tuple[int, str]
    name: str


@dataclass(slots=True)
class _Holder:
    """Whose work holds time, and since when."""

    threads: dict[tuple[int, str], str] = field(default_factory=dict)
    looked: float = 0.0


class NativeThreads:
    """The threads of this process that Python does not know."""

    def __init__(
        self, real_wait: float, runners: Mapping[int, object], callers: RealTimeCallers
    ) -> None:
        self._real_wait, self._runners, self._callers = real_wait, runners, callers
        self._threads: dict[int, _NativeThread] = {}
        self._folder = self._memory = -1
        self._holder = _Holder()
        self._pause = _PAUSE
        self.jumped_over: set[str] = set()

    def install(self, undo: ExitStack) -> None:
        """Open what the kernel tells; where it tells nothing, native threads are not seen."""
        undo.callback(self._close)
        with suppress(OSError):
            self._folder = os.open(TASKS, os.O_RDONLY)
            self._memory = os.open("/proc/self/mem", os.O_RDONLY)

    @property
    def can_be_seen(self) -> bool:
        """Whether the kernel tells of them."""
        return self._folder >= 0

    def exist(self) -> bool:
        """Whether there may be any; cheap, because it is asked before every jump."""
        if self._folder < 0:
            return False
        # A folder of processes or threads has a link more for each, and two of its own.
        return os.fstat(self._folder).st_nlink - 3 > _thread._count()

    def work(self) -> bool:
        """Whether one of them is at work; then some real time has passed in this call."""
        if not self.exist():
            return False
        now = real_monotonic()
        self._charge(now)
        holders = self._at_work()
        if not holders:
            return False
        self._holder = _Holder(holders, now)
        real_sleep(self._pause)
        self._pause = min(self._pause * 1.5, _LONGEST_PAUSE)
        return True

    def bore_fruit(self) -> None:
        """Somebody on the clock can run: whoever held time did so rightly."""
        for key in self._holder.threads:
            _credits.pop(key, None)
        self._holder, self._pause = _Holder(), _PAUSE

    def jump(self) -> None:
        """Time jumps now: nobody holds it any more."""
        self._holder, self._pause = _Holder(), _PAUSE

    def _charge(self, now: float) -> None:
        spent = now - self._holder.looked
        for key, what in self._holder.threads.items():
            credit = _credits.setdefault(key, _Credit(self._real_wait))
            setattr(credit, what, getattr(credit, what) - spent)

    def _at_work(self) -> dict[tuple[int, str], str]:
        """The threads that hold time, each with the kind of credit that it uses up."""
        for _ in range(_LOOKS):
            before = _switches_of_others()
            present = self._present()
            lines = [(thread, _read(thread.file)) for thread in present.values()]
            holders = {
                thread.key: kind
                for thread, line in lines
                if line and (kind := self._kind(thread, line)) is not None
            }
            # One that was seen asleep may have been woken, or begun, by one that has since gone to
            # sleep, or ended.
            if holders or (before == _switches_of_others() and present == self._present()):
                return holders
        return {}

    def _kind(self, thread: _NativeThread, line: bytes) -> str | None:
        credit = _credits.get(thread.key)
        if runs(line):
            if credit is None or credit.work > 0:
                return "work"
            self.jumped_over.add(f"native thread {thread.name!r}, which never rests")
            return None
        left = wakes_within(line, self._memory)
        if left is None:
            return None
        if left <= LONGEST_SLEEP and (credit is None or credit.sleep > 0):
            return "sleep"
        if left > LONGEST_SLEEP and sleeps(line):
            self.jumped_over.add(f"native thread {thread.name!r}, which sleeps for {left:.0f} s")
        return None

    def _present(self) -> dict[int, _NativeThread]:
        known = self._python_threads()
        names = os.listdir(self._folder)  # noqa: PTH208 - by an open folder, which is cheaper
        present = set(map(int, names)) - known
        for gone in self._threads.keys() - present:
            os.close(self._threads.pop(gone).file)
        for tid in present - self._threads.keys():
            with suppress(OSError, ValueError):
                self._threads[tid] = _meet(tid)
        return dict(self._threads)

    def _python_threads(self) -> set[int]:
        """The kernel's ids of the threads that Python made, which are looked at elsewhere.

        One that native code made and that calls Python is not among them.
        """
        active = dict(vars(threading)["_active"])
        known = {thread.native_id or 0 for thread in active.values() if not _is_foreign(thread)}
        for ident, frame in sys._current_frames().items():
            if ident in self._runners or (ident not in active and self._is_of_a_tool(frame)):
                known.add(native_id(ident))
        return known

    def _is_of_a_tool(self, frame: FrameType) -> bool:
        while frame.f_back is not None:
            frame = frame.f_back
        return self._callers.is_of_a_tool(frame)

    def _close(self) -> None:
        for thread in self._threads.values():
            os.close(thread.file)
        for file in (self._folder, self._memory):
            if file >= 0:
                os.close(file)
        self._threads.clear()
        self._folder = self._memory = -1


def _read(file: int) -> bytes:
    try:
        return os.pread(file, 400, 0)
    except OSError:  # the thread has ended
        return b""


def _meet(tid: int) -> _NativeThread:
    stat = Path(f"{TASKS}/{tid}/stat").read_text(errors="replace")
    name, rest = stat[stat.index("(") + 1 :].rsplit(") ", 1)
    born = rest.split()[19]  # `starttime`, the 22nd field of /proc/<pid>/stat
    file = os.open(f"{TASKS}/{tid}/syscall", os.O_RDONLY)
    return _NativeThread(file, (tid, born), name)


def _is_foreign(thread: threading.Thread) -> bool:
    """Whether a Thread object was made for a thread that native code made."""
    return isinstance(thread, threading._DummyThread)


def _switches_of_others() -> int:
    """How often threads other than this one have gone to sleep, or were made to wait."""
    everyone = resource.getrusage(resource.RUSAGE_SELF)
    mine = resource.getrusage(resource.RUSAGE_THREAD)
    return everyone.ru_nvcsw + everyone.ru_nivcsw - mine.ru_nvcsw - mine.ru_nivcsw
