"""Marks in texts that need no help from the app: a prompt's token and an answer's reference.

A token ("KX-48213") says which call a text belongs to: prompts carry it, answers echo it. A
reference ("R7-20931-K") closes each answer, so that a text without it was cut short.
"""

from __future__ import annotations

import re

from chaos_llm.protocol.keyed_random import KeyedRandom

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # without I and O, which people read as digits
_SIZE = len(_LETTERS)
_SHORT = 4096  # letters of a text in which looking from hyphen to hyphen is quickest
_MOST_HYPHENS = 1_000_000  # that are looked at, at 30 ns each

# A letter in front may be the "n" of an escaped line break, where the text is still JSON.
_TOKEN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}-\d{5}(?!\d)")
_HYPHEN = re.compile(r"-\d{5}(?!\d)")
_REFERENCE = re.compile(r"R\d-\d{5}-[A-Z](?![A-Za-z0-9])")


def token(rng: KeyedRandom) -> str:
    """A new token for a prompt, as natural as an order number."""
    rest, digits = divmod(rng.number(64), 100_000)
    first, second = rest % _SIZE, rest // _SIZE % _SIZE
    return f"{_LETTERS[first]}{_LETTERS[second]}-{digits:05}"


def reference(rng: KeyedRandom) -> str:
    """A new reference for the end of an answer; no token is found in it."""
    return spell_reference(rng.number(64))


def spell_reference(number: int) -> str:
    """The reference for a number of 64 bits; the same draw may be used for other choices, too."""
    rest, digits = divmod(number, 100_000)
    return f"R{rest % 10}-{digits:05}-{_LETTERS[rest // 10 % _SIZE]}"


def find(text: str) -> tuple[str, ...]:
    """The tokens of a text, each once, in the order of their first places.

    Only both ends of a text with more than a million hyphens are read, to bound the time.
    """
    if len(text) > _SHORT:
        return _find_in_long(text)
    # From hyphen to hyphen: a hundred times faster than a search for letters.
    found: dict[str, None] = {}
    hyphen = text.find("-")
    while hyphen != -1:
        if hyphen >= 2 and (hit := _TOKEN.match(text, hyphen - 2)):
            found[hit[0]] = None
        hyphen = text.find("-", hyphen + 1)
    return tuple(found)


def _find_in_long(text: str) -> tuple[str, ...]:
    """The same, where there may be too many hyphens to look at each in Python."""
    if text.count("-") > _MOST_HYPHENS:
        text = f"{text[: _MOST_HYPHENS // 2]}\n{text[-_MOST_HYPHENS // 2 :]}"
    hyphens = (hit.start() for hit in _HYPHEN.finditer(text))
    hits = (_TOKEN.match(text, hyphen - 2) for hyphen in hyphens if hyphen >= 2)
    return tuple(dict.fromkeys(hit[0] for hit in hits if hit))


def find_references(text: str) -> tuple[str, ...]:
    """The references of a text, each once, in the order of their first places."""
    return tuple(dict.fromkeys(_REFERENCE.findall(text)))
