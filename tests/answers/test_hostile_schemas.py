"""No schema of an app crashes or blocks a provider: it is answered, or refused as by the vendor."""

from __future__ import annotations

import json
import re
import time

import anthropic
import httpx2
import openai
import pytest
from support.waiting import slowness

from chaos_llm import outage
from chaos_llm.answers.json_schema import instance
from chaos_llm.errors import UsageError
from chaos_llm.protocol.keyed_random import KeyedRandom

SAID = [{"role": "user", "content": "File order KX-48213."}]


def nested(levels, wrap, leaf):
    for _ in range(levels):
        leaf = wrap(leaf)
    return leaf


def tool_of(schema):
    return {"type": "object", "properties": {"x": schema}, "required": ["x"]}


def ask_openai(schema):
    with outage():
        tool = {"type": "function", "function": {"name": "file", "parameters": schema}}
        reply = openai.OpenAI(max_retries=0).chat.completions.create(
            model="gpt-5.2", messages=SAID, tools=[tool]
        )
        return json.loads(reply.choices[0].message.tool_calls[0].function.arguments)


def ask_anthropic(schema):
    with outage():
        tool = {"name": "file", "input_schema": schema}
        reply = anthropic.Anthropic(max_retries=0).messages.create(
            model="claude-opus-4-6", max_tokens=100, messages=SAID, tools=[tool]
        )
        return reply.content[-1].input


MET = {
    "stars in stars": ("^(.*)*x$", "Kx"),
    "a name of a file": ("^(.+)+[.]pdf$", "a.pdf"),
    "letters in letters": (r"^(([a-z])+.)+[A-Z]([a-z])+$", "aaBcc"),
    "looks ahead": (r"^(?=.*[A-Z])(?=.*\d)[A-Za-z\d]{8,}$", "A1bcdefg"),
}


@pytest.mark.parametrize(("pattern", "example"), MET.values(), ids=MET)
def test_e_a_pattern_with_endless_backtracking_is_answered_at_once(pattern, example):
    assert re.search(pattern, example)
    answer_text = ask_openai(tool_of({"type": "string", "pattern": pattern}))["x"]
    # Of the hostile ones only a match can be checked by `re`, which is quick where there is one.
    assert re.search(pattern, answer_text)


