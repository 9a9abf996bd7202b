"""Bytes with gaps, into which texts and numbers are filled."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

SHORTEST_ID, _SHORTEST_GAP = 8, 7  # letters; fewer could be in a body by chance

Filling = bytes | int | float  # what is filled into a gap; of a float its whole seconds


class Template(NamedTuple):
    """Bytes with gaps, and what picks the fillings for them, in their order."""

    constant: bytes
    pick: Callable[[list[Filling]], tuple[Filling, ...]]

    def filled(self, fillings: list[Filling]) -> bytes:
        return self.constant % self.pick(fillings)


def gap_for(filling: Filling) -> bytes:
    """The gap for such a filling."""
    return b"%b" if isinstance(filling, bytes) else b"%d"


def in_bytes(fillings: list[Filling]) -> list[bytes]:
    """Fillings as they appear; zero is none."""
    return [gap_for(filling) % filling if filling else b"" for filling in fillings]


def with_gaps(text: bytes, fillings: list[Filling]) -> Template:
    """A template of a text, with a gap for each of the fillings in it."""
    texts = in_bytes(fillings)
    places = {found: at for at, found in enumerate(texts) if len(found) >= _SHORTEST_GAP}
    longest_first = sorted(places, key=len, reverse=True)
    pattern = re.compile(b"|".join(re.escape(found) for found in longest_first))
    order = [places[found] for found in pattern.findall(text)]
    first, *others = (escaped(part) for part in pattern.split(text))
    gaps = [gap_for(fillings[place]) for place in order]
    rest = [gap + constant for gap, constant in zip(gaps, others, strict=True)]
    return Template(b"".join((first, *rest)), picker(order))


def picker(places: Sequence[int | slice]) -> Callable[[Any], tuple[Any, ...]]:
    """What picks what is at some places; `itemgetter` does it where there are several."""
    if len(places) > 1:
        return itemgetter(*places)
    if not places:
        return lambda _all: ()
    (place,) = places
    return lambda of_all: (of_all[place],)


def escaped(constant: bytes) -> bytes:
    """Bytes as they are written in a template."""
    return constant.replace(b"%", b"%%")
