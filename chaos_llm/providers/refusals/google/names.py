"""Fields that Google's generateContent knows, in either of their two spellings.

Of the types in google-genai 3.6; what a name that is not among them is answered with is pasted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from chaos_llm.providers.refusals.checked_request import CheckedRequest, Place
from chaos_llm.providers.refusals.rule import Found, Rule, Source, Wrong, found, shown

_DEEPEST = 32  # levels of a schema that are looked through


@cache
def snake(name: str) -> str:
    """The other name of a field: generationConfig is generation_config."""
    return re.sub("([A-Z])", lambda letter: f"_{letter[1].lower()}", name)


def place_of(place: Place) -> str:
    """Write a place as Google does: contents[0].parts[1]."""
    text = ""
    for step in place:
        named = step if isinstance(step, int) else snake(step)
        text += f"[{step}]" if isinstance(step, int) else f".{named}" if text else str(named)
    return text


def _both(*names: str) -> frozenset[str]:
    return frozenset((*names, *map(snake, names)))


REQUEST = _both(
    *("contents", "systemInstruction", "tools", "toolConfig", "safetySettings", "generationConfig"),
    *("cachedContent", "labels", "model", "modelArmorConfig", "store", "serviceTier"),
    *("automaticContinuation", "continuationToken"),
    *("$alt", "$path"),  # chaos_llm's own
)
CONTENT = _both("parts", "role")
PART = _both(
    *("audioMetadata", "audioTranscription", "codeExecutionResult", "documentMetadata"),
    *("executableCode", "fileData", "functionCall", "functionResponse", "inlineData"),
    *("mediaProcessing", "mediaResolution", "partMetadata", "speechMetadata"),
    *("spreadsheetMetadata", "text", "thought", "thoughtSignature", "toolCall", "toolResponse"),
    "videoMetadata",
)
CONFIG = _both(
    *("audioTimestamp", "audioTranscriptionConfig", "candidateCount", "enableAffectiveDialog"),
    *("enableEnhancedCivicAnswers", "frequencyPenalty", "imageConfig", "logprobs"),
    *("maxOutputTokens", "mediaResolution", "modelSelectionConfig", "presencePenalty"),
    *("responseFormat", "responseJsonSchema", "responseLogprobs", "responseMimeType"),
    *("responseModalities", "responseSchema", "routingConfig", "seed", "speechConfig"),
    *("stopSequences", "temperature", "thinkingConfig", "topK", "topP", "translationConfig"),
    *("generationOutputConfig", "modelConfig", "echo"),
)
TOOL = _both(
    *("codeExecution", "computerUse", "enterpriseWebSearch", "exaAiSearch", "fileSearch"),
    *("functionDeclarations", "googleMaps", "googleSearch", "googleSearchRetrieval"),
    *("mcpServers", "parallelAiSearch", "retrieval", "urlContext"),
)
FUNCTION = _both(
    *("behavior", "description", "name", "parameters", "parametersJsonSchema", "response"),
    "responseJsonSchema",
)
SCHEMA = _both(
    *("additionalProperties", "anyOf", "default", "defs", "description", "enum", "example"),
    *("format", "items", "maxItems", "maxLength", "maxProperties", "maximum", "minItems"),
    *("minLength", "minProperties", "minimum", "nullable", "pattern", "properties"),
    *("propertyOrdering", "ref", "required", "title", "type"),
)


def _violation(words: Any) -> list[dict[str, Any]]:
    """What Google says of an unknown field besides its message."""
    description = 'Invalid JSON payload received. Unknown name "{key}"{where}: Cannot find field.'
    violation = {"field": words["where_at"], "description": description.format_map(words)}
    kind = "type.googleapis.com/google.rpc.BadRequest"
    return [{"@type": kind, "fieldViolations": [violation]}]


def unknown_name(name: str, looks_at: str, wrong: Wrong) -> Rule:
    """A field that is not there; Google names it, and what it is in."""
    return Rule(
        name,
        looks_at,
        wrong,
        'Invalid JSON payload received. Unknown name "{key}"{where}: Cannot find field.',
        "knows no field '{key}' here",
        Source("pasted", "users' issues; the details are client code's"),
        details=_violation,
    )


def other_than(known: frozenset[str], at: str) -> Wrong:
    """An object with a field that is none of these; `at` is where it is, with {i} and {j}."""

    def wrong(value: Any, request: CheckedRequest) -> Found | None:
        if not isinstance(value, dict) or known.issuperset(value):
            return None
        key = next(key for key in value if key not in known)
        return _unknown(key, where_is(value, at, request))

    return wrong


def _unknown(key: str, at: str) -> Found:
    where = f" at '{at}'" if at else ""
    return found(key, key=shown(key), where=where, where_at=at)


def where_is(value: object, path: str, request: CheckedRequest) -> str:
    """Where this very object is."""
    places = request.at(path) if path else ()
    return next((place_of(place) for place, each in places if each is value), "")


def other_in_schema(path: str) -> Wrong:
    """A schema with a word of JSON Schema's that Google's own form lacks."""

    def wrong(schema: Any, request: CheckedRequest) -> Found | None:
        top = where_is(schema, path, request)
        for at, each in schemas_at(schema, top, _DEEPEST):
            if not SCHEMA.issuperset(each):
                key = next(key for key in each if key not in SCHEMA)
                return _unknown(key, at)
        return None

    return wrong


def schemas_at(schema: Any, at: str, deep: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """A schema and all that it is made of, each with its place as Google writes it."""
    if not isinstance(schema, dict) or not deep:
        return
    yield at, schema
    for name, part in _parts(schema):
        yield from schemas_at(part, f"{at}.{name}", deep - 1)


def _parts(schema: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    properties = schema.get("properties")
    for index, part in enumerate(properties.values() if isinstance(properties, dict) else ()):
        yield f"properties[{index}].value", part
    yield "items", schema.get("items")
    choices = schema.get("anyOf", schema.get("any_of"))
    for index, part in enumerate(choices if isinstance(choices, list) else ()):
        yield f"any_of[{index}]", part
