"""Searches a text for a regular expression without backtracking, in bounded time.

`re` backtracks, so `^(.*)*x$` takes for ever on thirty letters. Here a set of positions moves
through the pattern once. The set is an integer whose bit n stands for position n, so a step is a
shift or an AND for all positions together. Back-references cannot be matched like that; a pattern
with one is `Unsupported`.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib import import_module
from typing import Any

from chaos_llm.answers.json_schema.budget import Budget

LONGEST_PATTERN = 2_000  # letters; the longest in public tool schemas are a few hundred
_TO_PARSE = 60  # steps to parse any pattern; each letter costs one more
_WORDS_A_STEP = 8  # 64-bit words of a position set moved in about a microsecond

# The parser that `re` itself uses. It is private, but has been the same since Python 2.
_parse = import_module("re._parser").parse

Node = tuple[Any, Any]


class Unsupported(Exception):
    """A pattern that cannot be parsed, or not be matched without backtracking."""


def parsed(pattern: str, budget: Budget) -> tuple[tuple[Node, ...], int]:
    """The syntax tree of a pattern and its flags; raises Unsupported if `re` cannot parse it."""
    found: tuple[tuple[Node, ...], int] | None = budget.patterns.get(pattern)
    if found is None:
        budget.spend(_TO_PARSE + min(len(pattern), LONGEST_PATTERN))
        found = budget.patterns[pattern] = _parsed(pattern)
    return found


@lru_cache(maxsize=128)
def _parsed(pattern: str) -> tuple[tuple[Node, ...], int]:
    if len(pattern) > LONGEST_PATTERN:
        raise Unsupported(f"longer than {LONGEST_PATTERN} letters")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # `re` warns of sets whose meaning may change
        try:
            tree = _parse(pattern)
        except (re.error, RecursionError, OverflowError) as error:
            raise Unsupported(str(error)) from None
    return tuple(tree), tree.state.flags


def is_found(pattern: str, text: str, budget: Budget) -> bool:
    """Whether the pattern is found in the text; raises Unsupported or TooHard."""
    tree, flags = parsed(pattern, budget)
    positions = _Positions(text, budget)
    return bool(positions.after(tree, positions.everywhere, flags))


class _Positions:
    """Computes the positions in one text at which parts of a pattern match."""

    def __init__(self, text: str, budget: Budget) -> None:
        self._text, self._budget = text, budget
        self.everywhere = (1 << (len(text) + 1)) - 1
        self._price = 1 + len(text) // (64 * _WORDS_A_STEP)
        self._letters: dict[tuple[object, ...], int] = {}

    def after(self, tree: Any, starts: int, flags: int) -> int:
        """The positions at which a sequence of nodes can end that begins at one of `starts`."""
        for name, value in tree:
            if not starts:
                return 0
            self._budget.spend(self._price)
            starts = self._step(str(name), value, starts, flags)
        return starts

    def _step(  # noqa: PLR0911 - one return for each kind of node
        self, name: str, value: Any, starts: int, flags: int
    ) -> int:
        match name:
            case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN":
                return (starts & self._matching(name, value, flags)) << 1
            case "BRANCH":
                ends = 0
                for branch in value[1]:
                    ends |= self.after(branch, starts, flags)
                return ends
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                return self._repeated(value, starts, flags)
            case "SUBPATTERN":
                _, added, removed, inner = value
                return self.after(inner, starts, (flags | added) & ~removed)
            case "ATOMIC_GROUP":
                return self.after(value, starts, flags)
            case "ASSERT" | "ASSERT_NOT":
                return self._asserted(value, starts, flags, wanted=name == "ASSERT")
            case "AT":
                return starts & self._boundary(str(value), flags)
        raise Unsupported(f"{name.lower()} cannot be matched without backtracking")

    def _repeated(self, value: Any, starts: int, flags: int) -> int:
        """Positions after `least` to `most` repetitions; a loop ends if its set stays the same."""
        least, most, inner = value
        for _ in range(int(least)):
            ends = self.after(inner, starts, flags)
            if ends == starts or not ends:
                starts = ends
                break
            starts = ends
        reached = front = starts
        for _ in range(int(most) - int(least)):
            front = self.after(inner, front, flags) & ~reached
            if not front:
                break
            reached |= front
        return reached

    def _asserted(self, value: Any, starts: int, flags: int, *, wanted: bool) -> int:
        direction, inner = value
        width = inner.getwidth()[0] if direction < 0 else 0  # `re` allows only a fixed width
        kept = 0
        for position in _bits(starts):
            begin = position - width
            ends = self.after(inner, 1 << begin, flags) if begin >= 0 else 0
            holds = bool(ends >> position & 1) if direction < 0 else bool(ends)
            if holds is wanted:
                kept |= 1 << position
        return kept

    def _boundary(self, name: str, flags: int) -> int:
        """The positions at which an anchor matches."""
        text, end = self._text, len(self._text)
        match name:
            case "AT_BEGINNING" if flags & re.MULTILINE:
                return 1 | self._where(lambda letter: letter == "\n") << 1
            case "AT_BEGINNING" | "AT_BEGINNING_STRING":
                return 1
            case "AT_END" if flags & re.MULTILINE:
                return 1 << end | self._where(lambda letter: letter == "\n")
            case "AT_END":
                return 1 << end | (1 << (end - 1) if text[-1:] == "\n" else 0)
            case "AT_END_STRING":
                return 1 << end
            case "AT_BOUNDARY" | "AT_NON_BOUNDARY":
                words = self._where(_is_word)
                at_boundary = words ^ words << 1
                return at_boundary if name == "AT_BOUNDARY" else self.everywhere & ~at_boundary
        raise Unsupported(name)

    def _matching(self, name: str, value: Any, flags: int) -> int:
        """The positions whose letter a one-letter node matches; computed once for each node."""
        key = (name, id(value) if name == "IN" else value, flags)
        if key not in self._letters:
            self._letters[key] = self._where(_letter_matcher(name, value, flags))
        return self._letters[key]

    def _where(self, matches: Callable[[str], bool]) -> int:
        self._budget.spend(1 + len(self._text) // 4)
        matched = {letter: matches(letter) for letter in set(self._text)}
        return int("".join("1" if matched[c] else "0" for c in reversed(self._text)) or "0", 2)


def _bits(positions: int) -> Iterator[int]:
    while positions:
        lowest = positions & -positions
        yield lowest.bit_length() - 1
        positions ^= lowest


def _letter_matcher(name: str, value: Any, flags: int) -> Callable[[str], bool]:
    """A function that says whether a one-letter node matches a letter."""
    if name == "ANY":
        return lambda letter: bool(flags & re.DOTALL) or letter != "\n"
    items = value if name == "IN" else [("LITERAL", value)]
    negated = name == "NOT_LITERAL" or (name == "IN" and str(items[0][0]) == "NEGATE")

    def matches(letter: str) -> bool:
        forms = {letter, letter.lower(), letter.upper()} if flags & re.IGNORECASE else {letter}
        hit = any(_is_in(str(kind), item, form) for kind, item in items for form in forms)
        return hit is not negated

    return matches


def _is_in(kind: str, item: Any, letter: str) -> bool:
    match kind:
        case "LITERAL":
            return len(letter) == 1 and ord(letter) == item
        case "RANGE":
            return len(letter) == 1 and item[0] <= ord(letter) <= item[1]
        case "CATEGORY":
            _, _, word = str(item).rpartition("_")
            return _CATEGORIES[word](letter) is not ("_NOT_" in str(item))
    return False


def _is_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


_CATEGORIES: dict[str, Callable[[str], bool]] = {
    "DIGIT": str.isdecimal,
    "SPACE": str.isspace,
    "WORD": _is_word,
}
