"""Numbers and texts that are valid against a schema."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain
from typing import Any
from uuid import UUID

from chaos_llm.answers.json_schema import regular_expressions
from chaos_llm.answers.json_schema.acceptance import limits_of
from chaos_llm.answers.json_schema.budget import Budget
from chaos_llm.answers.json_schema.patterns import matching
from chaos_llm.answers.json_schema.regular_expressions import Unsupported
from chaos_llm.protocol.keyed_random import KeyedRandom

_HEX = "0123456789abcdef"
_LONGEST = 1 << 20
_TRIES = 10
_LETTERS_A_STEP = 64  # letters of text in one step of a budget, with the time to send them


def _two(rng: KeyedRandom, low: int, high: int) -> str:
    return f"{low + int(rng.roll() * (high - low + 1)):02}"


def _date(rng: KeyedRandom) -> str:
    return f"2026-{_two(rng, 1, 12)}-{_two(rng, 1, 28)}"


def _time(rng: KeyedRandom) -> str:
    return f"{_two(rng, 0, 23)}:{_two(rng, 0, 59)}:{_two(rng, 0, 59)}Z"


_FORMATS: Mapping[str, Callable[[KeyedRandom], str]] = {
    "date": _date,
    "time": _time,
    "date-time": lambda rng: f"{_date(rng)}T{_time(rng)}",
    "duration": lambda rng: f"PT{_two(rng, 1, 59)}M",
    "email": lambda rng: f"user{_two(rng, 10, 99)}@example.com",
    "hostname": lambda rng: f"host{_two(rng, 10, 99)}.example.com",
    "uri": lambda rng: f"https://example.com/{rng.letters(6, _HEX)}",
    "uri-reference": lambda rng: f"/{rng.letters(6, _HEX)}",
    "uuid": lambda rng: str(UUID(int=rng.number(128), version=4)),
    "ipv4": lambda rng: f"192.0.2.{1 + int(rng.roll() * 254)}",
    "ipv6": lambda rng: f"2001:db8::{1 + int(rng.roll() * 9998):x}",
}
_SAME_AS = {"url": "uri", "idn-email": "email", "idn-hostname": "hostname", "iri": "uri"}


def texts(
    schema: Mapping[str, Any], rng: KeyedRandom, phrases: Sequence[str], budget: Budget
) -> Iterator[str]:
    """Yield strings: of the format or pattern, else the `phrases` that fit, else adjusted ones."""
    low, high = int(schema.get("minLength", 0)), int(schema.get("maxLength", _LONGEST))
    named = str(schema.get("format", ""))
    form = _FORMATS.get(_SAME_AS.get(named, named))
    if form is not None:
        yield from (form(rng) for _ in range(_TRIES))
    pattern = schema.get("pattern")
    fitting = (phrase for phrase in phrases if low <= len(phrase) <= high)
    yield from (text for text in fitting if pattern is None or _found(pattern, text, budget))
    if pattern is not None:
        drawn = (matching(pattern, rng, budget, low, high) for _ in range(_TRIES))
        yield from (text for text in drawn if text is not None)
    longest = max(phrases, key=len, default="") or "-"
    if len(longest) < low:
        budget.spend(low // _LETTERS_A_STEP)
        longest = f"{longest} " * (low // len(longest)) + longest
    yield longest[:high]
    yield from (f"{longest[: high - 3]} {number}" for number in range(2, 2 + _TRIES))


def _found(pattern: str, text: str, budget: Budget) -> bool:
    try:
        return regular_expressions.is_found(pattern, text, budget)
    except Unsupported:
        return False


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
