from __future__ import annotations

import json
import re
from datetime import date, datetime, time
from ipaddress import IPv4Address, IPv6Address
from uuid import UUID

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos_llm.answers.json_schema import accepts, instance
from chaos_llm.errors import UsageError
from chaos_llm.protocol.keyed_random import KeyedRandom

SAYS = (
    "Your order KX-48213 is on its way. Reference R7-20931-K.",
    "KX-48213 R7-20931-K",
    "KX-48213",
)

NODE = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
        "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
    },
    "required": ["name", "children", "next"],
    "additionalProperties": False,
}
UNIQUE = {"type": "array", "uniqueItems": True}
EITHER = {
    "type": "object",
    "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
    "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
}
INHERITED = {
    "allOf": [
        {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
        {"properties": {"a": {"minimum": 5}, "b": {"type": "string"}}, "required": ["b"]},
    ]
}
EVENT = {
    "oneOf": [
        {"type": "object", "properties": {"kind": {"const": kind}}, "required": ["kind"]}
        for kind in ("opened", "closed")
    ],
    "discriminator": {"propertyName": "kind"},
}

SCHEMAS = {
    "true": True,
    "anything": {},
    "integer bounds": {"type": "integer", "minimum": 3, "maximum": 5},
    "integer exclusive": {"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 5},
    "integer below": {"type": "integer", "maximum": -7},
    "integer multiple": {"type": "integer", "multipleOf": 7, "minimum": 50, "maximum": 60},
    "integer of halves": {"type": "integer", "multipleOf": 1.5, "minimum": 10},
    "number": {"type": "number"},
    "number open interval": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001},
    "number point": {"type": "number", "minimum": 0.125, "maximum": 0.125},
    "number cents": {"type": "number", "multipleOf": 0.01, "minimum": 0, "maximum": 1000},
    "number tenths": {"type": "number", "multipleOf": 0.1, "minimum": 7},
    "boolean": {"type": "boolean"},
    "null": {"type": "null"},
    "several types": {"type": ["null", "integer"]},
    "enum": {"enum": ["a", 3, None, [1]]},
    "enum of a type": {"type": "string", "enum": [1, 2, "three"]},
    "const": {"const": {"a": [1]}},
    "short": {"type": "string", "maxLength": 3},
    "long": {"type": "string", "minLength": 300, "maxLength": 301},
    "empty text": {"type": "string", "maxLength": 0},
    "pattern": {"type": "string", "pattern": r"^\+?[1-9]\d{1,14}$"},
    "pattern with length": {"type": "string", "pattern": "^[a-z]+$", "minLength": 40},
    "pattern with branches": {"type": "string", "pattern": r"^(red|green) [^a-z\s]{2}.x?\w\S$"},
    "pattern that looks ahead": {"type": "string", "pattern": r"^(?=.*\d)(?!9)\w{4}$"},
    "pattern with a group again": {"type": "string", "pattern": r"^(a|b)-\1$"},
    "array": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 3},
    "array of none": {"type": "array", "maxItems": 0},
    "unique numbers": UNIQUE | {"items": {"type": "integer", "maximum": 5}, "minItems": 5},
    "unique texts": UNIQUE | {"items": {"type": "string"}, "minItems": 3},
    "unique enum": UNIQUE | {"items": {"enum": ["a", "b", "c"]}, "minItems": 3},
    "tuple": {"prefixItems": [{"type": "integer"}, {}], "items": False, "minItems": 2},
    "contains": {"contains": {"const": 7}, "minContains": 2, "items": {"type": "integer"}},
    "recursive": {"$ref": "#/$defs/Node", "$defs": {"Node": NODE}},
    "recursive root": {"type": "object", "properties": {"sub": {"$ref": "#"}}},
    "definitions": {"$ref": "#/definitions/a~1b", "definitions": {"a/b": {"type": "integer"}}},
    "allOf": INHERITED,
    "anyOf": {"anyOf": [{"type": "string", "maxLength": 2}, {"type": "integer"}]},
    "oneOf by const": EVENT,
    "oneOf by required": EITHER,
    "oneOf that overlaps": {"oneOf": [{"type": "integer"}, {"type": "number"}]},
    "anyOf twice": {"anyOf": [{"minimum": 3}], "allOf": [{"anyOf": [{"type": "integer"}]}]},
    "not": {"type": "integer", "minimum": 1, "maximum": 3, "not": {"enum": [1, 3]}},
    "map": {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2},
    "map with names": {
        "type": "object",
        "propertyNames": {"pattern": "^[a-z]{3}$"},
        "additionalProperties": {"type": "integer"},
        "minProperties": 2,
    },
    "few properties": {"properties": {"a": {}, "b": {}}, "required": ["b"], "maxProperties": 1},
    "an impossible option": {"type": "object", "properties": {"a": False, "b": {"type": "null"}}},
    "required and unnamed": {"type": "object", "required": ["x"]},
}  # fmt: skip


