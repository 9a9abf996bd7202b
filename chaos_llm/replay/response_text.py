"""The text in whatever an app returns: strings, models, dataclasses, parts, streams."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

_DEPTH = 6
_MANY = 2000

Path = tuple[str, ...]


class Pieces(list[Any]):
    """The pieces of a consumed stream; each field of theirs is one text in the end."""


def text_of(value: Any) -> str:
    """All text inside a value, in its own order, as far as a few levels deep."""
    if isinstance(value, str):
        return value
    if not isinstance(value, Pieces):
        return "\n".join(text for _, text in _Walk().texts(value))
    fields: dict[Path, list[str]] = {}
    for piece in value:
        for path, text in _Walk().texts(piece):
            fields.setdefault(path, []).append(text)
    return "\n".join("".join(texts) for texts in fields.values())


def is_stream(value: Any) -> bool:
    """Whether a value is a stream that has to be consumed to know what the user saw."""
    return isinstance(value, Iterator) and not isinstance(value, str | bytes)


def is_async_stream(value: Any) -> bool:
    """The same for an async stream."""
    return isinstance(value, AsyncIterator)


def joined(pieces: list[Any]) -> Any:
    """What a consumed stream amounts to: one text where all pieces are texts."""
    if pieces and all(isinstance(piece, str) for piece in pieces):
        return "".join(pieces)
    if pieces and all(isinstance(piece, bytes) for piece in pieces):
        return b"".join(pieces)
    return Pieces(pieces)


class _Walk:
    """One way through a value; what it has met before it does not enter again."""

    def __init__(self) -> None:
        self._met: set[int] = set()

    def texts(self, value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
        """Each text with the fields that lead to it."""
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, bytes):
            yield path, value.decode("utf-8", "replace")
        elif len(path) < _DEPTH and id(value) not in self._met and len(self._met) < _MANY:
            self._met.add(id(value))
            for name, inner in _parts(value):
                yield from self.texts(inner, (*path, name))


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if value is None or isinstance(value, int | float):
        return
    if isinstance(value, Mapping):
        yield from ((str(name), inner) for name, inner in value.items())
    elif isinstance(value, list | tuple | set | frozenset):
        yield from ((str(index), inner) for index, inner in enumerate(value))
    elif isinstance(value, BaseException):
        yield "", str(value)
    else:
        yield from _fields(value).items()


def _fields(value: Any) -> dict[str, Any]:
    slots = (getattr(kind, "__slots__", ()) for kind in type(value).__mro__)
    names = (name for each in slots for name in ((each,) if isinstance(each, str) else each))
    fields = {name: getattr(value, name, None) for name in names}
    fields.update(getattr(value, "__dict__", {}))
    return {name: inner for name, inner in fields.items() if not name.startswith("_")}
