"""Numbers inside the bounds of a schema."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import chain
from typing import Any

from chaos_llm.answers.json_schema.acceptance import limits_of
from chaos_llm.protocol.keyed_random import KeyedRandom

_WIDTH = 100  # of a range that the schema leaves open at one end
_TRIES = 20
_ROOM = 2  # a narrower range, as of a share from 0 to 1, is about its fractions
_EXACT = 1 << 53  # up to here a float holds every whole number


def numbers(schema: Mapping[str, Any], rng: KeyedRandom, *, whole: bool) -> Iterator[float]:
    """Numbers that lie between the bounds, multiples where asked for; not all exclude the ends."""
    step = schema.get("multipleOf", 1 if whole else None)
    low, high = _bounds(schema, step or 1)
    if low > high:
        return
    if step is None:
        yield from _between(low, high, rng)
    else:
        exact = Fraction(str(step))
        exact = Fraction(exact.numerator) if whole else exact
        yield from _multiples(low, high, exact, rng)


def _bounds(schema: Mapping[str, Any], step: float) -> tuple[float, float]:
    bounds = limits_of(schema)
    lows = [bounds[key] for key in ("minimum", "exclusiveMinimum") if key in bounds]
    highs = [bounds[key] for key in ("maximum", "exclusiveMaximum") if key in bounds]
    if not lows:
        lows = [1 if not highs or min(highs) >= 1 else min(highs) - _WIDTH * step]
    low = max(lows)
    return low, min(highs, default=low + _WIDTH * step)


def _between(low: float, high: float, rng: KeyedRandom) -> Iterator[float]:
    """Whole numbers where the range has room: many a tool that says "number" takes no fraction."""
    drawn = low + (high - low) * rng.roll()
    if high - low >= _ROOM:
        yield round(drawn)
    yield round(drawn, 2)
    yield drawn
    yield (low + high) / 2
    yield low
    yield high


def _multiples(low: float, high: float, step: Fraction, rng: KeyedRandom) -> Iterator[float]:
    least, most = math.ceil(Fraction(low) / step), math.floor(Fraction(high) / step)
    if least > most:
        return
    near = range(least, min(most, least + _TRIES) + 1)
    drawn = (least + _below(most - least + 1, rng) for _ in range(_TRIES))
    # As a float, 3 * 0.1 is no multiple of 0.1; zero and the powers of two always are.
    powers = (sign << n for n in range(60) for sign in (1, -1) if least <= sign << n <= most)
    for count in chain(drawn, near, (most,), powers):
        value = step * count
        yield value.numerator if value.denominator == 1 else float(value)


def _below(count: int, rng: KeyedRandom) -> int:
    """A whole number from 0 to below `count`, which may be more than a float can hold."""
    if count <= _EXACT:
        return int(rng.roll() * count)
    return rng.number(53) * count >> 53