@pytest.mark.exhaustive
@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS.keys())
@pytest.mark.parametrize("key", range(8))
def test_instances_are_valid(schema, key):
    value = instance(schema, KeyedRandom(key), SAYS)
    jsonschema.Draft202012Validator(schema).validate(value)
    assert json.loads(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("named", "read"),
    [
        ("date", date.fromisoformat),
        ("time", time.fromisoformat),
        ("date-time", datetime.fromisoformat),
        ("ipv4", IPv4Address),
        ("ipv6", IPv6Address),
        ("uuid", UUID),
        ("email", re.compile(r"\w+@example\.com").fullmatch),
        ("duration", re.compile(r"PT\d+M").fullmatch),
        ("uri", re.compile(r"https://example\.com/\w+").fullmatch),
        ("url", re.compile(r"https://example\.com/\w+").fullmatch),
        ("uri-reference", re.compile(r"/\w+").fullmatch),
        ("hostname", re.compile(r"host\d+\.example\.com").fullmatch),
    ],
)
def test_texts_keep_to_their_format(named, read):
    for key in range(20):
        assert read(instance({"type": "string", "format": named}, KeyedRandom(key), SAYS))


def test_an_unknown_format_is_free_text():
    assert instance({"type": "string", "format": "poem"}, KeyedRandom(1), SAYS) == SAYS[0]


def test_free_text_is_the_first_given_phrase_that_fits():
    assert instance({"type": "string"}, KeyedRandom(1), SAYS) == SAYS[0]
    assert instance({"type": "string", "maxLength": 20}, KeyedRandom(1), SAYS) == SAYS[1]
    assert instance({"type": "string", "maxLength": 9}, KeyedRandom(1), SAYS) == SAYS[2]


def test_a_given_phrase_that_matches_the_pattern_is_used():
    assert (
        instance({"pattern": r"^[A-Z]{2}-\d+$", "type": "string"}, KeyedRandom(1), SAYS)
        == "KX-48213"
    )


def test_a_pattern_that_python_cannot_read_is_free_text():
    assert instance({"type": "string", "pattern": r"^\p{L}+$"}, KeyedRandom(1), SAYS) == SAYS[0]


def test_optional_properties_are_there():
    schema = {"type": "object", "properties": {"a": {"type": "null"}, "b": {"type": "null"}}}
    assert instance(schema, KeyedRandom(1)) == {"a": None, "b": None}


def test_properties_keep_the_order_of_the_schema():
    schema = {"properties": {"z": {}, "a": {}, "m": {}}, "required": ["m", "a"]}
    assert list(instance(schema, KeyedRandom(1))) == ["z", "a", "m"]


def test_a_value_is_preferred_to_null():
    schema = {"anyOf": [{"type": "null"}, {"type": "string"}]}
    assert instance(schema, KeyedRandom(1), SAYS) == SAYS[0]
    assert instance({"type": ["null", "string"]}, KeyedRandom(1), SAYS) == SAYS[0]


def test_a_nullable_type_in_the_style_of_openapi_and_upper_case_is_understood():
    assert instance({"type": "STRING", "nullable": True}, KeyedRandom(1), SAYS) == SAYS[0]
    assert accepts({"type": "STRING", "nullable": True}, None)


