"""A team's settings: the table `[tool.chaos_llm]` in the nearest pyproject.toml."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from chaos_llm.errors import UnknownName, UsageError

# All known keys; `profiles` and `baseline` are read in chaos_llm.profiles.
KEYS = ("baseline", "hosts", "profiles", "real_packages", "strict", "tiers")


def own_table(start: Path) -> tuple[Path, dict[str, Any]]:
    """The table in the nearest file at or above `start`, with that file; empty without one.

    Raises UsageError for a file that is not TOML, UnknownName for a key that is not in KEYS.
    """
    for folder in (start, *start.parents):
        path = folder / "pyproject.toml"
        try:
            state = path.stat()
        except OSError:
            continue
        return path, _read(path, state.st_mtime_ns, state.st_size)
    return start, {}


def real_packages(start: Path) -> frozenset[str]:
    """Packages whose threads keep real time, in addition to the built-in list.

    The built-in list names telemetry libraries and debuggers.
    """
    path, table = own_table(start)
    named = table.get("real_packages", [])
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        message = f"{path}: [tool.chaos_llm] real_packages is a list of packages; got {named!r}"
        raise UsageError(message)
    return frozenset(named)


def is_strict(start: Path) -> bool:
    """Whether to refuse the requests that the vendors' real APIs refuse; true by default."""
    path, table = own_table(start)
    strict = table.get("strict", True)
    if not isinstance(strict, bool):
        raise UsageError(f"{path}: [tool.chaos_llm] strict is true or false; got {strict!r}")
    return strict


@lru_cache(8)
def _read(path: Path, _changed: int, _size: int) -> dict[str, Any]:
    """Read a file; cached by its time and size, because each test's outage asks for the table."""
    try:
        tool = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: {error}") from None
    settings: dict[str, Any] = tool.get("chaos_llm", {})
    for key in settings:
        if key not in KEYS:
            raise UnknownName("key", key, KEYS, where=f"{path}: [tool.chaos_llm]")
    return settings
