"""Values that Google's generateContent refuses: of schemas, of functions' calls, of the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from chaos_llm.providers.google.json_fields import field as read
from chaos_llm.providers.refusals.checked_request import CheckedRequest
from chaos_llm.providers.refusals.google.names import schemas_at, where_is
from chaos_llm.providers.refusals.predicates import WRONG
from chaos_llm.providers.refusals.rule import Found, Rule, Source, Wrong, found, shown

_PASTED = Source("pasted", "users' issues")
_NOTED = Source("pasted", "users' issues and notes")
_DEEPEST = 32  # levels of a schema that are looked through
_FORMATS_OF_TEXT = ("enum", "date-time")
_SEARCH_WITH_FUNCTIONS_FROM = (3, 0)
_MIME_TYPES = (
    *("text/plain", "application/json", "application/xml", "application/yaml"),
    "text/x.enum",
)
_SCHEMAS = (  # where they are, and Google's name of the place
    ("tools[].functionDeclarations[].parameters", "of a function"),
    ("generationConfig.responseSchema", "of an answer"),
)


def _unsound_schema(path: str) -> Wrong:
    """A schema that says too little or too much for Google's form; `{where}` and `{says}`."""

    def wrong(schema: Any, request: CheckedRequest) -> Found | None:
        problems = _problems(schema, where_is(schema, path, request), _DEEPEST)
        first = next(problems, None)
        return None if first is None else found(where=first[0], says=first[1])

    return wrong


def _problems(schema: Any, at: str, deep: int) -> Iterator[tuple[str, str]]:
    """What is wrong with a schema and all that it is made of, each with its place."""
    if not isinstance(schema, dict) or not deep:
        return
    kind, properties = str(schema.get("type")).upper(), schema.get("properties")
    named = properties if isinstance(properties, dict) else {}
    form = schema.get("format")
    if kind == "STRING" and form is not None and form not in _FORMATS_OF_TEXT:
        yield f"{at}.format", "only 'enum' and 'date-time' are supported for STRING type"
    for index, value in _each(schema.get("enum")):
        if value == "":
            yield f"{at}.enum[{index}]", "cannot be empty"
    if kind == "ARRAY" and not schema.get("items"):
        yield f"{at}.items", "missing field."
    for index, name in _each(schema.get("required")):
        if isinstance(name, str) and name not in named:
            yield f"{at}.required[{index}]", "property is not defined"
    for name, part in named.items():
        yield from _problems(part, f"{at}.properties[{name}]", deep - 1)
    yield from _problems(schema.get("items"), f"{at}.items", deep - 1)
    for index, part in _each(read(schema, "anyOf")):
        yield from _problems(part, f"{at}.any_of[{index}]", deep - 1)


def _each(values: Any) -> Iterator[tuple[int, Any]]:
    yield from enumerate(values if isinstance(values, list) else ())


def _several_types(path: str) -> Wrong:
    """A schema with a list of types, which is JSON Schema's way."""

    def wrong(schema: Any, request: CheckedRequest) -> Found | None:
        for at, each in schemas_at(schema, where_is(schema, path, request), _DEEPEST):
            if isinstance(each.get("type"), list):
                return found("type", where=at)
        return None

    return wrong


def _no_struct(holder: str, field: str) -> Wrong:
    """A function's call or response with fields that are no object."""

    def wrong(part: Any, _request: CheckedRequest) -> Found | None:
        held = read(part, holder) if isinstance(part, dict) else None
        value = held.get(field) if isinstance(held, dict) else None
        if value is None or isinstance(value, dict):
            return None
        return found(holder, field, sent=shown(json.dumps(value)))

    return wrong


def _no_part(part: Any, _request: CheckedRequest) -> Found | None:
    return None if isinstance(part, dict) else found(sent=shown(json.dumps(part)))


def _empty_part(part: Any, _request: CheckedRequest) -> Found | None:
    """A part that holds nothing; a signature may come with an empty text."""
    is_empty = isinstance(part, dict) and (not part or part == {"text": ""})
    return WRONG if is_empty else None


