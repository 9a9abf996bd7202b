"""What a provider meant to say in one answer, and how much of that was sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

_NUMBER = re.compile(r"-?\d[\d.eE+-]*$")
_FEW_LETTERS = 2  # of a text; a shorter beginning says nothing
_COMMON = (0, 1, -1)  # numbers that apps have as defaults


class SentContent(NamedTuple):
    """The content of an answer as the model meant it, and the part of it that was sent.

    It is a text, or the arguments of the tool `tool` as JSON.
    """

    whole: str
    sent: str
    tool: str = ""

    @property
    def is_readable_json(self) -> bool:
        """Whether the sent part is JSON; then no app can see that anything is missing."""
        try:
            json.loads(self.sent)
        except ValueError:
            return False
        return True

    def values(self) -> list[str | float] | None:
        """The texts and numbers of the whole content, if it is a JSON object or list."""
        try:
            whole = json.loads(self.whole)
        except ValueError:
            return None
        return list(values_of(whole)) if isinstance(whole, dict | list) else None

    def is_cut(self, value: str | float) -> bool:
        """Whether a value is the beginning of one of the content's values, which was cut there."""
        values = self.values() or []
        if value in values:
            return False
        if isinstance(value, str):
            is_beginning = any(isinstance(v, str) and v.startswith(value) for v in values)
            begun = json.dumps(value, ensure_ascii=False)[1:-1]
            return len(value) >= _FEW_LETTERS and is_beginning and begun in self.sent
        return any(value == number for number in self._cut_numbers())

    def derives(self, value: str | float) -> bool:
        """Whether a value is one of the content's, or the beginning of one."""
        is_common = isinstance(value, int | float) and value in _COMMON
        return self.is_cut(value) or (not is_common and value in (self.values() or []))

    def _cut_numbers(self) -> Iterator[float]:
        """What lenient readers of JSON make of a number at whose digits the content was cut."""
        found = _NUMBER.search(self.sent)
        digits = found[0].rstrip("eE.+-") if found else ""
        with suppress(ValueError):
            yield float(digits)


def values_of(value: Any) -> Iterator[str | float]:
    """The texts and numbers inside a JSON value, in its order."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from values_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from values_of(inner)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield value
