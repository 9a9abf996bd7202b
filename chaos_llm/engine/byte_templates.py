"""Bytes with gaps, into which texts are filled."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

SHORTEST_ID, _SHORTEST_GAP = 8, 7  # letters; fewer could be in a body by chance


class Template(NamedTuple):
    """Bytes with gaps, and what picks the texts for them, in their order."""

    constant: bytes
    texts_of: Callable[[list[bytes]], tuple[bytes, ...]]

    def filled(self, texts: list[bytes]) -> bytes:
        return self.constant % self.texts_of(texts)


def with_gaps(text: bytes, texts: list[bytes]) -> Template:
    """A template of a text, with a gap for each of the texts in it."""
    places = {found: at for at, found in enumerate(texts) if len(found) >= _SHORTEST_GAP}
    longest_first = sorted(places, key=len, reverse=True)
    pattern = re.compile(b"|".join(re.escape(found) for found in longest_first))
    order = [places[found] for found in pattern.findall(text)]
    constants = [part.replace(b"%", b"%%") for part in pattern.split(text)]
    return Template(b"%b".join(constants), picker(order))


def picker(places: Sequence[int | slice]) -> Callable[[Any], tuple[bytes, ...]]:
    """What picks what is at some places; `itemgetter` does it where there are several."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda texts: tuple(texts[place] for place in places)


def escaped(constant: bytes) -> bytes:
    """Bytes as they are written in a template."""
    return constant.replace(b"%", b"%%")
