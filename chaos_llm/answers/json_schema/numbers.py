"""Generates numbers inside the bounds of a schema."""

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
_WHOLE_FROM = 2  # width of a range; in a narrower one, such as 0 to 1, fractions are meant
_EXACT = 1 << 53  # up to this number a float represents every whole number


def numbers(schema: Mapping[str, Any], rng: KeyedRandom, *, whole: bool) -> Iterator[float]:
    """Yield numbers between the bounds, ends included; multiples if the schema asks for them."""
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
    """Whole numbers first, if the range is wide: many tools with a "number" accept no fraction."""
    drawn = low + (high - low) * rng.roll()
    if high - low >= _WHOLE_FROM:
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
    # In floats, 3 * 0.1 is no multiple of 0.1; zero and powers of two times 0.1 are.
    powers = (sign << n for n in range(60) for sign in (1, -1) if least <= sign << n <= most)
    for count in chain(drawn, near, (most,), powers):
        value = step * count
        yield value.numerator if value.denominator == 1 else float(value)


def _below(count: int, rng: KeyedRandom) -> int:
    """A whole number from 0 to below `count`, which may be more than a float can hold."""
    if count <= _EXACT:
        return int(rng.roll() * count)
    return rng.number(53) * count >> 53
