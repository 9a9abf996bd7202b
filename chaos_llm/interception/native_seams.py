"""Where compiled libraries reach the network: through the C library's look-ups and connections.

What Python cannot see, such as libcurl's or Rust's clients, or a bound method from before the
outage, calls `getaddrinfo`, `connect` and `sendto` through an import slot of its library. In an
outage the slots lead to the functions here, which ask the guard first. Nothing can be raised
through native code, so what is refused fails as behind a firewall, and the outage ends with the
error that the guard has reported. Where slots cannot be read (no 64-bit Linux), Python's own doors
stay guarded, and native code is not.
"""

from __future__ import annotations

import ctypes
import importlib.machinery
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import lru_cache
from pathlib import PurePath
from typing import Any

from chaos_llm.interception.egress_guard import EgressGuard
from chaos_llm.interception.native_functions import SIGNATURES, guarded_by, stand_in
from chaos_llm.virtual_time.native.shared_libraries import (
    ImportSlot,
    SharedLibrary,
    can_be_read,
    import_slots,
    loads_and_unloads,
    shared_libraries,
    write_slot,
)

# Python's own calls; what a stack shows of their caller is better than "native code".
_PYTHON = "_socket"
# gRPC is refused at its channels; its core takes locks of its own where a real service is called.
_LEFT_ALONE = ("libc.so", "libc-", "ld-linux", "libpthread", "libnss_", "cygrpc")

_slots_of: dict[SharedLibrary, list[ImportSlot]] = {}  # a library's slots stay where they are


def install(guard: EgressGuard, undo: ExitStack) -> None:
    """Have the guard asked about what native code is about to do, until `undo` is closed."""
    if not can_be_read():
        return
    seams = _Seams()
    undo.callback(seams.restore)
    undo.callback(guarded_by, None)
    guarded_by(guard)
    seams.look_again()
    loader: Any = importlib.machinery.ExtensionFileLoader
    for owner, name in ((loader, "create_module"), (ctypes, "_dlopen")):
        load = vars(owner)[name]
        undo.callback(setattr, owner, name, load)
        setattr(owner, name, seams.looking_after(load))


class _Seams:
    """The slots that lead to us, and what stood in them."""

    def __init__(self) -> None:
        self._before: dict[ImportSlot, int] = {}

    def look_again(self) -> None:
        """Redirect the libraries that are loaded now."""
        for slot, address in _to_redirect(loads_and_unloads()):
            if slot not in self._before:
                with suppress(OSError):  # a system that forbids it: Python's doors are guarded
                    self._before[slot] = write_slot(slot, address)

    def looking_after(self, load: Callable[..., Any]) -> Callable[..., Any]:
        """A function that loads libraries, and what it loads is looked at."""

        def load_and_look(*args: Any, **options: Any) -> Any:
            loaded = load(*args, **options)
            self.look_again()
            return loaded

        return load_and_look

    def restore(self) -> None:
        """Put back what stood in the slots of the libraries that are still there."""
        for slot, _ in _to_redirect(loads_and_unloads()):
            if slot in self._before:
                write_slot(slot, self._before[slot])
        self._before.clear()


@lru_cache(maxsize=1)
def _to_redirect(_: tuple[int, int]) -> tuple[tuple[ImportSlot, int], ...]:
    """The slots of all loaded libraries, as of these counters, and where they are to lead."""
    found = []
    for library in shared_libraries():
        file = PurePath(library.path).name
        if file.startswith(_LEFT_ALONE):
            continue
        slots = _slots_of.get(library)
        if slots is None:
            slots = _slots_of[library] = import_slots(library, SIGNATURES)
        is_python = file.startswith(_PYTHON)
        found += [(slot, stand_in(slot.function, is_python=is_python)) for slot in slots]
    return tuple(found)
