"""Texts that match a regular expression."""

from __future__ import annotations

import re
from importlib import import_module
from string import printable
from typing import Any

from chaos_llm.protocol.keyed_random import KeyedRandom

# The parser that `re` itself uses; private by name, and read the same way since Python 2.
_parse = import_module("re._parser").parse
_ALPHABET = printable[:95]  # letters, digits, punctuation and the space
_TRIES = 12
_CATEGORIES = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}


def matching(
    pattern: str, rng: KeyedRandom, shortest: int = 0, longest: int = 1 << 20
) -> str | None:
    """A text that the pattern is found in, within these lengths; None where it is too hard."""
    try:
        parsed = _parse(pattern)
        for attempt in range(_TRIES):
            text = _Text(rng, spread=1 << attempt).written(parsed)
            if shortest <= len(text) <= longest and re.search(pattern, text):
                return text
    except (re.error, NotImplementedError):
        pass
    return None


class _Text:
    """One attempt; `spread` is how far a repetition goes beyond its least number."""

    def __init__(self, rng: KeyedRandom, spread: int) -> None:
        self._die, self._spread = rng, spread
        self._groups: dict[int, str] = {}

    def written(self, parsed: Any) -> str:
        return "".join(self._part(str(name), value) for name, value in parsed)

    def _part(self, name: str, value: Any) -> str:  # noqa: PLR0911 - one return for each node
        match name:
            case "LITERAL":
                return chr(value)
            case "ANY":
                return self._die.choose(_ALPHABET)
            case "NOT_LITERAL":
                return self._one_of([("NEGATE", None), ("LITERAL", value)])
            case "IN":
                return self._one_of(value)
            case "BRANCH":
                return self.written(self._die.choose(value[1]))
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                return self._repeated(*value)
            case "SUBPATTERN":
                text = self.written(value[-1])
                self._groups[value[0]] = text
                return text
            case "GROUPREF":
                return self._groups.get(value, "")
            case "AT" | "ASSERT" | "ASSERT_NOT":
                return ""  # they write nothing; whether they hold is seen at the end
        raise NotImplementedError(name)

    def _repeated(self, least: int, most: int, parsed: Any) -> str:
        most = min(int(most), least + self._spread)
        count = least + int(self._die.roll() * (most - least + 1))
        return "".join(self.written(parsed) for _ in range(count))

    def _one_of(self, items: Any) -> str:
        negated = str(items[0][0]) == "NEGATE"
        members = "".join(_members(str(name), value) for name, value in items)
        if negated:
            members = "".join(letter for letter in _ALPHABET if letter not in members)
        if not members:
            raise NotImplementedError("an empty class")
        return self._die.choose(members)


def _members(name: str, value: Any) -> str:
    if name == "LITERAL":
        return chr(value)
    if name == "RANGE":
        return "".join(map(chr, range(value[0], min(value[1], value[0] + 255) + 1)))
    if name == "CATEGORY":
        _, _, word = str(value).rpartition("_")
        found = re.findall(_CATEGORIES[word], _ALPHABET)
        if "NOT" in str(value):
            found = [letter for letter in _ALPHABET if letter not in found]
        return "".join(found)
    return ""
