"""The keys of a profile's file, from the JSON schema that pydantic makes of its models."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from chaos_llm.profiles import schema
from reference_pages import markdown

Schema = Mapping[str, Any]

_TOML_HEADING = re.compile(r"\[\[?[\w.]+\]?\]")
_NEW_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


def render() -> str:
    """A table of keys for the whole file, then one for each of its tables."""
    whole = schema()
    sections = [_section("The whole file", "", whole)]
    for name, table in whole["$defs"].items():
        heading, description = _described(name, str(table.get("description", "")))
        sections.append(_section(heading, description, table))
    return "\n".join(sections)


def _described(name: str, description: str) -> tuple[str, str]:
    """The heading of a table and what is said about it; "[edge.NAME]: ..." begins with both."""
    if found := _TOML_HEADING.match(description):
        said = description[found.end() :].lstrip(":. ")
        return f"`{found[0]}`", said[:1].upper() + said[1:]
    words = _NEW_WORD.sub(" ", name.removesuffix("Table"))
    return words.capitalize(), description


def _section(heading: str, description: str, table: Schema) -> str:
    required = table.get("required", ())
    rows = [
        (f"`{key}`", "yes" if key in required else "", _expected(value), _default(value))
        for key, value in table.get("properties", {}).items()
    ]
    keys = markdown.table(("key", "required", "expected", "default"), rows)
    return "\n\n".join(filter(None, (f"### {heading}", description, keys)))


def _expected(value: Schema) -> str:
    described = value.get("description") or " or ".join(_types(value))
    if value.get("enum"):
        described += ": " + ", ".join(f"`{each}`" for each in value["enum"])
    return described.replace("<", "&lt;")


def _types(value: Schema) -> Iterator[str]:
    for each in value.get("anyOf", (value,)):
        if each.get("type") not in (None, "null"):
            yield str(each["type"])


def _default(value: Schema) -> str:
    default = value.get("default")
    return "" if default in (None, "", [], {}) else f"`{default}`"
