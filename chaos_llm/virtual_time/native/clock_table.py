"""The machine code that replaces the C library's clock functions, and the table that it reads.

The code is clocks.c, compiled ahead of time (clocks-x86_64.bin): threads of native code do not hold
the interpreter lock, so Python code cannot run in them. The page stays mapped as long as the
process, because a thread may wait inside it when an outage ends.
"""

from __future__ import annotations

import ctypes
import mmap
import platform
import struct
import time
from functools import cache
from importlib import resources
from pathlib import PurePath
from typing import Any

from chaos_llm.virtual_time.native.shared_libraries import (
    c_library,
    protect_page,
    shared_libraries,
)

READS = (  # functions that return the time ...
    "clock_gettime",
    "time",
    "gettimeofday",
    "timespec_get",
    "_ZNSt6chrono3_V212system_clock3nowEv",
    "_ZNSt6chrono3_V212steady_clock3nowEv",
)
WAITS = (  # ... and functions that wait until a time, in the order of clocks.c
    "nanosleep",
    "clock_nanosleep",
    "usleep",
    "sleep",
    "epoll_wait",
    "epoll_pwait",
    "poll",
    "ppoll",
    "select",
    "pselect",
    "syscall",
    "pthread_cond_timedwait",
    "pthread_mutex_timedlock",
    "sem_timedwait",
    "pthread_cond_clockwait",
    "pthread_mutex_clocklock",
    "sem_clockwait",
)
FUNCTIONS = READS + WAITS

_REAL, _WALL, _MONOTONIC, _SHIFTED = 0, 1, 2, 3
# Rows of the table, as in clocks.c; clock ids from 12 on belong to processes and threads.
_CLOCKS, _THREADS = 12, 256
_CODE_SIZE = 0x2000  # bytes: clocks.ld puts the table at this address
# Readings of one thread at one instant after which each reading moves its time by a microsecond. A
# loop that does nothing else gets there in at most a tenth of a second.
_READINGS = 100_000
_PROT_READ_EXECUTE = 5
_ROW = struct.Struct("<qq")
_VERSION = struct.Struct("<Q")


class _Clock(ctypes.Structure):
    _fields_ = (("kind", ctypes.c_int64), ("offset", ctypes.c_int64))


class _Thread(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_int64) for name in ("pointer", "instant", "readings", "floor"))


class _Table(ctypes.Structure):
    """`struct table` of clocks.c."""

    _fields_ = (
        ("version", ctypes.c_uint64),
        ("now", ctypes.c_int64 * 4),
        ("readings", ctypes.c_int64),
        ("clocks", _Clock * _CLOCKS),
        ("errno_location", ctypes.c_uint64),
        ("real", ctypes.c_uint64 * len(FUNCTIONS)),
        ("threads", _Thread * _THREADS),
    )


class ClockTable:
    """The times that native code reads; raises OSError if the system forbids a page of code."""

    def __init__(self) -> None:
        code = _machine_code()
        size = _CODE_SIZE + -(-ctypes.sizeof(_Table) // mmap.PAGESIZE) * mmap.PAGESIZE
        self._memory = mmap.mmap(-1, size, prot=mmap.PROT_READ | mmap.PROT_WRITE)
        base = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        self._memory[: len(code)] = code
        protect_page(base, _CODE_SIZE, _PROT_READ_EXECUTE)
        offsets = struct.unpack_from(f"<{len(FUNCTIONS)}Q", code)
        self._table = _Table.from_buffer(self._memory, _CODE_SIZE)
        self._table.readings = _READINGS
        self._table.errno_location = _address("__errno_location")
        self._addresses: dict[str, int] = {}
        for index, (name, offset) in enumerate(zip(FUNCTIONS, offsets, strict=True)):
            self._table.real[index] = _address(name)
            self._addresses[name] = base + offset
        self._version = 0

    def address(self, function: str) -> int | None:
        """The address of a function's replacement; None if the process lacks the function."""
        index = FUNCTIONS.index(function)
        if not self._table.real[index]:
            self._table.real[index] = _address(function)
        return self._addresses[function] if self._table.real[index] else None

    def show(self, monotonic: int, wall: int) -> None:
        """Set both times, in nanoseconds; a concurrent reader sees both new ones or neither."""
        version = self._version = self._version + 1
        _ROW.pack_into(self._memory, _CODE_SIZE + 8 + 16 * (version & 1), monotonic, wall)
        _VERSION.pack_into(self._memory, _CODE_SIZE, version)

    def begin(self) -> None:
        """Switch to the times that `show` sets; other clocks keep their distance to these."""
        ctypes.memset(ctypes.addressof(self._table.threads), 0, ctypes.sizeof(self._table.threads))
        for clock, (kind, offset) in _clocks().items():
            self._table.clocks[clock].offset = offset
            self._table.clocks[clock].kind = kind

    def shift_wall(self, offset: int) -> None:
        """Let the wall clocks run ahead of the real ones by `offset` nanoseconds."""
        for clock, (kind, _) in _clocks().items():
            if kind == _WALL:
                self._table.clocks[clock].offset = offset
                self._table.clocks[clock].kind = _SHIFTED

    def end(self) -> None:
        """Switch to the real clocks, for threads that still call the replacements."""
        for clock in range(_CLOCKS):
            self._table.clocks[clock].kind = _REAL

    def reading(self, clock: int) -> int:
        """The time that native code reads from a clock, in nanoseconds."""
        moment = (ctypes.c_int64 * 2)()
        read = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_uint64, ctypes.c_void_p)
        read(self._addresses["clock_gettime"])(clock, ctypes.addressof(moment))
        return int(moment[0]) * 1_000_000_000 + int(moment[1])


@cache
def clock_table() -> ClockTable:
    """The process's one table; raises OSError if the system forbids it."""
    return ClockTable()


def has_machine_code() -> bool:
    """Whether there is machine code for this processor."""
    return bool(_code_file().is_file())


def _code_file() -> Any:
    return resources.files(__package__) / f"clocks-{platform.machine()}.bin"


def _machine_code() -> bytes:
    code: bytes = _code_file().read_bytes()
    return code


def _address(function: str) -> int:
    """The address of a loaded function, or 0; functions of C++ are in libstdc++."""
    library = c_library()
    if function.startswith("_Z"):
        paths = [library.path for library in shared_libraries()]
        found = [path for path in paths if PurePath(path).name.startswith("libstdc++.so")]
        if not found:
            return 0
        library = ctypes.CDLL(found[0])
    try:
        return ctypes.cast(getattr(library, function), ctypes.c_void_p).value or 0
    except AttributeError:
        return 0


def _clocks() -> dict[int, tuple[int, int]]:
    """Kind and offset, in nanoseconds, of each clock id of Linux that is redirected."""
    monotonic = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    wall_kinds = {time.CLOCK_REALTIME: 0, 5: 0}  # 5: CLOCK_REALTIME_COARSE
    clocks = {clock: (_WALL, offset) for clock, offset in wall_kinds.items()}
    clocks |= {time.CLOCK_MONOTONIC: (_MONOTONIC, 0), 6: (_MONOTONIC, 0)}  # 6: the coarse one
    for clock in (time.CLOCK_MONOTONIC_RAW, time.CLOCK_BOOTTIME):
        clocks[clock] = (_MONOTONIC, time.clock_gettime_ns(clock) - monotonic)
    return clocks
