"""Markers in texts, which work without any help from the app: tokens and references.

A token ("KX-48213") identifies the call that a text belongs to: prompts carry it, and answers
repeat it. A reference ("R7-20931-K") closes each answer; an answer without it was cut short.
"""

from __future__ import annotations

import re

from chaos_llm.protocol.keyed_random import KeyedRandom

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # without I and O, which people read as digits
_SIZE = len(_LETTERS)
_SHORT = 4096  # letters of a text in which a search from hyphen to hyphen is fastest
_MOST_HYPHENS = 1_000_000  # that are examined, at 30 ns each

# A lower-case letter in front is allowed: in JSON text it may be the "n" of an escaped line break.
_TOKEN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}-\d{5}(?!\d)")
REFERENCES = 10 * _SIZE * 100_000  # how many there are; each has a number below that
_HYPHEN = re.compile(r"-\d{5}(?!\d)")
_REFERENCE = re.compile(r"R\d-\d{5}-[A-Z](?![A-Za-z0-9])")


def token(rng: KeyedRandom) -> str:
    """Draw a new token for a prompt; it looks like an order number."""
    rest, digits = divmod(rng.number(64), 100_000)
    first, second = rest % _SIZE, rest // _SIZE % _SIZE
    return f"{_LETTERS[first]}{_LETTERS[second]}-{digits:05}"


def reference(rng: KeyedRandom) -> str:
    """Draw a new reference for the end of an answer; `find` finds no token in it."""
    return reference_from(rng.number(64))


def reference_from(number: int) -> str:
    """The reference for a number of 64 bits, of which a caller may use other bits for more."""
    rest, digits = divmod(number, 100_000)
    return f"R{rest % 10}-{digits:05}-{_LETTERS[rest // 10 % _SIZE]}"


def find(text: str) -> tuple[str, ...]:
    """The tokens of a text, each once, in the order of their first occurrence.

    Of a text with more than a million hyphens only both ends are searched, to bound the time.
    """
    if len(text) > _SHORT:
        return _find_in_long(text)
    # A search from hyphen to hyphen is a hundred times faster than one for letters.
    found: dict[str, None] = {}
    hyphen = text.find("-")
    while hyphen != -1:
        if hyphen >= 2 and (hit := _TOKEN.match(text, hyphen - 2)):
            found[hit[0]] = None
        hyphen = text.find("-", hyphen + 1)
    return tuple(found)


def _find_in_long(text: str) -> tuple[str, ...]:
    """The same for a long text, which may have too many hyphens for a loop in Python."""
    if text.count("-") > _MOST_HYPHENS:
        text = f"{text[: _MOST_HYPHENS // 2]}\n{text[-_MOST_HYPHENS // 2 :]}"
    hyphens = (hit.start() for hit in _HYPHEN.finditer(text))
    hits = (_TOKEN.match(text, hyphen - 2) for hyphen in hyphens if hyphen >= 2)
    return tuple(dict.fromkeys(hit[0] for hit in hits if hit))


def find_references(text: str) -> tuple[str, ...]:
    """The references of a text, each once, in the order of their first occurrence."""
    return tuple(dict.fromkeys(_REFERENCE.findall(text)))
