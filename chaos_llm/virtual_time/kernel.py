"""What the kernel knows of a thread: that it sleeps, or that it was woken and wants to run.

A thread that somebody has just woken stands where it idled until it gets the interpreter, so its
frames do not show it. Linux tells, in /proc/self/task/<id>/syscall, in which system call a thread
waits, and with which arguments. Elsewhere nobody tells.
"""

from __future__ import annotations

import ctypes
import platform
from functools import cache
from pathlib import Path

_FUTEX = {"x86_64": "202", "aarch64": "98"}.get(platform.machine())
_RUNTIME_SIZE = 1 << 20  # no less than CPython's own


def asleep(native_id: int) -> bool | None:
    """Whether a thread waits for something other than the interpreter; None where unknown."""
    try:
        words = Path(f"/proc/self/task/{native_id}/syscall").read_text().split()
    except OSError:
        return None
    if words[0] == "running":
        return False
    if words[0] != _FUTEX:
        return True
    address, timeout = int(words[1], 16), int(words[4], 16)
    begin = _runtime()
    return not (timeout and begin <= address < begin + _RUNTIME_SIZE)


@cache
def _runtime() -> int:
    """Where the interpreter's lock is; threads wait for that one a few milliseconds at a time."""
    return ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, "_PyRuntime"))
