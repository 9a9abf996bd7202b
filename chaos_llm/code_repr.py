"""Dataclasses whose repr is the code that builds them, without default arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any

_MOST_POSITIONAL = 2  # required fields; with more, all of them are written with their names


class CodeRepr:
    """A frozen dataclass whose repr is its constructor call, without arguments equal to a default.

    Hypothesis and IPython print a long repr on several lines.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        arguments = (f"{key}={value!r}" if key else repr(value) for key, value in _arguments(self))
        return f"{type(self).__name__}({', '.join(arguments)})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002 - IPython's protocol
        with printer.group(4, f"{type(self).__name__}(", ")"):
            for number, (key, value) in enumerate(_arguments(self)):
                if number:
                    printer.text(",")
                    printer.breakable()
                elif key:
                    printer.breakable("")
                printer.text(f"{key}=" if key else "")
                printer.pretty(value)


def _arguments(instance: Any) -> Iterator[tuple[str, Any]]:
    """The constructor's arguments as name and value; an empty name for a positional one."""
    required = [field for field in fields(instance) if _default(field) is MISSING]
    for field in fields(instance):
        value = getattr(instance, field.name)
        if field in required:
            yield "" if len(required) <= _MOST_POSITIONAL else field.name, _plain(value)
        elif value != _default(field):
            yield field.name, _plain(value)


def _default(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default


def _plain(value: Any) -> Any:
    """A mapping as a dict, so that its repr is code; any other value as it is."""
    return dict(value) if isinstance(value, Mapping) else value
