"""Working threads of native code, for which virtual time waits a limited real time.

A worker of a Rust or C library that completes a future appears in no Python frame. Linux lists it
in /proc/self/task and shows whether it runs. So before time jumps, threads that Python does not
know get real time while one of them runs, or sleeps for a short time. Idle threads cost nothing: a
worker that waits for a job sleeps without a time limit.

A thread that runs, or wakes again and again, without enabling any Python code to continue would
delay every jump. So each thread has a credit of real seconds, which is restored when Python code
can continue after its work.
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
from types import FrameType

from chaos_llm.virtual_time.kernel import native_id, runs, sleeps, wakes_within, was_woken
from chaos_llm.virtual_time.real_time_callers import RealTimeCallers
from chaos_llm.virtual_time.redirects import real_monotonic, real_sleep

TASKS = "/proc/self/task"
# Real seconds that virtual time waits for a sleeping thread; one that sleeps longer is idle.
LONGEST_SLEEP = 1.0
# Real seconds in all that virtual time waits for sleeps after which no Python code can continue.
SLEEP_CREDIT = 1.0
_LOOKS = 20  # at threads that go to sleep, or wake others, during the look
_PAUSE, _LONGEST_PAUSE = 0.0001, 0.002  # real seconds between two looks


@dataclass(slots=True)
class _Credit:
    """The real seconds for which virtual time still waits for a thread without a result."""

    work: float
    sleep: float = SLEEP_CREDIT


# By thread id and start time, because ids are reused. Kept between outages: a library's periodic
# thread is a background thread in all tests of a session.
_credits: dict[tuple[int, str], _Credit] = {}


@dataclass(slots=True)
class _NativeThread:
    stat: int  # its files `stat` and `syscall`, kept open
    syscall: int
    key: tuple[int, str]
    name: str

    def close(self) -> None:
        os.close(self.stat)
        os.close(self.syscall)


@dataclass(slots=True)
class _Working:
    """The threads for which time waits, with the kind of credit, and the time of the last look."""

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
        self._working = _Working()
        self._pause = _PAUSE
        self.ignored: set[str] = set()

    def install(self, undo: ExitStack) -> None:
        """Open the kernel's list of threads; without one, native threads are not seen."""
        undo.callback(self._close)
        with suppress(OSError):
            self._folder = os.open(TASKS, os.O_RDONLY)
            self._memory = os.open("/proc/self/mem", os.O_RDONLY)

    @property
    def can_be_seen(self) -> bool:
        """Whether the kernel lists threads."""
        return self._folder >= 0

    def exist(self) -> bool:
        """Whether there may be any; cheap, because it is called before every jump."""
        if self._folder < 0:
            return False
        # The folder has a link for each thread, and two of its own; `_count` omits the main thread.
        return os.fstat(self._folder).st_nlink - 3 > _thread._count()

    def work(self) -> bool:
        """Whether one of them is at work; if so, this call has waited a little in real time."""
        if not self.exist():
            return False
        now = real_monotonic()
        self._charge(now)
        holders = self._at_work()
        if not holders:
            return False
        self._working = _Working(holders, now)
        real_sleep(self._pause)
        self._pause = min(self._pause * 1.5, _LONGEST_PAUSE)
        return True

    def work_was_useful(self) -> None:
        """Restore the credit of the threads for which time waited: Python code can run now."""
        for key in self._working.threads:
            _credits.pop(key, None)
        self._working, self._pause = _Working(), _PAUSE

    def jump(self) -> None:
        """Note that time jumps now, so no thread stops it any more."""
        self._working, self._pause = _Working(), _PAUSE

    def _charge(self, now: float) -> None:
        spent = now - self._working.looked
        for key, what in self._working.threads.items():
            credit = _credits.setdefault(key, _Credit(self._real_wait))
            setattr(credit, what, getattr(credit, what) - spent)

    def _at_work(self) -> dict[tuple[int, str], str]:
        """The threads for which time must wait, each with the kind of credit that it uses."""
        for _ in range(_LOOKS):
            before = _switches_of_others()
            present = self._present()
            lines = [(thread, _read(thread)) for thread in present.values()]
            holders = {
                thread.key: kind
                for thread, line in lines
                if line and (kind := self._kind(thread, line)) is not None
            }
            # A thread seen asleep may have been woken by one that has gone to sleep since; so the
            # look counts only if no thread went to sleep, started or ended meanwhile.
            if holders or (before == _switches_of_others() and present == self._present()):
                return holders
        return {}

    def _kind(self, thread: _NativeThread, line: bytes) -> str | None:
        credit = _credits.get(thread.key)
        if runs(line):
            if credit is None or credit.work > 0:
                return "work"
            self.ignored.add(f"native thread {thread.name!r}, which never rests")
            return None
        left = wakes_within(line, self._memory)
        if left is None:
            return None
        if left <= LONGEST_SLEEP and (credit is None or credit.sleep > 0):
            return "sleep"
        if left > LONGEST_SLEEP and sleeps(line):
            self.ignored.add(f"native thread {thread.name!r}, which sleeps for {left:.0f} s")
        return None

    def _present(self) -> dict[int, _NativeThread]:
        known = self._python_threads()
        names = os.listdir(self._folder)  # noqa: PTH208 - by an open folder, which is cheaper
        present = set(map(int, names)) - known
        for gone in self._threads.keys() - present:
            self._threads.pop(gone).close()
        for tid in present - self._threads.keys():
            with suppress(OSError, ValueError):
                self._threads[tid] = _open_thread(tid)
        return dict(self._threads)

    def _python_threads(self) -> set[int]:
        """The kernel's ids of the threads that Python started, which unmanaged_threads.py checks.

        A thread that native code started is not among them, even if it calls Python.
        """
        active = dict(vars(threading)["_active"])
        known = {
            thread.native_id or 0
            for thread in active.values()
            if not _was_made_by_native_code(thread)
        }
        for ident, frame in sys._current_frames().items():
            if ident in self._runners or (ident not in active and self._began_in_tool(frame)):
                known.add(native_id(ident))
        return known

    def _began_in_tool(self, frame: FrameType) -> bool:
        while frame.f_back is not None:
            frame = frame.f_back
        return self._callers.began_in_tool(frame)

    def _close(self) -> None:
        for thread in self._threads.values():
            thread.close()
        for file in (self._folder, self._memory):
            if file >= 0:
                os.close(file)
        self._threads.clear()
        self._folder = self._memory = -1


