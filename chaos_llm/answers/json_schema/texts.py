"""Generates strings inside the bounds of a schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from chaos_llm.answers.json_schema import regular_expressions
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
