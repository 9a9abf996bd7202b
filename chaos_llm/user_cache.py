"""Values that take long to make and are kept in the user's cache folder, for later processes.

A value depends on its key alone, and the key has all that it is made of. So a kept one is never
stale, and one that cannot be read, or was made by another version, is made anew. Nothing is kept if
CHAOS_LLM_CACHE is set and empty; else it names the folder, by default chaos_llm in the folder that
XDG_CACHE_HOME names, or in ~/.cache.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

_T = TypeVar("_T")
FOLDER = "CHAOS_LLM_CACHE"


def kept(
    kind: str,
    key: bytes,
    make: Callable[[], _T],
    to_bytes: Callable[[_T], bytes],
    from_bytes: Callable[[bytes], _T],
) -> _T:
    """The value for a key: read if it was kept, else made and kept.

    `from_bytes` raises ValueError for bytes that are no such value.
    """
    folder = _folder()
    if folder is None:
        return make()
    path = folder / f"{kind}-{blake2b(key, digest_size=16).hexdigest()}"
    with suppress(OSError, ValueError):
        return from_bytes(path.read_bytes())
    value = make()
    with suppress(OSError, ValueError):
        _write(path, to_bytes(value))
    return value


def _folder() -> Path | None:
    named = os.environ.get(FOLDER)
    if named is not None:
        return Path(named) if named else None
    try:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError:  # a user without a home
        return None
    return Path(base) / "chaos_llm"


def _write(path: Path, data: bytes) -> None:
    """Write a file at once, so that no other process reads a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(name).replace(path)


def fingerprint(*folders: Path) -> bytes:
    """Tells versions of the code in some folders apart: names, sizes and times of its files."""
    files = sorted(
        (entry.path, entry.stat().st_size, entry.stat().st_mtime_ns)
        for folder in folders
        for entry in os.scandir(folder)
        if entry.name.endswith(".py")
    )
    return repr(files).encode()
