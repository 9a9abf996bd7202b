"""What is wrong with the schema of an OpenAI tool or of a structured answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from chaos_llm.providers.refusals.checked_request import CheckedRequest
from chaos_llm.providers.refusals.rule import Found, Wrong, found, shown

_DEEPEST = 32  # levels of a schema that are looked through
_NOT_PERMITTED = ("oneOf", "allOf", "not", "if", "dependentRequired", "dependentSchemas")


class Fault(NamedTuple):
    """What is wrong, and where: the path of keys, as OpenAI's messages give it."""

    context: tuple[object, ...]
    says: str


def strict_fault(schema: Any) -> Fault | None:
    """What strict mode refuses: some words, open objects, and properties that are not required."""
    for context, each in _schemas(schema, (), _DEEPEST):
        refused = next((word for word in _NOT_PERMITTED if word in each), None)
        if refused:
            return Fault(context, f"'{refused}' is not permitted.")
        properties = each.get("properties")
        if "object" not in _types(each) and not isinstance(properties, dict):
            continue
        if each.get("additionalProperties") is not False:
            problem = "'additionalProperties' is required to be supplied and to be false."
            return Fault(context, problem)
        required = each.get("required")
        names = list(properties) if isinstance(properties, dict) else []
        lost = [n for n in names if not isinstance(required, list) or n not in required]
        if lost:
            problem = (
                "'required' is required to be supplied and to be an array including every key in "
                f"properties. Missing '{shown(lost[0])}'."
            )
            return Fault(context, problem)
    return None


def plain_fault(schema: Any) -> Fault | None:
    """What is refused without strict mode, too: parameters or arrays that do not say of what."""
    if isinstance(schema, dict) and schema.get("type") == "object" and "properties" not in schema:
        return Fault((), "object schema missing properties.")
    for context, each in _schemas(schema, (), _DEEPEST):
        if "array" in _types(each) and "items" not in each and "prefixItems" not in each:
            return Fault(context, "array schema missing items.")
    return None


def _types(schema: dict[str, Any]) -> list[Any]:
    kind = schema.get("type")
    return kind if isinstance(kind, list) else [kind]


def _schemas(
    schema: Any, context: tuple[object, ...], deep: int
) -> Iterator[tuple[tuple[object, ...], dict[str, Any]]]:
    """A schema and all that it is made of, each with the keys that lead there."""
    if not isinstance(schema, dict) or not deep:
        return
    yield context, schema
    for name in ("properties", "$defs", "definitions"):
        parts = schema.get(name)
        for key, part in parts.items() if isinstance(parts, dict) else ():
            yield from _schemas(part, (*context, name, key), deep - 1)
    yield from _schemas(schema.get("items"), (*context, "items"), deep - 1)
    for name in ("anyOf", "oneOf", "allOf"):
        choices = schema.get(name)
        for index, part in enumerate(choices) if isinstance(choices, list) else ():
            yield from _schemas(part, (*context, name, str(index)), deep - 1)


def of_function(fault: str, *, wrapped: bool) -> Wrong:
    """A tool whose schema is invalid; chat wraps the function once more than Responses."""

    def wrong(tool: Any, _request: CheckedRequest) -> Found | None:
        function = tool.get("function") if wrapped and isinstance(tool, dict) else tool
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            return None
        is_strict = function.get("strict") is True
        if fault == "strict" and not is_strict:
            return None
        schema = function.get("parameters")
        seen = strict_fault(schema) if fault == "strict" else plain_fault(schema)
        if seen is None:
            return None
        at = ("function", "parameters") if wrapped else ("parameters",)
        return found(*at, name=function["name"], context=seen.context, says=seen.says)

    return wrong


def of_no_object(*, wrapped: bool) -> Wrong:
    """A tool whose schema is of another type than an object."""

    def wrong(tool: Any, _request: CheckedRequest) -> Found | None:
        function = tool.get("function") if wrapped and isinstance(tool, dict) else tool
        schema = function.get("parameters") if isinstance(function, dict) else None
        kind = _root_type(schema)
        if kind == "object":
            return None
        at = ("function", "parameters") if wrapped else ("parameters",)
        return found(*at, name=shown(tool_name(function)), type=shown(kind))

    return wrong


def answer_of_no_object(form: Any, _request: CheckedRequest) -> Found | None:
    """A strict structured answer of another type than an object."""
    if not isinstance(form, dict) or form.get("strict") is not True:
        return None
    kind = _root_type(form.get("schema"))
    return None if kind == "object" else found(name=shown(form.get("name")), type=shown(kind))


def _root_type(schema: Any) -> str:
    """The type of a schema as a whole, "None" of a choice without one; "object" if unknown."""
    if not isinstance(schema, dict):
        return "object"
    if isinstance(schema.get("type"), str):
        return str(schema["type"])
    is_choice = any(word in schema for word in ("anyOf", "oneOf", "allOf"))
    return "None" if "type" not in schema and is_choice else "object"


def tool_name(function: Any) -> object:
    """The name of a function that may be no object."""
    return function.get("name") if isinstance(function, dict) else None


def of_answer(form: Any, _request: CheckedRequest) -> Found | None:
    """A strict structured answer whose schema strict mode refuses."""
    if not isinstance(form, dict) or form.get("strict") is not True:
        return None
    seen = strict_fault(form.get("schema")) or plain_fault(form.get("schema"))
    if seen is None:
        return None
    return found(name=shown(form.get("name")), context=seen.context, says=seen.says)
