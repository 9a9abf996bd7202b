"""Google's JSON: field names in two spellings, and schemas in Google's own form."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_COUNTS = ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties")
_SCHEMAS = ("items", "additionalProperties")
# JSON of protocol buffers takes an enum by its number, too: `Type` in generativelanguage's proto.
_TYPES = ("", "string", "number", "integer", "boolean", "array", "object", "null")


def field(value: object, name: str) -> Any:
    """Find a field by its JSON name or by its name in the protocol buffer: APIs take both."""
    if not isinstance(value, dict):
        return None
    found = value.get(name)
    return value.get(_in_snake_case(name)) if found is None else found


def listed(value: object) -> list[Any]:
    """Read a repeated field, of which one element may come without its list."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


@lru_cache(maxsize=4096)
def _in_snake_case(name: str) -> str:
    return re.sub("([A-Z])", lambda letter: "_" + letter[1].lower(), name)


def json_schema(schema: object) -> dict[str, Any]:
    """Read a schema in Google's form: types in capitals, nullable, and counts as texts."""
    if not isinstance(schema, dict):
        return {}
    read = {_in_camel_case(name): value for name, value in schema.items()}
    if "type" in read:
        read["type"] = _type(read["type"])
    if read.pop("nullable", False) and isinstance(read.get("type"), str):
        read["type"] = [read["type"], "null"]
    for name in _COUNTS:
        if isinstance(read.get(name), str) and read[name].isdecimal():
            read[name] = int(read[name])
    for name in _SCHEMAS:
        if isinstance(read.get(name), dict):
            read[name] = json_schema(read[name])
    if isinstance(read.get("anyOf"), list):
        read["anyOf"] = [json_schema(each) for each in read["anyOf"]]
    if isinstance(read.get("properties"), dict):
        read["properties"] = {key: json_schema(each) for key, each in read["properties"].items()}
    return read


def _type(named: object) -> object:
    """A type's name; what is none stays, to be refused."""
    if isinstance(named, str):
        return named.lower()
    if type(named) is int and 0 < named < len(_TYPES):
        return _TYPES[named]
    return named


@lru_cache(maxsize=4096)
def _in_camel_case(name: str) -> str:
    return re.sub("_([a-z])", lambda letter: letter[1].upper(), name)
