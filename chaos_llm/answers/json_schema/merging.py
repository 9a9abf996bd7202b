"""Merges two schemas into one that requires what both require."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import lcm
from typing import Any

from chaos_llm.answers.json_schema.budget import Budget


def merged(one: Mapping[str, Any], other: Mapping[str, Any], budget: Budget) -> dict[str, Any]:
    """Merge two schemas; a keyword that cannot be merged is the first schema's. Raises TooHard."""
    both = dict(one)
    budget.spend((len(one) + len(other)) >> 2)
    for key, value in other.items():
        if key in both:
            budget.spend(_price(key, both[key], value))
            both[key] = _MERGES.get(key, _first)(both[key], value)
        else:
            both[key] = value
    return both


def _price(key: str, one: Any, other: Any) -> int:
    """The steps of a merge: choices multiply, lists are compared by item, all else is cheap."""
    if not isinstance(one, list | dict) or not isinstance(other, list | dict):
        return 0
    if key in ("anyOf", "oneOf"):
        return len(one) * len(other)
    if key in ("enum", "required"):
        return len(one) * len(other) >> 4
    return (len(one) + len(other)) >> 2


def _first(one: Any, _other: Any) -> Any:
    return one


def _each(one: Any, other: Any) -> dict[str, Any]:
    return {"allOf": [one, other]}


def _by_name(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    return {**one, **{k: _each(one[k], v) if k in one else v for k, v in other.items()}}


def _united(one: list[Any], other: list[Any]) -> list[Any]:
    return [*one, *(item for item in other if item not in one)]


def _common(one: list[Any], other: list[Any]) -> list[Any]:
    return [item for item in one if item in other]


def _common_types(one: str | list[str], other: str | list[str]) -> list[str]:
    ones, others = ([t] if isinstance(t, str) else t for t in (one, other))
    if "integer" in ones + others:  # an integer is a number, so the narrower type remains
        ones, others = (["integer" if t == "number" else t for t in ts] for ts in (ones, others))
    return _common(ones, others) or ["none in common"]


def _choices(one: list[Any], other: list[Any]) -> list[Any]:
    return [_each(a, b) for a in one for b in other]


def _multiple(one: float, other: float) -> float:
    return lcm(one, other) if isinstance(one, int) and isinstance(other, int) else max(one, other)


_MERGES: Mapping[str, Callable[[Any, Any], Any]] = {
    "properties": _by_name,
    "patternProperties": _by_name,
    "$defs": _by_name,
    "required": _united,
    "allOf": lambda one, other: [*one, *other],
    "anyOf": _choices,
    "oneOf": _choices,
    "items": _each,
    "additionalProperties": _each,
    "not": lambda one, other: {"anyOf": [one, other]},
    "enum": _common,
    "type": _common_types,
    "multipleOf": _multiple,
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
}
