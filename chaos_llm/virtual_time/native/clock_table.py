"""The page of machine code that native code is sent to, and the table that it reads.

The code is clocks.c, compiled ahead of time (clocks-x86_64.bin): threads of native code hold no
interpreter lock, so Python cannot answer them. The page stays mapped as long as the process: a
thread may be inside it, waiting, when an outage ends.
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

READS = (  # what tells native code the time ...
    "clock_gettime",
    "time",
    "gettimeofday",
    "timespec_get",
    "_ZNSt6chrono3_V212system_clock3nowEv",
    "_ZNSt6chrono3_V212steady_clock3nowEv",
)
WAITS = (  # ... and what waits until a time, in the order of clocks.c
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
_CLOCKS, _THREADS = 12, 256  # rows; clock ids from 12 on are those of processes and threads
_CODE_SIZE = 0x2000  # where clocks.ld puts the table
# Readings of one thread at one instant after which it sees time creep by a microsecond at each: no
# more than a tenth of a second of a loop that does nothing else.
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
    """What the clocks of native code say; raises OSError where the system refuses such a page."""

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
        """Where to send calls of that function; None where this process does not have it."""
        index = FUNCTIONS.index(function)
        if not self._table.real[index]:
            self._table.real[index] = _address(function)
        return self._addresses[function] if self._table.real[index] else None

    def show(self, monotonic: int, wall: int) -> None:
        """Say what time it is, in nanoseconds; a reader sees both numbers, or neither."""
        version = self._version = self._version + 1
        _ROW.pack_into(self._memory, _CODE_SIZE + 8 + 16 * (version & 1), monotonic, wall)
        _VERSION.pack_into(self._memory, _CODE_SIZE, version)

    def begin(self) -> None:
        """Show what `show` says; clocks that differ from the two keep their distance."""
        ctypes.memset(ctypes.addressof(self._table.threads), 0, ctypes.sizeof(self._table.threads))
        for clock, (kind, offset) in _clocks().items():
            self._table.clocks[clock].offset = offset
            self._table.clocks[clock].kind = kind

    def shift_wall(self, offset: int) -> None:
        """Let the wall clocks run on, so many nanoseconds ahead of the real ones."""
        for clock, (kind, _) in _clocks().items():
            if kind == _WALL:
                self._table.clocks[clock].offset = offset
                self._table.clocks[clock].kind = _SHIFTED

    def end(self) -> None:
        """Show the real clocks again to whoever still comes here."""
        for clock in range(_CLOCKS):
            self._table.clocks[clock].kind = _REAL

    def says(self, clock: int) -> int:
        """What native code reads from a clock, in nanoseconds."""
        moment = (ctypes.c_int64 * 2)()
        read = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_uint64, ctypes.c_void_p)
        read(self._addresses["clock_gettime"])(clock, ctypes.addressof(moment))
        return int(moment[0]) * 1_000_000_000 + int(moment[1])


@cache
def clock_table() -> ClockTable:
    """The process's one table; raises OSError where there can be none."""
    return ClockTable()


def has_machine_code() -> bool:
    """Whether the code was compiled for this machine."""
    return bool(_code_file().is_file())


def _code_file() -> Any:
    return resources.files(__package__) / f"clocks-{platform.machine()}.bin"


def _machine_code() -> bytes:
    code: bytes = _code_file().read_bytes()
    return code


def _address(function: str) -> int:
    """The address of a function that is loaded, or 0; C++ has a library of its own."""
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
    """Kind and offset of each clock id of Linux that is moved."""
    monotonic = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    wall_kinds = {time.CLOCK_REALTIME: 0, 5: 0}  # 5: CLOCK_REALTIME_COARSE
    clocks = {clock: (_WALL, offset) for clock, offset in wall_kinds.items()}
    clocks |= {time.CLOCK_MONOTONIC: (_MONOTONIC, 0), 6: (_MONOTONIC, 0)}  # 6: its coarse twin
    for clock in (time.CLOCK_MONOTONIC_RAW, time.CLOCK_BOOTTIME):
        clocks[clock] = (_MONOTONIC, time.clock_gettime_ns(clock) - monotonic)
    return clocks