def test_the_same_key_draws_the_same_value():
    schema = {"type": "array", "items": {"type": "integer"}, "minItems": 5}
    assert instance(schema, KeyedRandom(1)) == instance(schema, KeyedRandom(1))
    assert instance(schema, KeyedRandom(1)) != instance(schema, KeyedRandom(2))


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"type": "string", "minLength": 3, "maxLength": 2},
        {"type": "object", "properties": {"a": False}, "required": ["a"]},
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
        {"enum": []},
        {"$ref": "#"},
        {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
        {
            "properties": {"a": {"$ref": "#"}, "b": {"$ref": "#"}},
            "required": ["a", "b"],
        },
        {"type": "array", "items": {"enum": [1, 2]}, "minItems": 3, "uniqueItems": True},
        {"type": "integer", "multipleOf": 10, "minimum": 1, "maximum": 9},
    ],
)
def test_a_schema_without_a_value_is_refused(schema):
    with pytest.raises(UsageError, match="no value was found that is valid"):
        instance(schema, KeyedRandom(1))


@pytest.mark.parametrize("reference", ["#/$defs/Missing", "https://example.com/schema", "#name", 3])
def test_a_schema_reference_without_a_target_is_refused(reference):
    with pytest.raises(UsageError, match=r"refers to .*references inside the schema"):
        instance({"$ref": reference}, KeyedRandom(1))


bounds = st.integers(-50, 50)
words = st.sampled_from(["a", "b", "c", "d"])


@st.composite
def _ranges(draw, low, high, values):
    first, second = sorted((draw(values), draw(values)))
    return draw(st.sampled_from([{}, {low: first}, {high: second}, {low: first, high: second}]))


lengths = st.integers(0, 30)
plain = st.one_of(
    st.just({"type": "boolean"}),
    st.just({"type": "null"}),
    _ranges("minimum", "maximum", bounds).map(lambda r: {"type": "integer"} | r),
    _ranges("minimum", "maximum", st.floats(-5, 5)).map(lambda r: {"type": "number"} | r),
    _ranges("minLength", "maxLength", lengths).map(lambda r: {"type": "string"} | r),
    st.lists(st.one_of(bounds, words), min_size=1).map(lambda options: {"enum": options}),
)


def _structures(inner):
    objects = st.builds(
        lambda properties, required, closed: {
            "type": "object",
            "properties": properties,
            "required": [name for name in required if name in properties],
            "additionalProperties": not closed,
        },
        st.dictionaries(words, inner, max_size=3),
        st.lists(words, unique=True),
        st.booleans(),
    )
    arrays = st.builds(
        lambda items, r: {"type": "array", "items": items} | r,
        inner,
        _ranges("minItems", "maxItems", st.integers(0, 4)),
    )
    unions = st.lists(inner, min_size=1, max_size=3).map(lambda some: {"anyOf": some})
    return st.one_of(objects, arrays, unions)


@settings(max_examples=150, deadline=None)
@given(st.recursive(plain, _structures, max_leaves=12), st.integers())
def test_any_schema_of_these_parts_has_a_valid_instance(schema, key):
    value = instance(schema, KeyedRandom(key), SAYS)
    jsonschema.Draft202012Validator(schema).validate(value)


values = st.recursive(
    st.one_of(st.none(), st.booleans(), bounds, words),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=3)),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.recursive(plain, _structures, max_leaves=8), values)
def test_a_value_is_accepted_when_jsonschema_says_so(schema, value):
    assert accepts(schema, value) == jsonschema.Draft202012Validator(schema).is_valid(value)


@pytest.mark.exhaustive(sample=16)
@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS.keys())
@settings(max_examples=30, deadline=None)
@given(value=values)
def test_a_listed_schema_accepts_what_jsonschema_does(schema, value):
    if schema is not True and "propertyNames" in schema:
        return  # left to the writer of instances, which chooses such names itself
    assert accepts(schema, value) == jsonschema.Draft202012Validator(schema).is_valid(value)
