"""Validates values against a JSON schema, for the keywords that apps send to LLMs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import isfinite
from typing import Any

from chaos_llm.answers.json_schema import regular_expressions
from chaos_llm.answers.json_schema.budget import Budget, TooHard
from chaos_llm.answers.json_schema.references import follow
from chaos_llm.answers.json_schema.regular_expressions import Unsupported

STEPS = 15_000  # of a budget for one schema: well under a tenth of a second

_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: _is_number(value) and value == int(value),
    "number": lambda value: _is_number(value),  # noqa: PLW0108 - defined below
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
_LETTERS_A_STEP = 64  # letters compared in one step of a budget


def types_of(schema: Mapping[str, Any]) -> list[str]:
    """The types that a schema names; Gemini writes them in upper case, OpenAPI adds `nullable`."""
    named = schema.get("type", [])
    types = [name.lower() for name in ([named] if isinstance(named, str) else named)]
    return [*types, "null"] if types and schema.get("nullable") is True else types


def accepts(schema: Any, value: Any) -> bool:
    """Whether the value is valid; False if the budget is too small to decide."""
    try:
        return Acceptance(schema, Budget(STEPS)).accepts(schema, value)
    except (TooHard, RecursionError):
        return False


class Acceptance:
    """Decides whether values are valid; `root` is the schema in which references are resolved.

    Raises TooHard if the budget is spent, and UsageError for a reference that does not resolve.
    """

    def __init__(self, root: Any, budget: Budget) -> None:
        self._root, self._budget = root, budget

    def accepts(self, schema: Any, value: Any) -> bool:
        self._budget.spend()
        if isinstance(schema, bool):
            return schema
        types = types_of(schema)
        if types and not any(_TYPES[name](value) for name in types if name in _TYPES):
            return False
        if "const" in schema and not self.same(schema["const"], value):
            return False
        if "enum" in schema and not any(self.same(option, value) for option in schema["enum"]):
            return False
        return self._accepts_parts(schema, value) and self._accepts_by_type(schema, value)

    def _accepts_parts(self, schema: Mapping[str, Any], value: Any) -> bool:
        if "$ref" in schema and not self.accepts(follow(self._root, schema["$ref"]), value):
            return False
        if not all(self.accepts(part, value) for part in schema.get("allOf", ())):
            return False
        if "anyOf" in schema and not any(self.accepts(part, value) for part in schema["anyOf"]):
            return False
        if "oneOf" in schema and sum(self.accepts(part, value) for part in schema["oneOf"]) != 1:
            return False
        return "not" not in schema or not self.accepts(schema["not"], value)

    def _accepts_by_type(self, schema: Mapping[str, Any], value: Any) -> bool:
        if isinstance(value, str):
            return self._accepts_text(schema, value)
        if isinstance(value, list):
            return self._accepts_list(schema, value)
        if isinstance(value, dict):
            return self._accepts_object(schema, value)
        return not _is_number(value) or _accepts_number(schema, value)

    def _accepts_text(self, schema: Mapping[str, Any], text: str) -> bool:
        if not schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", len(text)):
            return False
        return "pattern" not in schema or self._is_found(schema["pattern"], text)

    def _is_found(self, pattern: str, text: str) -> bool:
        try:
            return regular_expressions.is_found(pattern, text, self._budget)
        except Unsupported:  # a pattern of JavaScript, or one with a back-reference
            return True

    def _accepts_list(self, schema: Mapping[str, Any], values: list[Any]) -> bool:
        if not schema.get("minItems", 0) <= len(values) <= schema.get("maxItems", len(values)):
            return False
        if schema.get("uniqueItems") and any(
            self.is_among(value, values[:at]) for at, value in enumerate(values)
        ):
            return False
        first, rest = tuple_items(schema)
        schemas = [*first, *[rest] * len(values)]
        return all(self.accepts(s, value) for s, value in zip(schemas, values, strict=False)) and (
            "contains" not in schema
            or sum(self.accepts(schema["contains"], value) for value in values)
            >= schema.get("minContains", 1)
        )

    def _accepts_object(self, schema: Mapping[str, Any], value: dict[str, Any]) -> bool:
        self._budget.spend(len(schema.get("required", ())) >> 3)
        if not all(name in value for name in schema.get("required", ())):
            return False
        most = schema.get("maxProperties", len(value))
        if not schema.get("minProperties", 0) <= len(value) <= most:
            return False
        return all(
            self.accepts(part, item)
            for name, item in value.items()
            for part in self.property_schemas(schema, name)
        )

    def property_schemas(self, schema: Mapping[str, Any], name: str) -> list[Any]:
        """The schemas that apply to the property of that name."""
        named = schema.get("properties", {})
        parts = [named[name]] if name in named else []
        patterns = schema.get("patternProperties", {})
        parts += [part for pattern, part in patterns.items() if self._is_found(pattern, name)]
        return parts or [schema.get("additionalProperties", True)]

    def is_among(self, value: Any, others: Iterable[Any]) -> bool:
        """Whether `value` equals one of `others`."""
        return any(self.same(value, other) for other in others)

    def same(self, one: Any, other: Any) -> bool:
        """Equality of JSON values: true is not 1, at any depth."""
        self._budget.spend()
        if isinstance(one, list) and isinstance(other, list):
            return len(one) == len(other) and all(map(self.same, one, other))
        if isinstance(one, dict) and isinstance(other, dict):
            return one.keys() == other.keys() and all(self.same(one[k], other[k]) for k in one)
        if isinstance(one, str):
            self._budget.spend(len(one) // _LETTERS_A_STEP)
        return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def tuple_items(schema: Mapping[str, Any]) -> tuple[list[Any], Any]:
    """The schemas of the first items, one each, and the schema of all further items."""
    items = schema.get("items", True)
    if isinstance(items, list):  # until draft 2019-09
        return items, schema.get("additionalItems", True)
    return list(schema.get("prefixItems", ())), items


def limits_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The bounds of a number by keyword; until draft 4 an exclusive bound was a flag."""
    bounds = {key: schema[key] for key in _BOUNDS if key in schema}
    for end in ("minimum", "maximum"):
        exclusive = f"exclusive{end.capitalize()}"
        flag = bounds.get(exclusive)
        if isinstance(flag, bool):
            del bounds[exclusive]
            if flag and end in bounds:
                bounds[exclusive] = bounds.pop(end)
    return bounds


def _accepts_number(schema: Mapping[str, Any], number: float) -> bool:
    bounds, step = limits_of(schema), schema.get("multipleOf")
    return (
        bounds.get("minimum", number) <= number <= bounds.get("maximum", number)
        and ("exclusiveMinimum" not in bounds or number > bounds["exclusiveMinimum"])
        and ("exclusiveMaximum" not in bounds or number < bounds["exclusiveMaximum"])
        and (step is None or _is_multiple(number, step))
    )


def _is_multiple(number: float, step: float) -> bool:
    try:
        count = number / step
    except OverflowError:  # an integer beyond the range of floats
        return False
    return isfinite(count) and count == int(count)


def _is_number(value: Any) -> bool:
    if isinstance(value, float):
        return isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
