"""Methods of compiled types, replaced where the type itself looks them up.

A lock has no Python class to patch, and locks exist everywhere before an outage begins. Replacing
the entry in the type's own dictionary reaches all of them: `with lock:` and `lock.acquire()` look
it up each time. A bound method that somebody stored before (`self.take = lock.acquire`) is not
reached.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any


def replace_methods(undo: ExitStack, kind: type, **methods: Callable[..., Any]) -> None:
    """Replace methods of a compiled type until `undo` is closed."""
    (entries,) = gc.get_referents(kind.__dict__)  # the dictionary behind the read-only view
    for name, method in methods.items():
        undo.callback(_put, kind, entries, name, entries[name])
        _put(kind, entries, name, method)


def _put(kind: type, entries: dict[str, Any], name: str, method: Any) -> None:
    entries[name] = method
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))
