"""Clocks that compiled libraries read, on the clock of an outage.

numpy, pydantic, sqlite and routers written in Rust ask the C library what time it is, which no
redirect of Python's builtins reaches. For each library that is ours to move, the slots of the C
library's clock functions are pointed at functions of our own, and back when the outage ends.
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
from chaos_llm.virtual_time.native.moved_libraries import is_moved
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

# What was found when so many libraries had been loaded and unloaded. Looking takes milliseconds,
# and an outage is entered for each example of a property-based test.
_found: dict[tuple[tuple[int, int], frozenset[str]], _Slots] = {}
_slots_of: dict[SharedLibrary, list[ImportSlot]] = {}  # a library's slots stay where they are
_KEPT = 8


class NativeClocks:
    """The libraries whose clocks follow; those of `real_packages` do not."""

    def __init__(self, real_packages: frozenset[str]) -> None:
        self._real_packages = real_packages
        self._table: ClockTable | None = None
        self._before: dict[ImportSlot, tuple[SharedLibrary, int]] = {}
        self._counters = (-1, -1)
        self.refusal = ""  # why the clocks of native code stay real here

    def shift_wall(self, undo: ExitStack, offset: int) -> None:
        """Let the wall clocks of the libraries run ahead of the real one, in nanoseconds."""
        table = self._prepare(undo)
        if table is not None:
            table.shift_wall(offset)
            self._begin(undo, table)

    def install(self, undo: ExitStack, monotonic: int, wall: int) -> None:
        """Send the libraries to our clocks, which say this; where that cannot be, say why not."""
        table = self._prepare(undo)
        if table is None:
            return
        table.show(monotonic, wall)
        table.begin()
        if table.says(time.CLOCK_MONOTONIC) != monotonic or table.says(time.CLOCK_REALTIME) != wall:
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
        self.look_again()
        self._watch_loading(undo)

    def show(self, monotonic: int, wall: int) -> None:
        """Say what time it is, in nanoseconds."""
        if self._table is not None:
            self._table.show(monotonic, wall)

    def look_again(self) -> None:
        """Send libraries that have been loaded meanwhile to our clocks, too."""
        counters = loads_and_unloads()
        if self._table is None or counters == self._counters:
            return
        self._counters = counters
        for library, slot in _slots(counters, self._real_packages):
            address = self._table.address(slot.function)
            if address is not None and slot not in self._before:
                self._before[slot] = library, write_slot(slot, address)

    @property
    def moved(self) -> tuple[str, ...]:
        """The files of the libraries whose clocks follow."""
        return tuple(sorted({library.path for library, _ in self._before.values()}))

    def _watch_loading(self, undo: ExitStack) -> None:
        loader: Any = importlib.machinery.ExtensionFileLoader
        for owner, name in ((loader, "create_module"), (ctypes, "_dlopen")):
            load = vars(owner)[name]
            undo.callback(setattr, owner, name, load)
            setattr(owner, name, self._looking_after(load))

    def _looking_after(self, load: Callable[..., Any]) -> Callable[..., Any]:
        def load_and_look(*args: Any, **options: Any) -> Any:
            loaded = load(*args, **options)
            self.look_again()
            return loaded

        return load_and_look

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
    """The slots to redirect, of all libraries that are loaded now."""
    key = counters, real_packages
    if key not in _found:
        while len(_found) >= _KEPT:
            del _found[next(iter(_found))]
        ours = [lib for lib in shared_libraries() if is_moved(lib.path, real_packages)]
        _found[key] = tuple((library, slot) for library in ours for slot in _wanted(library))
    return _found[key]


def _wanted(library: SharedLibrary) -> list[ImportSlot]:
    if library not in _slots_of:
        slots = import_slots(library, FUNCTIONS)
        reads = any(slot.function in READS for slot in slots)
        _slots_of[library] = slots if reads else []  # what reads no clock waits by the system's
    return _slots_of[library]


def _unsupported() -> str:
    if not can_be_read():
        return f"this is {platform.machine()} on {sys.platform}"
    if not has_machine_code():
        return f"this is {platform.machine()}"
    return ""