def _repeated_function(_tools: Any, request: CheckedRequest) -> Found | None:
    names: set[str] = set()
    for (_, i, _, j, *_), name in request.at("tools[].functionDeclarations[].name"):
        if str(name) in names:
            return found(i, "functionDeclarations", j, name=shown(name))
        names.add(str(name))
    return None


def _search_with_functions(_tools: Any, request: CheckedRequest) -> Found | None:
    """Google's own tools beside functions, for models that take one kind of them."""
    facts = request.facts
    older = facts.family == "gemini" and (0, 0) < facts.version < _SEARCH_WITH_FUNCTIONS_FROM
    if not older or not request.at("tools[].functionDeclarations[]"):
        return None
    own = ("googleSearch", "codeExecution", "urlContext")
    return WRONG if any(request.at(f"tools[].{name}") for name in own) else None


def _budget_and_level(config: Any, _request: CheckedRequest) -> Found | None:
    both = all(read(config, name) is not None for name in ("thinkingBudget", "thinkingLevel"))
    return WRONG if both else None


def _other_mime(mime: Any, _request: CheckedRequest) -> Found | None:
    return None if mime in (*_MIME_TYPES, None, "") else WRONG


# What the two APIs refuse in the same words.
VALUES = (
    *(
        Rule(
            f"fields of a function's {name}",
            "contents[].parts[]",
            _no_struct(holder, field),
            "Invalid value at '{at}' (type.googleapis.com/google.protobuf.Struct), {sent}",
            f"wants an object as the fields of a function's {name}",
            _PASTED,
        )
        for name, holder, field in (
            ("call", "functionCall", "args"),
            ("response", "functionResponse", "response"),
        )
    ),
    Rule(
        "two functions of one name",
        "tools",
        _repeated_function,
        "Duplicate function declaration found: {name}",
        "takes no two functions of the name '{name}'",
        _NOTED,
    ),
    Rule(
        "budget beside level",
        "generationConfig.thinkingConfig",
        _budget_and_level,
        "You can only set only one of thinking budget and thinking level.",
        "takes a budget or a level of thinking, not both",
        _NOTED,
    ),
)
# What only the API for developers is known to refuse in these words.
OF_DEVELOPERS = (
    Rule(
        "part: type",
        "contents[].parts[]",
        _no_part,
        "Invalid value at '{at}' (type.googleapis.com/google.ai.generativelanguage.v1beta.Part), "
        "{sent}",
        "wants an object as a part",
        Source("assumed", "by the form of other values"),
    ),
    Rule(
        "empty part",
        "contents[].parts[]",
        _empty_part,
        "* GenerateContentRequest.{at}.data: required oneof field 'data' must have one initialized "
        "field\n",
        "takes no empty part",
        _PASTED,
    ),
    *(
        Rule(
            f"types of the schema {name}",
            path,
            _several_types(path),
            "Invalid JSON payload received. Unknown name \"type\" at '{where}': Proto field is not "
            "repeating, cannot start list.",
            "takes one type in a schema, not a list of them",
            _PASTED,
        )
        for path, name in _SCHEMAS
    ),
    *(
        Rule(
            f"schema {name}",
            path,
            _unsound_schema(path),
            "* GenerateContentRequest.{where}: {says}\n",
            "takes no such schema: {where}: {says}",
            _PASTED,
        )
        for path, name in _SCHEMAS
    ),
    Rule(
        "responseMimeType",
        "generationConfig.responseMimeType",
        _other_mime,
        "* GenerateContentRequest.generation_config.response_mime_type: allowed mimetypes are "
        "`text/plain`, `application/json`, `application/xml`, `application/yaml` and "
        "`text/x.enum`.\n",
        "gives no answer of the type {value}",
        _PASTED,
    ),
    Rule(
        "search beside functions",
        "tools",
        _search_with_functions,
        "Tool use with function calling is unsupported",
        "uses its own tools or functions with this model, not both",
        _NOTED,
    ),
)