def _read(thread: _NativeThread) -> bytes:
    """What the kernel says of the thread's system call; nothing if it has ended."""
    try:
        if was_woken(os.pread(thread.stat, 100, 0)):
            return b"running"
        return os.pread(thread.syscall, 400, 0)
    except OSError:  # the thread has ended
        return b""


def _open_thread(tid: int) -> _NativeThread:
    with ExitStack() as undo:
        stat = os.open(f"{TASKS}/{tid}/stat", os.O_RDONLY)
        undo.callback(os.close, stat)  # if the thread ends before its second file is open
        fields = os.pread(stat, 1000, 0).decode(errors="replace")
        name, rest = fields[fields.index("(") + 1 :].rsplit(") ", 1)
        started_at = rest.split()[19]  # `starttime`, the 22nd field of /proc/<pid>/stat
        syscall = os.open(f"{TASKS}/{tid}/syscall", os.O_RDONLY)
        undo.pop_all()
    return _NativeThread(stat, syscall, (tid, started_at), name)


def _was_made_by_native_code(thread: threading.Thread) -> bool:
    """Whether a Thread object stands for a thread that native code started."""
    return isinstance(thread, threading._DummyThread)


def _switches_of_others() -> int:
    """The number of context switches of all threads but this one."""
    process = resource.getrusage(resource.RUSAGE_SELF)
    own = resource.getrusage(resource.RUSAGE_THREAD)
    return process.ru_nvcsw + process.ru_nivcsw - own.ru_nvcsw - own.ru_nivcsw
