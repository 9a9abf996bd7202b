"""The guard of compiled libraries: it checks their calls of the C library's network functions.

libcurl's and Rust's clients, and bound methods from before the outage, call `getaddrinfo`,
`connect` and `sendto` through an import slot of their library. During an outage the slots hold the
addresses of functions that check each call with the guard. No Python exception can pass through
native code, so a refused call fails as behind a firewall, and the outage ends with the error that
the guard has recorded. Where slots cannot be read (systems other than 64-bit Linux), calls from
Python are still checked, and calls from native code are not.
"""

from __future__ import annotations

import ctypes
import importlib.machinery
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import lru_cache
from pathlib import PurePath
from typing import Any

from chaos_llm.interception.egress_guard import EgressGuard
from chaos_llm.interception.native_functions import SIGNATURES, stand_in, use_guard
from chaos_llm.virtual_time.native.shared_libraries import (
    ImportSlot,
    SharedLibrary,
    can_be_read,
    import_slots,
    loads_and_unloads,
    program,
    shared_libraries,
    write_slot,
)

# For calls of Python's own module the error names the client on the stack, not "native code".
_PYTHON = "_socket"
# gRPC is refused at its channels; its core holds its own locks while it calls a real service.
_LEFT_ALONE = ("libc.so", "libc-", "ld-linux", "libpthread", "libnss_", "cygrpc")

_slots_of: dict[SharedLibrary, list[ImportSlot]] = {}  # a library's slots stay where they are


def install(guard: EgressGuard, undo: ExitStack) -> None:
    """Check native code's network calls with the guard until `undo` is closed."""
    if not can_be_read():
        return
    seams = _Seams()
    undo.callback(seams.restore)
    undo.callback(use_guard, None)
    use_guard(guard)
    seams.redirect_loaded()
    loader: Any = importlib.machinery.ExtensionFileLoader
    for owner, name in ((loader, "create_module"), (ctypes, "_dlopen")):
        load = vars(owner)[name]
        undo.callback(setattr, owner, name, load)
        setattr(owner, name, seams.redirecting_after(load))


class _Seams:
    """The redirected slots, and their original contents."""

    def __init__(self) -> None:
        self._before: dict[ImportSlot, int] = {}

    def redirect_loaded(self) -> None:
        """Redirect the libraries that are loaded now."""
        for slot, address in _to_redirect(loads_and_unloads()):
            if slot not in self._before:
                with suppress(OSError):  # where the system forbids it, only Python code is checked
                    self._before[slot] = write_slot(slot, address)

    def redirecting_after(self, load: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a function that loads libraries, so that new libraries are redirected, too."""

        def load_and_redirect(*args: Any, **options: Any) -> Any:
            loaded = load(*args, **options)
            self.redirect_loaded()
            return loaded

        return load_and_redirect

    def restore(self) -> None:
        """Restore the slots of the libraries that are still loaded."""
        for slot, _ in _to_redirect(loads_and_unloads()):
            if slot in self._before:
                write_slot(slot, self._before[slot])
        self._before.clear()


@lru_cache(maxsize=1)
def _to_redirect(_: tuple[int, int]) -> tuple[tuple[ImportSlot, int], ...]:
    """The slots of all loaded libraries, and their new contents.

    The argument counts loaded and unloaded libraries; it is the cache's key.
    """
    found = []
    linked = program() if _PYTHON in sys.builtin_module_names else None  # as Debian builds Python
    for library in (*shared_libraries(), *filter(None, [linked])):
        file = PurePath(library.path).name
        if file.startswith(_LEFT_ALONE):
            continue
        slots = _slots_of.get(library)
        if slots is None:
            slots = _slots_of[library] = import_slots(library, SIGNATURES)
        is_python = library is linked or file.startswith(_PYTHON)
        found += [(slot, stand_in(slot.function, is_python=is_python)) for slot in slots]
    return tuple(found)