WRONG = {
    "a multiple of nothing": ({"type": "number", "multipleOf": 0}, "0 is less than or equal to"),
    "a type that is a number": ({"type": 5}, "5 is not valid under any of the given schemas"),
    "an unknown type": ({"type": "text"}, "'text' is not valid under any of the given schemas"),
    "no type at all": ({"type": []}, "[] is not valid under any of the given schemas"),
    "a list": ([], "[] is not of type 'object', 'boolean'"),
    "null": (None, "None is not of type 'object', 'boolean'"),
    "items of a number": ({"type": "array", "items": 3}, "3 is not of type 'object', 'boolean'"),
    "properties in a list": ({"properties": []}, "[] is not of type 'object'"),
    "required as in draft 3": ({"required": True}, "True is not of type 'array'"),
    "a required number": ({"required": [1]}, "1 is not of type 'string'"),
    "a pattern that is none": ({"pattern": 5}, "5 is not of type 'string'"),
    "an enum that is none": ({"enum": "ab"}, "'ab' is not of type 'array'"),
    "fewer than none": ({"minItems": -1}, "-1 is less than the minimum of 0"),
    "half a letter": ({"minLength": 2.5}, "2.5 is not of type 'integer'"),
    "a text for ever": ({"minLength": 3e8}, "300000000 is greater than the maximum of 100000"),
    "a list for ever": ({"minItems": 10**9}, "1000000000 is greater than the maximum of 1000"),
    "a bound beyond floats": ({"minimum": 10**400}, "a number of 1329 bits is not a number"),
    "a bound that is a text": ({"minimum": "1"}, "'1' is not of type 'number'"),
    "choices in no list": ({"anyOf": {}}, "{} is not of type 'array'"),
    "an infinity": (None, "inf is not a number"),
    "deeper than the deepest": (
        nested(150, lambda inner: {"not": inner}, {}),
        "it is more than 100 levels deep",
    ),
    "more than can be read": (
        {"properties": {str(number): {} for number in range(7000)}},
        "it has more than 6000 parts",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_e_an_invalid_schema_is_refused_with_openais_message(name):
    schema, words = WRONG[name]
    body = {"model": "gpt-5.2", "messages": SAID}
    tool = {"name": "file", "parameters": tool_of(schema)}
    text = json.dumps(body | {"tools": [{"type": "function", "function": tool}]})
    if name == "an infinity":  # JSON can say it by a number that no float holds
        text = text.replace('{"x": null}', '{"x": {"minimum": 1e999}}')
    with outage():
        reply = httpx2.post(
            "https://api.openai.com/v1/chat/completions",
            content=text,
            headers={"authorization": "Bearer sk-test"},
        )
    assert reply.status_code == 400
    message = reply.json()["error"]["message"]
    assert message.startswith(f"Invalid schema for function 'file': {words}")


@pytest.mark.parametrize("name", [name for name in WRONG if name != "an infinity"])
def test_e_an_invalid_schema_is_refused_with_anthropics_message(name):
    with pytest.raises(anthropic.BadRequestError, match=re.escape(
        "tools.0.custom.input_schema: JSON schema is invalid. It must match JSON Schema draft"
    )):  # fmt: skip
        ask_anthropic(tool_of(WRONG[name][0]))


def test_e_the_second_tool_is_looked_at_too():
    tools = [
        {"name": name, "input_schema": {"type": "object", "properties": {"a": {"type": kind}}}}
        for name, kind in (("sound", "string"), ("unsound", 5))
    ]
    with outage(), pytest.raises(anthropic.BadRequestError, match=r"tools\.1\.custom"):
        anthropic.Anthropic(max_retries=0).messages.create(
            model="claude-opus-4-6", max_tokens=100, messages=SAID, tools=tools
        )


def test_e_a_wanted_answer_is_refused_by_its_name():
    form = {"type": "json_schema", "json_schema": {"name": "order", "schema": {"type": 5}}}
    with (
        outage(),
        pytest.raises(
            openai.BadRequestError,
            match="Invalid schema for response_format 'order': 5 is not valid",
        ),
    ):
        openai.OpenAI(max_retries=0).chat.completions.create(
            model="gpt-5.2", messages=SAID, response_format=form
        )


SOUND = {
    "a bad pattern of names": {"patternProperties": {"[": {}}, "properties": {"a": {}}},
    "a JavaScript pattern": {"type": "string", "pattern": r"^\p{L}+$"},
    "exclusive as in draft 4": {"type": "integer", "minimum": 3, "exclusiveMinimum": True},
    "counts as floats": {"type": "array", "items": {}, "minItems": 2.0, "maxItems": 3.0},
    "an unknown word": {"x-order": [1, {}], "type": "string"},
    "a huge range": {"type": "integer", "minimum": -(10**299), "maximum": 10**299},
    "the tiniest step": {"type": "number", "multipleOf": 1e-300, "maximum": 0},
}  # fmt: skip


@pytest.mark.parametrize("schema", SOUND.values(), ids=SOUND)
def test_e_a_schema_that_vendors_accept_is_answered(schema):
    assert "x" in ask_openai(tool_of(schema))
    assert "x" in ask_anthropic(tool_of(schema))


def test_e_an_exclusive_bound_of_draft_4_excludes():
    schema = {"type": "integer", "minimum": 3, "maximum": 4, "exclusiveMinimum": True}
    assert {instance(schema, KeyedRandom(key)) for key in range(20)} == {4}


@pytest.mark.parametrize(
    ("number", "kind"), [(1, str), (2, int | float), (3, int), (4, bool), (5, list), (6, dict)]
)
def test_b8_an_enum_of_googles_protocol_is_read_by_its_number(number, kind):
    schema = {"type": 6, "properties": {"x": {"type": number}}, "required": ["x"]}
    tools = [{"function_declarations": [{"name": "file", "parameters": schema}]}]
    with outage():
        reply = httpx2.post(
            "https://generativelanguage.googleapis.com/v1beta/models/gemini-3-pro:generateContent",
            json={"contents": [{"role": "user", "parts": [{"text": "Hi"}]}], "tools": tools},
            headers={"x-goog-api-key": "AIza-test"},
        )
    assert reply.status_code == 200, reply.text
    call = reply.json()["candidates"][0]["content"]["parts"][0]["functionCall"]
    assert isinstance(call["args"]["x"], kind)


def twice(word):
    return lambda inner: {word: [inner, inner]}


HARD = {
    "choices of choices": {"allOf": [{"anyOf": [{"minimum": n} for n in range(20)]}] * 20},
    "both, for ever": nested(60, twice("anyOf"), {"minLength": 1, "maxLength": 0}),
    "all, for ever": nested(60, twice("allOf"), {"type": "integer"}),
    "itself": {"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}]}}},
    "not itself": {"properties": {"a": {"not": {"$ref": "#/properties/a"}}}},
    "repeats of repeats": {"type": "string", "pattern": "((a{1000}){1000}){1000}"},
    "long texts in a long list": {
        "type": "array",
        "minItems": 1000,
        "items": {"type": "string", "minLength": 100_000},
    },
    "never the same twice": {
        "type": "array",
        "minItems": 1000,
        "uniqueItems": True,
        "items": {"type": "boolean"},
    },
    "all but all": {"enum": list(range(9000)), "not": {"enum": list(range(9000))}},
    "names that fit nothing": {
        "type": "object",
        "minProperties": 1000,
        "propertyNames": {"pattern": "^(a*)*$"},
    },
    "patterns by the hundred": {
        "type": "object",
        "properties": {str(number): {} for number in range(300)},
        "patternProperties": {f"^(.*)*{number}$": {} for number in range(300)},
    },
}


@pytest.mark.parametrize("schema", HARD.values(), ids=HARD)
def test_e_a_schema_that_is_too_hard_is_given_up_within_its_budget(schema):
    began = time.process_time()
    with pytest.raises(UsageError, match="no value was found") as refused:
        instance(schema, KeyedRandom(1), ("-",))
    # CPU time, with a wide margin: without a budget each of these takes minutes, or for ever.
    assert time.process_time() - began < 5 * slowness()
    assert len(str(refused.value)) < 300


def test_e_a_schema_that_is_too_hard_gets_a_refusal_as_reply():
    with pytest.raises(openai.BadRequestError, match="no value was found"):
        ask_openai(tool_of(HARD["choices of choices"]))
