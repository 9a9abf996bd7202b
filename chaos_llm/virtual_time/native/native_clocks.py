"""The clocks that compiled libraries read, redirected to virtual time.

numpy, pydantic, sqlite and routers written in Rust read the time from the C library, so redirected
builtins of Python do not affect them. Each of these libraries has slots with the addresses of the C
library's clock functions. During an outage the slots hold the addresses of our own functions.
"""

from __future__ import annotations

import ctypes
import importlib.machinery
import platform
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from chaos_llm.virtual_time.native.clock_table import (
    FUNCTIONS,
    READS,
    ClockTable,
    clock_table,
    has_machine_code,
)
from chaos_llm.virtual_time.native.redirected_libraries import is_redirected
from chaos_llm.virtual_time.native.shared_libraries import (
    ImportSlot,
    SharedLibrary,
    can_be_read,
    import_slots,
    loads_and_unloads,
    shared_libraries,
    write_slot,
)

_Slots = tuple[tuple[SharedLibrary, ImportSlot], ...]

# Slots by the number of libraries loaded and unloaded so far, and by the real packages. A search
# takes milliseconds, and a property-based test enters an outage for each example.
_found: dict[tuple[tuple[int, int], frozenset[str]], _Slots] = {}
_slots_of: dict[SharedLibrary, list[ImportSlot]] = {}  # a library's slots stay where they are
_KEPT = 8  # entries of `_found`


class NativeClocks:
    """Redirects the clocks of compiled libraries, except those of `real_packages`."""

    def __init__(self, real_packages: frozenset[str]) -> None:
        self._real_packages = real_packages
        self._table: ClockTable | None = None
        self._before: dict[ImportSlot, tuple[SharedLibrary, int]] = {}
        self._counters = (-1, -1)
        self.refusal = ""  # why native code reads the real time here; "" where it does not

    def shift_wall(self, undo: ExitStack, offset: int) -> None:
        """Let the libraries' wall clocks run ahead of the real one by nanoseconds."""
        table = self._prepare(undo)
        if table is not None:
            table.shift_wall(offset)
            self._begin(undo, table)

    def install(self, undo: ExitStack, monotonic: int, wall: int) -> None:
        """Redirect the libraries to clocks with these times, in nanoseconds.

        Where that is impossible, `refusal` holds the reason.
        """
        table = self._prepare(undo)
        if table is None:
            return
        table.show(monotonic, wall)
        table.begin()
        if (
            table.reading(time.CLOCK_MONOTONIC) != monotonic
            or table.reading(time.CLOCK_REALTIME) != wall
        ):
            table.end()
            self.refusal = "a self-test of the clocks of native code failed"
            return
        self._begin(undo, table)

    def _prepare(self, undo: ExitStack) -> ClockTable | None:
        self.refusal = _unsupported()
        if self.refusal:
            return None
        try:
            table = clock_table()
        except OSError as error:
            self.refusal = f"the system refuses a page of code: {error.strerror}"
            return None
        undo.callback(self._restore, table)
        return table

    def _begin(self, undo: ExitStack, table: ClockTable) -> None:
        self._table = table
        self.redirect_loaded()
        self._redirect_new_libraries(undo)

    def show(self, monotonic: int, wall: int) -> None:
        """Set the times that the libraries read, in nanoseconds."""
        if self._table is not None:
            self._table.show(monotonic, wall)

    def redirect_loaded(self) -> None:
        """Redirect the libraries that are loaded now, if any are new."""
        counters = loads_and_unloads()
        if self._table is None or counters == self._counters:
            return
        self._counters = counters
        for library, slot in _slots(counters, self._real_packages):
            address = self._table.address(slot.function)
            if address is not None and slot not in self._before:
                self._before[slot] = library, write_slot(slot, address)

    @property
    def redirected(self) -> tuple[str, ...]:
        """The files of the libraries that read virtual time."""
        return tuple(sorted({library.path for library, _ in self._before.values()}))

    def _redirect_new_libraries(self, undo: ExitStack) -> None:
        loader: Any = importlib.machinery.ExtensionFileLoader
        for owner, name in ((loader, "create_module"), (ctypes, "_dlopen")):
            load = vars(owner)[name]
            undo.callback(setattr, owner, name, load)
            setattr(owner, name, self._redirecting_after(load))

    def _redirecting_after(self, load: Callable[..., Any]) -> Callable[..., Any]:
        def load_and_redirect(*args: Any, **options: Any) -> Any:
            loaded = load(*args, **options)
            self.redirect_loaded()
            return loaded

        return load_and_redirect

    def _restore(self, table: ClockTable) -> None:
        table.end()
        self._table = None
        nothing_unloaded = loads_and_unloads()[1] == self._counters[1]
        still_there = set() if nothing_unloaded else set(shared_libraries())
        for slot, (library, before) in self._before.items():
            if nothing_unloaded or library in still_there:
                write_slot(slot, before)
        self._before.clear()


def _slots(counters: tuple[int, int], real_packages: frozenset[str]) -> _Slots:
    """The slots to redirect in all libraries that are loaded now."""
    key = counters, real_packages
    if key not in _found:
        while len(_found) >= _KEPT:
            del _found[next(iter(_found))]
        libraries = [lib for lib in shared_libraries() if is_redirected(lib.path, real_packages)]
        _found[key] = tuple((library, slot) for library in libraries for slot in _wanted(library))
    return _found[key]


def _wanted(library: SharedLibrary) -> list[ImportSlot]:
    if library not in _slots_of:
        slots = import_slots(library, FUNCTIONS)
        reads = any(slot.function in READS for slot in slots)
        # A library that reads no clock may wait with the real functions: its deadlines are real.
        _slots_of[library] = slots if reads else []
    return _slots_of[library]


def _unsupported() -> str:
    if not can_be_read():
        return f"this is {platform.machine()} on {sys.platform}"
    if not has_machine_code():
        return f"this is {platform.machine()}"
    return ""
