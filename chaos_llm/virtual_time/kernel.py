"""The state of a thread in the kernel: whether it sleeps, and for how long.

Python frames do not show that a thread has just been woken, as it has to wait for the interpreter
lock first; and a thread of native code has no frames. Linux shows the system call in which a thread
waits, and its arguments, in /proc/self/task/<id>/syscall. Other systems have nothing like it.

A thread that was woken on a processor that is idle is in that call until the processor has noticed,
which takes long where it is a virtual one. Only the letter in /proc/self/task/<id>/stat shows it.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import time
from functools import cache, lru_cache
from pathlib import Path

from chaos_llm.virtual_time.native.shared_libraries import c_library

_FUTEX = {"x86_64": 202, "aarch64": 98}.get(platform.machine())
_RUNTIME_SIZE = 1 << 20  # bytes; at least the size of CPython's `_PyRuntime`
_FUTEX_COMMAND, _FUTEX_CLOCK_REALTIME, _FUTEX_WAIT_BITSET = 127, 256, 9
_ABSOLUTE = 1  # clock_nanosleep's TIMER_ABSTIME

# System calls with a time limit, and the index of the argument that holds it: the address of a
# timespec, or milliseconds. From the kernel's system call tables.
_TIMES = {
    "x86_64": {35: 0, 230: 2, 202: 3, 271: 2, 270: 4, 441: 3},
    "aarch64": {101: 0, 115: 2, 98: 3, 73: 2, 72: 4, 441: 3},
}.get(platform.machine(), {})
_MILLISECONDS = {
    "x86_64": {232: 3, 281: 3, 7: 2},
    "aarch64": {22: 3},
}.get(platform.machine(), {})
_SLEEPS = {"x86_64": (35, 230), "aarch64": (101, 115)}.get(platform.machine(), ())
_CLOCK_NANOSLEEP = {"x86_64": 230, "aarch64": 115}.get(platform.machine())


def asleep(native_id: int) -> bool | None:
    """Whether a thread waits for anything but the interpreter lock; None where unknown."""
    folder = Path(f"/proc/self/task/{native_id}")
    try:
        # In this order: one that was woken in between waits for the interpreter lock by now.
        return not (
            was_woken(folder.joinpath("stat").read_bytes())
            or runs(folder.joinpath("syscall").read_bytes())
        )
    except OSError:
        return None


def was_woken(stat: bytes) -> bool:
    """Whether the thread runs, or will as soon as a processor takes it, by its file `stat`."""
    return stat.rpartition(b") ")[2].startswith(b"R")


def native_id(ident: int) -> int:
    """The kernel's id of a living thread, which the id of its processor clock contains."""
    return ~(time.pthread_getcpuclockid(ident) >> 3)  # the lowest 3 bits are the clock's kind


@lru_cache(maxsize=1000)
def runs(syscall: bytes) -> bool:
    """Whether the thread runs or waits for the interpreter lock, by its file `syscall`."""
    words = syscall.split()
    if not words or words[0] == b"running":
        return True
    if words[0] == b"-1" or int(words[0]) != _FUTEX:
        return False
    begin = _runtime()  # the interpreter lock is in here
    return begin <= int(words[1], 16) < begin + _RUNTIME_SIZE


def sleeps(syscall: bytes) -> bool:
    """Whether the thread sleeps for a time, and does not wait for an event."""
    number = syscall.split(maxsplit=1)[0]
    return number.isdigit() and int(number) in _SLEEPS


def wakes_within(syscall: bytes, memory: int) -> float | None:
    """The most seconds that the thread's wait can last; None where it is endless or unknown.

    `memory` is /proc/self/mem, open for reading: a thread that goes on meanwhile may free the
    memory of its arguments, and reading through that file fails where an address is gone.
    """
    words = syscall.split()
    if not words[0].isdigit():
        return None
    number = int(words[0])
    arguments = [int(word, 16) for word in words[1:7]]
    if number in _MILLISECONDS:
        milliseconds = ctypes.c_int(arguments[_MILLISECONDS[number]] & 0xFFFFFFFF).value
        return milliseconds / 1000 if milliseconds >= 0 else None
    if number not in _TIMES or not arguments[_TIMES[number]]:
        return None
    try:
        seconds, nanoseconds = struct.unpack("<qq", os.pread(memory, 16, arguments[_TIMES[number]]))
    except (OSError, OverflowError, struct.error):
        return None
    clock = _deadlines_clock(number, arguments)
    left = seconds + nanoseconds / 1e9 - (0 if clock is None else _real_time(clock))
    return max(float(left), 0.0)


def _deadlines_clock(number: int, arguments: list[int]) -> int | None:
    """The id of the clock to which a call's deadline refers; None where the time is a duration."""
    if number == _FUTEX:
        if arguments[1] & _FUTEX_COMMAND != _FUTEX_WAIT_BITSET:
            return None
        wall = arguments[1] & _FUTEX_CLOCK_REALTIME
        return time.CLOCK_REALTIME if wall else time.CLOCK_MONOTONIC
    if number == _CLOCK_NANOSLEEP and arguments[1] & _ABSOLUTE:
        return arguments[0]
    return None


def _real_time(clock: int) -> float:
    moment = (ctypes.c_int64 * 2)()
    c_library().clock_gettime(clock, moment)  # which no redirect of Python's builtins reaches
    return float(moment[0]) + float(moment[1]) / 1e9


@cache
def _runtime() -> int:
    """The address of CPython's state, which holds the interpreter lock."""
    return ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, "_PyRuntime"))
