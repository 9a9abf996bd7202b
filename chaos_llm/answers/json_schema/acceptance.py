"""Whether a value is valid against a JSON schema, for the keywords that apps send to LLMs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from chaos_llm.answers.json_schema.references import follow

_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: _is_number(value) and value == int(value),
    "number": lambda value: _is_number(value),  # noqa: PLW0108 - defined below
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


def types_of(schema: Mapping[str, Any]) -> list[str]:
    """The types that a schema names; Gemini writes them in upper case, OpenAPI adds `nullable`."""
    named = schema.get("type", [])
    types = [name.lower() for name in ([named] if isinstance(named, str) else named)]
    return [*types, "null"] if types and schema.get("nullable") is True else types


def accepts(schema: Any, value: Any, root: Any = None) -> bool:
    """Whether the value is valid; `root` is the schema that references are followed in."""
    if isinstance(schema, bool):
        return schema
    root = schema if root is None else root
    types = types_of(schema)
    if types and not any(_TYPES[name](value) for name in types if name in _TYPES):
        return False
    if "const" in schema and not _same(schema["const"], value):
        return False
    if "enum" in schema and not any(_same(option, value) for option in schema["enum"]):
        return False
    return _accepts_parts(schema, value, root) and _accepts_by_type(schema, value, root)


def _accepts_parts(schema: Mapping[str, Any], value: Any, root: Any) -> bool:
    if "$ref" in schema and not accepts(follow(root, schema["$ref"]), value, root):
        return False
    if not all(accepts(part, value, root) for part in schema.get("allOf", ())):
        return False
    if "anyOf" in schema and not any(accepts(part, value, root) for part in schema["anyOf"]):
        return False
    if "oneOf" in schema and sum(accepts(part, value, root) for part in schema["oneOf"]) != 1:
        return False
    return "not" not in schema or not accepts(schema["not"], value, root)


def _accepts_by_type(schema: Mapping[str, Any], value: Any, root: Any) -> bool:
    if isinstance(value, str):
        return _accepts_text(schema, value)
    if isinstance(value, list):
        return _accepts_list(schema, value, root)
    if isinstance(value, dict):
        return _accepts_object(schema, value, root)
    return not _is_number(value) or _accepts_number(schema, value)


def _accepts_text(schema: Mapping[str, Any], text: str) -> bool:
    if not schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", len(text)):
        return False
    try:
        return "pattern" not in schema or re.search(schema["pattern"], text) is not None
    except re.error:  # a pattern in JavaScript's dialect that Python does not read
        return True


def _accepts_number(schema: Mapping[str, Any], number: float) -> bool:
    step = schema.get("multipleOf")
    return (
        schema.get("minimum", number) <= number <= schema.get("maximum", number)
        and ("exclusiveMinimum" not in schema or number > schema["exclusiveMinimum"])
        and ("exclusiveMaximum" not in schema or number < schema["exclusiveMaximum"])
        and (step is None or number / step == int(number / step))
    )


def _accepts_list(schema: Mapping[str, Any], values: list[Any], root: Any) -> bool:
    if not schema.get("minItems", 0) <= len(values) <= schema.get("maxItems", len(values)):
        return False
    if schema.get("uniqueItems") and any(
        _same(value, other) for at, value in enumerate(values) for other in values[:at]
    ):
        return False
    first, rest = tuple_items(schema)
    schemas = [*first, *[rest] * len(values)]
    return all(accepts(s, value, root) for s, value in zip(schemas, values, strict=False)) and (
        "contains" not in schema
        or sum(accepts(schema["contains"], value, root) for value in values)
        >= schema.get("minContains", 1)
    )


def tuple_items(schema: Mapping[str, Any]) -> tuple[list[Any], Any]:
    """The schemas of the first items, each its own, and the one of all others."""
    items = schema.get("items", True)
    if isinstance(items, list):  # until draft 2019-09
        return items, schema.get("additionalItems", True)
    return list(schema.get("prefixItems", ())), items


def _accepts_object(schema: Mapping[str, Any], value: dict[str, Any], root: Any) -> bool:
    if not all(name in value for name in schema.get("required", ())):
        return False
    if not schema.get("minProperties", 0) <= len(value) <= schema.get("maxProperties", len(value)):
        return False
    return all(
        accepts(part, item, root)
        for name, item in value.items()
        for part in property_schemas(schema, name)
    )


def property_schemas(schema: Mapping[str, Any], name: str) -> list[Any]:
    """What holds for the property of that name."""
    named = schema.get("properties", {})
    parts = [named[name]] if name in named else []
    patterns = schema.get("patternProperties", {})
    parts += [part for pattern, part in patterns.items() if re.search(pattern, name)]
    return parts or [schema.get("additionalProperties", True)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(one: Any, other: Any) -> bool:
    """Equality as JSON has it: true is not 1, at any depth."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[k], other[k]) for k in one)
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)
