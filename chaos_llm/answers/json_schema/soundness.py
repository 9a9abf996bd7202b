"""Checks that a value is a JSON schema, and small enough for a request.

The messages are those of Python's `jsonschema`, which OpenAI's refusals contain ("[] is not of type
'object', 'boolean'"). Only the keywords that `instances` uses are checked: unknown keywords are
accepted, as by the vendors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from math import isfinite
from typing import Any

MOST_PARTS = 6_000  # schemas of one request; OpenAI allows 5,000 properties and 1,000 options
_NAMES_A_PART = 8  # enum options or required names that count as one schema
DEEPEST = 100  # levels of schemas; OpenAI allows 10
LONGEST_TEXT = 100_000  # letters of minLength: more than any model's answer has
MOST_ITEMS = 1_000  # items, or properties, that a schema may require
_LARGEST = 1e300  # a larger number could leave the range of floats when it is doubled
_SHOWN = 80  # letters of a value in a message

_TYPES = frozenset(("null", "boolean", "integer", "number", "string", "array", "object"))
_SCHEMAS = ("items", "additionalProperties", "not", "contains", "propertyNames", "additionalItems")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS = ("properties", "patternProperties", "$defs", "definitions")
_COUNTS = {
    "minLength": LONGEST_TEXT,
    "minItems": MOST_ITEMS,
    "minContains": MOST_ITEMS,
    "minProperties": MOST_ITEMS,
    "maxLength": None,
    "maxItems": None,
    "maxContains": None,
    "maxProperties": None,
}
_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def problem(schema: object, parts: int = MOST_PARTS) -> tuple[str, int]:
    """The first mistake in a schema, "" for none, and how many of `parts` are left."""
    waiting: list[tuple[object, int]] = [(schema, 1)]
    while waiting:
        part, depth = waiting.pop()
        parts -= 1
        if isinstance(part, bool):
            continue
        if not isinstance(part, Mapping):
            return _is_not_of(part, "'object', 'boolean'"), parts
        if wrong := _wrong_keyword(part):
            return wrong, parts
        parts -= (len(part.get("enum", ())) + len(part.get("required", ()))) // _NAMES_A_PART
        inner = list(islice(_inner(part), max(0, parts) + 1))
        if parts < len(inner):
            return f"it has more than {MOST_PARTS} parts", parts
        if inner and depth >= DEEPEST:
            return f"it is more than {DEEPEST} levels deep", parts
        waiting.extend((each, depth + 1) for each in inner)
    return "", parts


def _inner(schema: Mapping[str, Any]) -> Iterator[object]:
    """The schemas directly inside one."""
    for key in schema.keys() & _WITH_SCHEMAS:
        value = schema[key]
        if key in _MAPS:
            yield from value.values()
        elif key in _LISTS or (key == "items" and isinstance(value, list)):
            yield from value
        else:
            yield value


_WITH_SCHEMAS = {*_SCHEMAS, *_LISTS, *_MAPS}


def _wrong_keyword(schema: Mapping[str, Any]) -> str:
    for key in schema.keys() & _RULES.keys():
        if wrong := _RULES[key](schema[key]):
            return wrong
    return ""


def _type(value: object) -> str:
    named = value if isinstance(value, list) else [value]
    if all(isinstance(name, str) and name.lower() in _TYPES for name in named) and named:
        return ""
    return f"{_shown(value)} is not valid under any of the given schemas"


def _list(value: object) -> str:
    return "" if isinstance(value, list | tuple) else _is_not_of(value, "'array'")


def _map(value: object) -> str:
    if not isinstance(value, Mapping):
        return _is_not_of(value, "'object'")
    odd = next((key for key in value if not isinstance(key, str)), None)
    return "" if odd is None else _is_not_of(odd, "'string'")


def _names(value: object) -> str:
    if not isinstance(value, list | tuple):
        return _is_not_of(value, "'array'")
    odd = next((name for name in value if not isinstance(name, str)), None)
    return "" if odd is None else _is_not_of(odd, "'string'")


def _text(value: object) -> str:
    return "" if isinstance(value, str) else _is_not_of(value, "'string'")


def _number(value: object) -> str:
    if isinstance(value, bool):
        return ""  # until draft 4 an exclusive bound was a flag
    return _finite(value)


def _finite(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _is_not_of(value, "'number'")
    if not abs(value) <= _LARGEST:
        return f"{_shown(value)} is not a number in the range of JSON parsers"
    return ""


def _step(value: object) -> str:
    if wrong := _finite(value):
        return wrong
    assert isinstance(value, int | float)
    return "" if value > 0 else f"{_shown(value)} is less than or equal to the minimum of 0"


def _count(most: int | None) -> Callable[[object], str]:
    def rule(value: object) -> str:
        if isinstance(value, float) and isfinite(value) and value == int(value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            return _is_not_of(value, "'integer'")
        if value < 0:
            return f"{_shown(value)} is less than the minimum of 0"
        if most is not None and value > most:
            return f"{_shown(value)} is greater than the maximum of {most}"
        return ""

    return rule


def _is_not_of(value: object, types: str) -> str:
    return f"{_shown(value)} is not of type {types}"


def _shown(value: object) -> str:
    if isinstance(value, int) and abs(value) > _LARGEST:
        return f"a number of {value.bit_length()} bits"
    text = repr(value) if isinstance(value, str | float | int | None) else _outline(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _outline(value: object) -> str:
    if isinstance(value, list | dict) and not value:
        return repr(value)
    import reprlib  # noqa: PLC0415 - only for invalid schemas

    return reprlib.repr(value)


_RULES: Mapping[str, Callable[[object], str]] = {
    "type": _type,
    "enum": _list,
    "required": _names,
    "pattern": _text,
    "$ref": _text,
    "multipleOf": _step,
    **dict.fromkeys(_NUMBERS, _number),
    **dict.fromkeys(_LISTS, _list),
    **dict.fromkeys(_MAPS, _map),
    **{key: _count(most) for key, most in _COUNTS.items()},
}
