"""Values whose repr is the code that builds them again, as short as a person would write it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any

_FEW = 2  # so many required fields need no names


class CodeRepr:
    """A frozen dataclass that is shown as code, without the fields that are left as they were.

    Hypothesis and IPython lay it out over several lines where it is long.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        given = (f"{key}={value!r}" if key else repr(value) for key, value in _given(self))
        return f"{type(self).__name__}({', '.join(given)})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002 - IPython's protocol
        with printer.group(4, f"{type(self).__name__}(", ")"):
            for number, (key, value) in enumerate(_given(self)):
                if number:
                    printer.text(",")
                    printer.breakable()
                elif key:
                    printer.breakable("")
                printer.text(f"{key}=" if key else "")
                printer.pretty(value)


def _given(value: Any) -> Iterator[tuple[str, Any]]:
    """The fields that were given, with their names where these are needed."""
    required = [field for field in fields(value) if _default(field) is MISSING]
    for field in fields(value):
        given = getattr(value, field.name)
        if field in required:
            yield "" if len(required) <= _FEW else field.name, _plain(given)
        elif given != _default(field):
            yield field.name, _plain(given)


def _default(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value
