"""Values that may be awaited, so that one name works in sync and async tests."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

_T = TypeVar("_T")


def itself(value: _T) -> Generator[Any, Any, _T]:
    """What `__await__` returns for a value that is there already."""
    yield from ()
    return value
