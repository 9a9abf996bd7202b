"""The texts and numbers in an app's return values: models, dataclasses, lists of parts, streams."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from enum import Enum
from typing import Any

_DEPTH = 6  # levels of fields; deeper ones are not read
_MOST_OBJECTS = 2000  # of one value; a return value may refer to a whole client

Path = tuple[str, ...]


class _Empty(Enum):
    """The type of `EMPTY`."""

    EMPTY = "empty"


EMPTY = _Empty.EMPTY  # stands for an empty text, list or object among the leaves of a value


class Pieces(list[Any]):
    """The pieces of a consumed stream; the texts of a field in all pieces are one text."""


def text_of(value: Any) -> str:
    """All texts inside a value, in its own order, down to a few levels."""
    if isinstance(value, str):
        return value
    if not isinstance(value, Pieces):
        return "\n".join(text for _, text in _Walk().texts(value))
    fields: dict[Path, list[str]] = {}
    for piece in value:
        for path, text in _Walk().texts(piece):
            fields.setdefault(path, []).append(text)
    return "\n".join("".join(texts) for texts in fields.values())


def scalars_of(value: Any) -> Iterator[str | float]:
    """All texts and numbers inside a value, without truth values; a text of JSON is read, too."""
    for _, found in _Walk().scalars(value):
        if isinstance(found, str) and found[:1] in ("{", "["):
            try:
                parsed = json.loads(found)
            except ValueError:
                yield found
            else:
                yield from scalars_of(parsed)
        else:
            yield found


def is_empty_result(value: Any, depth: int = _DEPTH) -> bool:
    """Whether a value is an empty text, list or object, or holds nothing but such ones.

    None, a number and a truth value say something, if only that there is no result.
    """
    if isinstance(value, str | bytes):
        return not value.strip()
    if not depth or value is None or isinstance(value, int | float | BaseException):
        return False
    parts = list(_parts(value))
    if not parts:
        return isinstance(value, Mapping | list | tuple | set | frozenset)
    return all(is_empty_result(inner, depth - 1) for _, inner in parts)


def leaves_of(value: Any) -> Iterator[tuple[Path, Any]]:
    """What a value consists of, with the names that lead there: texts, numbers, truth values, None.

    An empty text, list or object is the leaf `EMPTY`. A text of JSON is read.
    """
    return _Walk().leaves(_parsed(value))


def _parsed(value: Any) -> Any:
    """What a text of JSON says; any other value as it is."""
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def is_stream(value: Any) -> bool:
    """Whether a value is a stream, which has to be consumed to know what the user saw."""
    return isinstance(value, Iterator) and not isinstance(value, str | bytes)


def is_async_stream(value: Any) -> bool:
    """Whether a value is an async stream."""
    return isinstance(value, AsyncIterator)


def joined(pieces: list[Any]) -> Any:
    """The value of a consumed stream: one text if all pieces are texts, else the pieces."""
    if pieces and all(isinstance(piece, str) for piece in pieces):
        return "".join(pieces)
    if pieces and all(isinstance(piece, bytes) for piece in pieces):
        return b"".join(pieces)
    return Pieces(pieces)


class _Walk:
    """A walk through a value that reads each object once, as values may refer to themselves."""

    def __init__(self) -> None:
        self._visited: set[int] = set()  # ids of objects

    def texts(self, value: Any) -> Iterator[tuple[Path, str]]:
        """Yield each text with the names of the fields that lead to it."""
        for path, found in self.scalars(value):
            if isinstance(found, str):
                yield path, found

    def scalars(self, value: Any, path: Path = ()) -> Iterator[tuple[Path, str | float]]:
        """Yield each text and each number with the names of the fields that lead to it."""
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, bytes):
            yield path, value.decode("utf-8", "replace")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield path, value
        elif len(path) < _DEPTH and self._is_new(value):
            self._visited.add(id(value))
            for name, inner in _parts(value):
                yield from self.scalars(inner, (*path, name))

    def leaves(self, value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
        """Yield each value that has no parts with the names of the fields that lead to it."""
        if value is None or isinstance(value, int | float):
            yield path, value
        elif isinstance(value, str | bytes):
            yield path, value if value.strip() else EMPTY
        elif len(path) < _DEPTH and self._is_new(value):
            self._visited.add(id(value))
            parts = list(_parts(value))
            if not parts and isinstance(value, Mapping | list | tuple | set | frozenset):
                yield path, EMPTY
            for name, inner in parts:
                yield from self.leaves(inner, (*path, name))

    def _is_new(self, value: Any) -> bool:
        return id(value) not in self._visited and len(self._visited) < _MOST_OBJECTS


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """The names and values of what is inside a value."""
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
