"""Generates texts that match a regular expression."""

from __future__ import annotations

import re
from string import printable
from typing import Any

from chaos_llm.answers.json_schema import regular_expressions
from chaos_llm.answers.json_schema.budget import Budget
from chaos_llm.answers.json_schema.regular_expressions import Unsupported
from chaos_llm.protocol.keyed_random import KeyedRandom

_ALPHABET = printable[:95]  # letters, digits, punctuation and the space
_TRIES = 12
_CATEGORIES = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}
_LETTERS_A_STEP = 8  # letters joined in about a microsecond
_LONGEST = 1 << 20
_MEMBERS = 255  # letters of a range, from its first, that are drawn from
_SURROGATES = range(0xD800, 0xE000)


def matching(
    pattern: str, rng: KeyedRandom, budget: Budget, shortest: int = 0, longest: int = _LONGEST
) -> str | None:
    """Generate a text with a match of the pattern, within these lengths; None if none was found.

    Raises TooHard if the budget is spent.
    """
    try:
        tree, _ = regular_expressions.parsed(pattern, budget)
        for attempt in range(_TRIES):
            text = _Text(rng, budget, spread=1 << attempt).written(tree)
            if shortest <= len(text) <= longest and _is_match(pattern, text, budget):
                return text
    except (Unsupported, NotImplementedError, RecursionError):
        pass
    return None


def _is_match(pattern: str, text: str, budget: Budget) -> bool:
    """Whether the pattern matches, with the anchors and assertions that generation ignores."""
    try:
        return regular_expressions.is_found(pattern, text, budget)
    except Unsupported:
        return True  # a back-reference: the text was generated with the same group


class _Text:
    """One attempt; `spread` is how many more than its minimum a repetition may have."""

    def __init__(self, rng: KeyedRandom, budget: Budget, spread: int) -> None:
        self._rng, self._budget, self._spread = rng, budget, spread
        self._groups: dict[int, str] = {}

    def written(self, tree: Any) -> str:
        parts = []
        for name, value in tree:
            self._budget.spend()
            parts.append(self._part(str(name), value))
        return "".join(parts)

    def _part(  # noqa: C901, PLR0911 - one return for each kind of node
        self, name: str, value: Any
    ) -> str:
        match name:
            case "LITERAL":
                return _letter(value)
            case "ANY":
                return self._rng.choose(_ALPHABET)
            case "NOT_LITERAL":
                return self._one_of([("NEGATE", None), ("LITERAL", value)])
            case "IN":
                return self._one_of(value)
            case "BRANCH":
                return self.written(self._rng.choose(value[1]))
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                return self._repeated(*value)
            case "SUBPATTERN":
                text = self.written(value[-1])
                self._groups[value[0]] = text
                return text
            case "ATOMIC_GROUP":
                return self.written(value)
            case "GROUPREF":
                text = self._groups.get(value, "")
                self._budget.spend(len(text) // _LETTERS_A_STEP)
                return text
            case "AT" | "ASSERT" | "ASSERT_NOT":
                return ""  # they add no text; the match at the end checks them
        raise NotImplementedError(name)

    def _repeated(self, least: int, most: int, tree: Any) -> str:
        most = min(int(most), least + self._spread)
        count = least + int(self._rng.roll() * (most - least + 1))
        return "".join(self.written(tree) for _ in range(count))

    def _one_of(self, items: Any) -> str:
        negated = str(items[0][0]) == "NEGATE"
        members = "".join(_members(str(name), value) for name, value in items)
        if negated:
            members = "".join(letter for letter in _ALPHABET if letter not in members)
        if not members:
            raise NotImplementedError("an empty class")
        return self._rng.choose(members)


def _letter(code: int) -> str:
    if code in _SURROGATES:
        raise NotImplementedError("a lone surrogate, which UTF-8 cannot encode")
    return chr(code)


def _members(name: str, value: Any) -> str:
    if name == "LITERAL":
        return _letter(value)
    if name == "RANGE":
        codes = range(value[0], min(value[1], value[0] + _MEMBERS) + 1)
        return "".join(chr(code) for code in codes if code not in _SURROGATES)
    if name == "CATEGORY":
        _, _, word = str(value).rpartition("_")
        found = re.findall(_CATEGORIES[word], _ALPHABET)
        if "NOT" in str(value):
            found = [letter for letter in _ALPHABET if letter not in found]
        return "".join(found)
    return ""
