"""The text in whatever an app returns: strings, models, dataclasses, parts, streams."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

_DEPTH = 6
_PIECES = 2000


def text_of(value: Any) -> str:
    """All text inside a value, in its own order, as far as a few levels deep."""
    return value if isinstance(value, str) else "\n".join(_texts(value, _DEPTH))


def is_stream(value: Any) -> bool:
    """Whether a value is a stream that has to be consumed to know what the user saw."""
    return isinstance(value, Iterator) and not isinstance(value, str | bytes)


def is_async_stream(value: Any) -> bool:
    """The same for an async stream."""
    return isinstance(value, AsyncIterator)


def joined(pieces: list[Any]) -> Any:
    """What a consumed stream amounts to: one text where all pieces are texts."""
    return "".join(pieces) if pieces and all(isinstance(p, str) for p in pieces) else pieces


def _texts(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes):
        yield value.decode("utf-8", "replace")
    elif depth == 0 or value is None or isinstance(value, int | float):
        return
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner, depth - 1)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in list(value)[:_PIECES]:
            yield from _texts(inner, depth - 1)
    else:
        yield from _texts(_fields(value), depth - 1)


def _fields(value: Any) -> dict[str, Any]:
    slots = (name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ()))
    fields = {name: getattr(value, name, None) for name in slots if not name.startswith("_")}
    fields.update(
        (name, inner)
        for name, inner in getattr(value, "__dict__", {}).items()
        if not name.startswith("_")
    )
    return fields
