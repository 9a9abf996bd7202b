"""What OpenAI's chat refuses: each rule with a request that breaks it and one that nearly does."""

from __future__ import annotations

import pytest
from support.openai_refusals import beyond, coded, lacks, mistyped
from support.refusal_cases import (
    GONE,
    Api,
    Case,
    check,
    check_hostile_values,
    conversation,
    post,
    rules_of,
)

from chaos_llm import outage

HI = {"role": "user", "content": "hi"}
CHAT = Api(
    "openai chat",
    "https://api.openai.com/v1/chat/completions",
    {"authorization": "Bearer sk-test"},
    {"model": "gpt-4o-mini", "messages": [HI]},
)
REASONER = {"model": "gpt-5.5"}
SCHEMA = {"type": "object", "properties": {"order": {"type": "string"}}}
CLOSED = {**SCHEMA, "additionalProperties": False, "required": ["order"]}
CALL = {"id": "call_1", "type": "function", "function": {"name": "track", "arguments": "{}"}}
ASKED = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "at the depot"}
PICTURE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
TEXT_OR_PARTS = "one of a string or array of objects"
WORDS = "word " * 150_000


def tool(**changes):
    """One function with these changes."""
    function = {"name": "track", "parameters": SCHEMA, **changes}
    function = {key: value for key, value in function.items() if value is not GONE}
    return {"tools": [{"type": "function", "function": function}]}


def answer(**changes):
    """A structured answer with these changes of its schema's frame."""
    schema = {"name": "order", "schema": SCHEMA, **changes}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


def called(letters):
    """An assistant's turn whose call has an id of so many letters."""
    return {**ASKED, "tool_calls": [{**CALL, "id": "c" * letters}]}


def resulted(letters):
    return {**RESULT, "tool_call_id": "c" * letters}


def unsupported(name, value, accepted, message=None):
    message = message or f"Unsupported parameter: '{name}' is not supported with this model."
    return Case(
        f"{name} of a reasoning model",
        {**REASONER, name: value},
        accepted,
        message,
        more=coded("unsupported_parameter", name),
    )


def other(rule, refused, accepted, value, values, path=None):  # noqa: PLR0917 - a row
    message = f"Invalid value: '{value}'. Supported values are: {values}."
    return Case(rule, refused, accepted, message, more=coded("invalid_value", path or rule))


FIELDS = (
    Case("invalid JSON", {}, {}, "We could not parse the JSON body of your request. ", raw=b"{"),
    Case(
        "content type",
        {"$headers": {"content-type": "text/plain"}},
        {"$headers": {"content-type": "application/json; charset=utf-8"}},
        "Unsupported content type: 'text/plain'. This API method only accepts 'application/json' "
        "requests, but you specified the header 'Content-Type: text/plain'. Please try again with "
        "a supported content type.",
        more=coded("unsupported_content_type", None),
    ),
    Case(
        "model missing",
        {"model": GONE},
        {},
        "you must provide a model parameter",
        more=coded(None, None),
    ),
    Case(
        "model retired",
        {"model": "gpt-3.5-turbo-0613"},
        {"model": "gpt-nobody-knows-it"},
        "The model `gpt-3.5-turbo-0613` has been deprecated, learn more here: "
        "https://platform.openai.com/docs/deprecations",
        404,
        more=coded("model_not_found", None),
    ),
    Case(
        "another vendor's model",
        {"model": "claude-sonnet-4-5"},
        {"model": "our-model"},
        "The model `claude-sonnet-4-5` does not exist or you do not have access to it.",
        404,
        more=coded("model_not_found", None),
    ),
    Case(
        "model of Responses",
        {"model": "gpt-5-pro"},
        {"model": "gpt-5"},
        "This model is only supported in v1/responses and not in v1/chat/completions.",
        404,
        more=coded(None, "model"),
    ),
    Case(
        "no chat model",
        {"model": "gpt-5.2-pro"},
        {"model": "gpt-5.2"},
        "This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did "
        "you mean to use v1/completions?",
        404,
        more=coded(None, "model"),
    ),
    Case(
        "no tool",
        {"tools": []},
        {"tools": None},
        "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty "
        "array instead.",
        more=coded("empty_array", "tools"),
    ),
    *(
        Case(
            f"{name} alone",
            {name: value},
            {name: value, **tool()},
            f"Invalid value for '{name}': '{name}' is only allowed when 'tools' are specified.",
            more=coded(None, name),
        )
        for name, value in (("tool_choice", "none"), ("parallel_tool_calls", True))
    ),
    Case(
        "name of a schema",
        answer(name="the order"),
        answer(name="the_order-1"),
        "Invalid 'response_format.json_schema.name': string does not match pattern. Expected a "
        "string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
        more=coded("invalid_value", "response_format.json_schema.name"),
    ),
    Case(
        "type of an answer",
        answer(schema={"anyOf": [CLOSED, CLOSED]}, strict=True),
        answer(schema=CLOSED, strict=True),
        "Invalid schema for response_format 'order': schema must be a JSON Schema of 'type: "
        '"object"\', got \'type: "None"\'.',
        more=coded(None, "response_format"),
    ),
    Case(
        "both limits of tokens",
        {"max_tokens": 9, "max_completion_tokens": 9},
        {"max_tokens": None, "max_completion_tokens": 9},
        "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
        more=coded("invalid_parameter_combination", None),
    ),
    Case(
        "reasoning_effort without reasoning",
        {"reasoning_effort": "low"},
        {"model": "gpt-5", "reasoning_effort": "low"},
        "Unrecognized request argument supplied: reasoning_effort",
        more=coded(None, None),
    ),
    Case(
        "image of another role",
        conversation(HI, ASKED, {**RESULT, "content": [PICTURE]}),
        conversation({"role": "user", "content": [PICTURE]}, ASKED, RESULT),
        "Invalid 'messages[2]'. Image URLs are only allowed for messages with role 'user', but "
        "this message with role 'tool' contains an image URL.",
        more=coded("invalid_value", "messages[2]"),
    ),
    mistyped(
        "messages[].content[].image_url",
        "an object",
        conversation({"role": "user", "content": [{**PICTURE, "image_url": "https://a.test/a"}]}),
        "a string",
        conversation({"role": "user", "content": [PICTURE]}),
        "messages[0].content[0].image_url",
    ),
    *(
        Case(
            f"messages[].{field} too long",
            conversation(HI, called(of_the_call), resulted(41)),
            conversation(HI, called(40), resulted(40)),
            f"Invalid 'messages[{path}': string too long. Expected a string with maximum length "
            "40, but got a string with length 41 instead.",
            more=coded("string_above_max_length", f"messages[{path}"),
        )
        for field, of_the_call, path in (
            ("tool_calls[].id", 41, "1].tool_calls[0].id"),
            ("tool_call_id", 40, "2].tool_call_id"),
        )
    ),
    Case(
        "unknown key",
        {"top_k": 40},
        {"verbosity": "low"},
        "Unknown parameter: 'top_k'. Did you mean 'top_p'?",
        more=coded("unknown_parameter", "top_k"),
    ),
    mistyped(
        "parallel_tool_calls",
        "a boolean",
        {"parallel_tool_calls": "yes"},
        "a string",
        tool(strict=False),
    ),
    mistyped(
        "max_completion_tokens",
        "an integer",
        {"max_completion_tokens": 1.5},
        "a decimal number",
        {"max_completion_tokens": 1},
    ),
    beyond("max_completion_tokens", "integer", 0, 1, 1, below=True),
    mistyped("max_tokens", "an integer", {"max_tokens": "9"}, "a string", {"max_tokens": None}),
    beyond("max_tokens", "integer", 0, 1, 1, below=True),
    mistyped("n", "an integer", {"n": "2"}, "a string", {"n": 2}),
    beyond("n", "integer", 0, 1, 1, below=True),
    Case(
        "n too large",
        {"model": "gpt-5.6-terra", "n": 9},
        {"model": "gpt-5.6-terra", "n": 8},
        "Invalid 'n': integer above maximum value. Expected a value <= 8, but got 9 instead.",
        more=coded("integer_above_max_value", "n"),
    ),
    mistyped("temperature", "a decimal", {"temperature": "hot"}, "a string", {"temperature": 0}),
    beyond("temperature", "decimal", -1, 0, 0, below=True),
    beyond("temperature", "decimal", 7, 2, 2, below=False),
    mistyped("top_p", "a decimal", {"top_p": "wide"}, "a string", {"top_p": 0.5}),
    beyond("top_p", "decimal", -1, 0, 0, below=True),
    beyond("top_p", "decimal", 1.5, 1, 1, below=False),
    *(
        case
        for name in ("presence_penalty", "frequency_penalty")
        for case in (
            mistyped(name, "a decimal", {name: "x"}, "a string", {name: 0}),
            beyond(name, "decimal", -3, -2, -2, below=True),
            beyond(name, "decimal", 3, 2, 2, below=False),
        )
    ),
    mistyped("logprobs", "a boolean", {"logprobs": 1}, "an integer", {"logprobs": True}),
    mistyped(
        "top_logprobs",
        "an integer",
        {"top_logprobs": "x"},
        "a string",
        {"logprobs": True, "top_logprobs": 5},
    ),
    beyond("top_logprobs", "integer", -1, None, 0, below=True),
    Case(
        "top_logprobs too large",
        {"logprobs": True, "top_logprobs": 21},
        {"logprobs": True, "top_logprobs": 20},
        "Invalid value for 'top_logprobs': must be less than or equal to 20.",
        more=coded(None, "top_logprobs"),
    ),
    Case(
        "top_logprobs alone",
        {"top_logprobs": 1},
        {"logprobs": True, "top_logprobs": 1},
        "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
        more=coded(None, "top_logprobs"),
    ),
    mistyped("user", "a string", {"user": {"a": 1}}, "an object", {"user": "me"}),
    mistyped("seed", "an integer", {"seed": 1.5}, "a decimal number", {"seed": 1}),
    mistyped(
        "safety_identifier",
        "a string",
        {"safety_identifier": 7},
        "an integer",
        {"safety_identifier": "x"},
    ),
    mistyped(
        "prompt_cache_key",
        "a string",
        {"prompt_cache_key": 7},
        "an integer",
        {"prompt_cache_key": "x"},
    ),
    other(
        "service_tier",
        {"service_tier": "standard_only"},
        {"service_tier": "flex"},
        "standard_only",
        "'auto', 'default', 'fast', 'flex', and 'priority'",
    ),
    mistyped("stream", "a boolean", {"stream": "yes"}, "a string", {"stream": True}),
    mistyped("store", "a boolean", {"store": "yes"}, "a string", {"store": False}),
    mistyped(
        "metadata", "a metadata object", {"metadata": "x"}, "a string", {"metadata": {"a": "b"}}
    ),
    Case(
        "metadata size",
        {"metadata": {f"k{n}": "v" for n in range(17)}},
        {"metadata": {f"k{n}": "v" for n in range(16)}},
        "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, "
        "but got an object with 17 properties instead.",
        more=coded("object_above_max_properties", "metadata"),
    ),
    Case(
        "metadata key",
        {"metadata": {"k" * 70: "v"}},
        {"metadata": {"k" * 64: "v"}},
        "Invalid property name in 'metadata': 'kkk...kkk' is too long. Expected a string with "
        "maximum length 64, but got a string with length 70 instead.",
        more=coded("property_name_above_max_length", "metadata." + "k" * 70),
    ),
    Case(
        "metadata value",
        {"metadata": {"k": "x" * 600}},
        {"metadata": {"k": "x" * 512}},
        "Invalid 'metadata.k': string too long. Expected a string with maximum length 512, but got "
        "a string with length 600 instead.",
        more=coded("string_above_max_length", "metadata.k"),
    ),
    other(
        "verbosity",
        {"verbosity": "loud"},
        {"verbosity": "low"},
        "loud",
        "'low', 'medium', and 'high'",
    ),
    Case(
        "stop too long",
        {"stop": ["a", "b", "c", "d", "e"]},
        {"stop": ["a", "b", "c", "d"]},
        "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array "
        "with length 5 instead.",
        more=coded("array_above_max_length", "stop"),
    ),
    mistyped(
        "response_format",
        "an object",
        {"response_format": "json"},
        "a string",
        {"response_format": {"type": "text"}},
    ),
    lacks(
        "response_format.type",
        "response_format's type",
        {"response_format": {}},
        {"response_format": None},
    ),
    other(
        "response_format.type",
        {"response_format": {"type": "json"}},
        {"response_format": {"type": "text"}},
        "json",
        "'json_object', 'json_schema', and 'text'",
    ),
    lacks(
        "response_format.json_schema",
        "json_schema",
        {"response_format": {"type": "json_schema"}},
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "a", "schema": SCHEMA},
            }
        },
    ),
    lacks(
        "response_format.json_schema.name",
        "json_schema's name",
        {"response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}}},
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "a", "schema": SCHEMA},
            }
        },
    ),
    Case(
        "strict answer",
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "X", "strict": True, "schema": SCHEMA},
            }
        },
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "X", "strict": True, "schema": CLOSED},
            }
        },
        "Invalid schema for response_format 'X': In context=(), 'additionalProperties' is required "
        "to be supplied and to be false.",
        more=coded(None, "response_format"),
    ),
    Case(
        "JSON unmentioned",
        {"response_format": {"type": "json_object"}},
        {
            "response_format": {"type": "json_object"},
            **conversation({"role": "user", "content": "in JSON"}),
        },
        "'messages' must contain the word 'json' in some form, to use 'response_format' of type "
        "'json_object'.",
        more=coded(None, "messages"),
    ),
)

MODELS = (
    unsupported("stop", ["END"], {"stop": ["END"]}),
    unsupported("logit_bias", {"1": 1}, {"logit_bias": {"1": 1}}),
    unsupported(
        "prediction", {"type": "content", "content": "a"}, {"prediction": None, **REASONER}
    ),
    unsupported(
        "presence_penalty", 0.5, {**REASONER, "reasoning_effort": "none", "presence_penalty": 0.5}
    ),
    unsupported("frequency_penalty", 0.5, {**REASONER, "frequency_penalty": 0}),
    unsupported("logprobs", True, {**REASONER, "logprobs": False}),
    unsupported("top_p", 0.5, {**REASONER, "top_p": 1}),
    unsupported(
        "max_tokens",
        32,
        {**REASONER, "max_completion_tokens": 32},
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
        "'max_completion_tokens' instead.",
    ),
    Case(
        "temperature of a reasoning model",
        {**REASONER, "temperature": 0.2},
        {**REASONER, "temperature": 1},
        "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default "
        "(1) value is supported.",
        more=coded("unsupported_value", "temperature"),
    ),
    Case(
        "reasoning_effort",
        {**REASONER, "reasoning_effort": "max"},
        {**REASONER, "reasoning_effort": "xhigh"},
        "Unsupported value: 'reasoning_effort' does not support 'max' with this model. Supported "
        "values are: 'none', 'low', 'medium', 'high', and 'xhigh'.",
        more=coded("unsupported_value", "reasoning_effort"),
    ),
    *(
        Case(
            f"{name} of the model",
            {name: 100_000},
            {name: 16_384},
            "max_tokens is too large: 100000. This model supports at most 16384 completion tokens, "
            "whereas you provided 100000.",
            more=coded("invalid_value", name),
        )
        for name in ("max_tokens", "max_completion_tokens")
    ),
    Case(
        "stream_options alone",
        {"stream_options": {"include_usage": True}},
        {"stream_options": {"include_usage": True}, "stream": True},
        "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        more=coded(None, "stream_options"),
    ),
    Case(
        "context window",
        conversation({"role": "user", "content": WORDS}),
        {"model": "gpt-4.1", **conversation({"role": "user", "content": WORDS})},
        "This model's maximum context length is 128000 tokens. However, your messages resulted in "
        "150001 tokens. Please reduce the length of the messages.",
        more=coded("context_length_exceeded", "messages"),
    ),
    Case(
        "context window with tools",
        {
            **conversation({"role": "user", "content": "word " * 139_000}),
            **tool(description="word " * 9_000),
        },
        {**conversation({"role": "user", "content": "word " * 139_000}), **tool()},
        "This model's maximum context length is 128000 tokens. However, your messages resulted in "
        "148005 tokens (139001 in the messages, 9004 in the functions). Please reduce the length "
        "of the messages or functions.",
        more=coded("context_length_exceeded", "messages"),
    ),
    Case(
        "context window with the answer",
        {
            "model": "gpt-3.5-turbo-1106",
            "max_tokens": 4_000,
            **conversation({"role": "user", "content": "word " * 16_000}),
        },
        {
            "model": "gpt-3.5-turbo-1106",
            "max_tokens": 2_000,
            **conversation({"role": "user", "content": "word " * 16_000}),
        },
        "This model's maximum context length is 16385 tokens. However, you requested 20001 tokens "
        "(16001 in the messages, 4000 in the completion). Please reduce the length of the messages "
        "or completion.",
        more=coded("context_length_exceeded", "messages"),
    ),
)

MESSAGES = (
    lacks("messages", "messages", {"messages": GONE}, {}),
    mistyped("messages", "an array of objects", {"messages": "hi"}, "a string", {}),
    Case(
        "no message",
        {"messages": []},
        {},
        "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an "
        "empty array instead.",
        more=coded("empty_array", "messages"),
    ),
    mistyped("messages[]", "an object", conversation("hi"), "a string", {}, "messages[0]"),
    lacks("messages[0].role", "role", conversation({"content": "hi"}), {}),
    other(
        "messages[].role",
        conversation({"role": "model", "content": "hi"}),
        conversation({"role": "developer", "content": "hi"}),
        "model",
        "'system', 'assistant', 'user', 'function', 'tool', and 'developer'",
        "messages[0].role",
    ),
    mistyped(
        "messages[].content",
        TEXT_OR_PARTS,
        conversation({"role": "user", "content": 7}),
        "an integer",
        conversation({"role": "user", "content": ""}),
        "messages[0].content",
    ),
    mistyped(
        "messages[].content[]",
        "an object",
        conversation({"role": "user", "content": ["hi"]}),
        "a string",
        conversation({"role": "user", "content": []}),
        "messages[0].content[0]",
    ),
    lacks(
        "messages[0].content[0].type",
        "part's type",
        conversation({"role": "user", "content": [{"text": "hi"}]}),
        conversation({"role": "user", "content": [{"type": "text", "text": "hi"}]}),
    ),
    other(
        "messages[].content[].type",
        conversation({"role": "user", "content": [{"type": "tool_result", "content": "x"}]}),
        conversation(
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}
        ),
        "tool_result",
        "'text', 'image_url', 'input_audio', 'refusal', 'audio', and 'file'",
        "messages[0].content[0].type",
    ),
    mistyped(
        "messages[].tool_calls",
        "an array of objects",
        conversation(HI, {"role": "assistant", "content": "x", "tool_calls": "x"}),
        "a string",
        conversation(HI, {"role": "assistant", "content": "x", "tool_calls": None}),
        "messages[1].tool_calls",
    ),
    Case(
        "no tool call",
        conversation(HI, {"role": "assistant", "content": "x", "tool_calls": []}),
        conversation(HI, {"role": "assistant", "content": "x"}),
        "Invalid 'messages[1].tool_calls': empty array. Expected an array with minimum length 1, "
        "but got an empty array instead.",
        more=coded("empty_array", "messages[1].tool_calls"),
    ),
    *(
        lacks(
            f"messages[1].tool_calls[0].{key}",
            f"call's {key}",
            conversation(
                HI, {**ASKED, "tool_calls": [{k: v for k, v in CALL.items() if k != key}]}, RESULT
            ),
            conversation(HI, ASKED, RESULT),
        )
        for key in ("id", "type")
    ),
    mistyped(
        "messages[].tool_calls[].function.arguments",
        "a string",
        conversation(
            HI,
            {**ASKED, "tool_calls": [{**CALL, "function": {"name": "f", "arguments": {}}}]},
            RESULT,
        ),
        "an object",
        conversation(HI, ASKED, RESULT),
        "messages[1].tool_calls[0].function.arguments",
    ),
    lacks(
        "messages[2].tool_call_id",
        "tool_call_id",
        conversation(HI, ASKED, {"role": "tool", "content": "x"}),
        conversation(HI, ASKED, RESULT),
    ),
    lacks(
        "messages[0].content",
        "developer's content",
        conversation({"role": "developer"}, HI),
        conversation({"role": "developer", "content": "x"}, HI),
    ),
    Case(
        "developer's content null",
        conversation({"role": "developer", "content": None}, HI),
        conversation({"role": "developer", "content": "x"}, HI),
        f"Invalid type for 'messages[0].content': expected {TEXT_OR_PARTS}, but got null instead.",
        more=coded("invalid_type", "messages[0].content"),
    ),
    Case(
        "messages[].content too long",
        {"model": "a", **conversation({"role": "user", "content": "x" * 10_485_761})},
        {"model": "a", **conversation({"role": "user", "content": "x" * 10_485_760})},
        "Invalid 'messages[0].content': string too long. Expected a string with maximum length "
        "10485760, but got a string with length 10485761 instead.",
        more=coded("string_above_max_length", "messages[0].content"),
    ),
    Case(
        "content missing",
        conversation(HI, {"role": "assistant", "content": None}),
        conversation(HI, {"role": "assistant", "content": None, "refusal": "no"}),
        "Invalid value for 'content': expected a string, got null.",
        more=coded(None, "messages.[1].content"),
    ),
    Case(
        "tool call without its result",
        conversation(HI, ASKED, HI),
        conversation(HI, ASKED, RESULT, HI),
        "An assistant message with 'tool_calls' must be followed by tool messages responding to "
        "each 'tool_call_id'. The following tool_call_ids did not have response messages: call_1",
        more=coded(None, "messages.[2].role"),
    ),
    Case(
        "tool result without its call",
        conversation(HI, RESULT),
        conversation(HI, ASKED, RESULT),
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message "
        "with 'tool_calls'.",
        more=coded(None, "messages.[1].role"),
    ),
)

NAMED = {"type": "function", "function": {"name": "track"}}
TOOLS = (
    mistyped(
        "functions",
        "an array of function definitions",
        {"functions": "x"},
        "a string",
        {"functions": None},
    ),
    lacks(
        "functions[0].name",
        "function's name",
        {"functions": [{"parameters": SCHEMA}]},
        {"functions": [{"name": "track", "parameters": SCHEMA}]},
    ),
    mistyped("tools", "an array of objects", {"tools": "none"}, "a string", {"tools": None}),
    Case(
        "tools too long",
        {"tools": tool()["tools"] * 129},
        {"tools": tool()["tools"] * 128},
        "Invalid 'tools': array too long. Expected an array with maximum length 128, but got an "
        "array with length 129 instead.",
        more=coded("array_above_max_length", "tools"),
    ),
    lacks(
        "tools[0].type",
        "tool's type",
        {"tools": [{"name": "track", "input_schema": SCHEMA}]},
        tool(),
    ),
    lacks(
        "tools[0].function",
        "tool's function",
        {"tools": [{"type": "function", "name": "track"}]},
        tool(),
    ),
    lacks("tools[0].function.name", "tool's name", tool(name=GONE), tool()),
    Case(
        "tool's name empty",
        tool(name=""),
        tool(name="t"),
        "Invalid 'tools[0].function.name': empty string. Expected a string with minimum length 1, "
        "but got an empty string instead.",
        more=coded("empty_string", "tools[0].function.name"),
    ),
    Case(
        "tools[].function.name too long",
        tool(name="t" * 65),
        tool(name="t" * 64),
        "Invalid 'tools[0].function.name': string too long. Expected a string with maximum length "
        "64, but got a string with length 65 instead.",
        more=coded("string_above_max_length", "tools[0].function.name"),
    ),
    Case(
        "tool's name",
        tool(name="track.order"),
        tool(name="track-order_2"),
        "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that "
        "matches the pattern '^[a-zA-Z0-9_-]+$'.",
        more=coded("invalid_value", "tools[0].function.name"),
    ),
    Case(
        "schema's type",
        tool(parameters={"type": "string"}),
        tool(parameters={}),
        "Invalid schema for function 'track': schema must be a JSON Schema of 'type: \"object\"', "
        "got 'type: \"string\"'.",
        more=coded("invalid_function_parameters", "tools[0].function.parameters"),
    ),
    Case(
        "array without items",
        tool(parameters={"type": "object", "properties": {"tags": {"type": "array"}}}),
        tool(parameters={"type": "object", "properties": {"tags": {"type": "array", "items": {}}}}),
        "Invalid schema for function 'track': In context=('properties', 'tags'), array schema "
        "missing items.",
        more=coded("invalid_function_parameters", "tools[0].function.parameters"),
    ),
    Case(
        "strict schema",
        tool(strict=True, parameters={**CLOSED, "required": []}),
        tool(strict=True, parameters=CLOSED),
        "Invalid schema for function 'track': In context=(), 'required' is required to be supplied "
        "and to be an array including every key in properties. Missing 'order'.",
        more=coded("invalid_function_parameters", "tools[0].function.parameters"),
    ),
    mistyped(
        "tool_choice",
        "one of one of 'none', 'auto', or 'required' or object",
        {"tool_choice": 7},
        "an integer",
        {"tool_choice": "auto", **tool()},
    ),
    other(
        "tool_choice",
        {"tool_choice": "any", **tool()},
        {"tool_choice": "required", **tool()},
        "any",
        "'none', 'auto', and 'required'",
    ),
    lacks(
        "tool_choice.function",
        "choice's function",
        {"tool_choice": {"type": "tool", "name": "track"}, **tool()},
        {"tool_choice": NAMED, **tool()},
    ),
    lacks(
        "tool_choice.function.name",
        "choice's name",
        {"tool_choice": {"type": "function", "function": {}}, **tool()},
        {"tool_choice": NAMED, **tool()},
    ),
    Case(
        "forced tool",
        {"tool_choice": NAMED, **tool(name="other")},
        {"tool_choice": NAMED, **tool()},
        "Invalid value for 'function_call': no function named 'track' was specified in the "
        "'functions' parameter.",
        more=coded(None, "function_call"),
    ),
)
CASES = (*FIELDS, *MODELS, *MESSAGES, *TOOLS)


@pytest.mark.exhaustive(sample=5)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_b8_any_value_of_any_field_gets_an_answer(case):
    check_hostile_values(CHAT, case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_b14_a_broken_rule_of_openais_chat_is_refused_and_the_nearest_valid_request_is_not(case):
    check(CHAT, case)


def test_every_rule_of_openais_chat_has_its_case():
    assert rules_of(CHAT.table) == {case.rule for case in CASES}


@pytest.mark.parametrize(
    "change",
    [
        {"model": "gpt-5.4-mini", "temperature": 0.2},  # thinks only when it is asked to
        {"model": "gpt-5.2", "top_p": 0.5, "reasoning_effort": "none"},
        {"model": "gpt-5-chat-latest-2", "temperature": 0.2, "max_tokens": 9},
        {"model": "our-own-name", "temperature": 0.2, "max_tokens": 9, "stop": ["a"]},
        conversation(
            HI,
            {**ASKED, "tool_calls": [CALL, {**CALL, "id": "call_2"}]},
            {**RESULT, "tool_call_id": "call_2"},
            RESULT,
        ),
        conversation(
            HI,
            {**ASKED, "content": ""},
            RESULT,
            ASKED,
            RESULT,
            {"role": "assistant", "content": "x"},
        ),
        conversation(
            {"role": "system", "content": "a"}, {"role": "assistant", "content": "b"}, HI, HI
        ),
        conversation(HI, {"role": "function", "name": "f", "content": "x"}),
        {"tools": [{"type": "custom", "custom": {"name": "shell"}}]},
    ],
)
def test_requests_that_the_api_takes_are_taken(change):
    with outage():
        reply = post(CHAT, change, Case("", {}, {}, ""))
    assert reply.status_code == 200, reply.text


LEAF = {"type": "string"}


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({"type": "object"}, "In context=(), object schema missing properties."),
        (
            {"type": "object", "properties": {"a": {"type": "array"}}},
            "In context=('properties', 'a'), array schema missing items.",
        ),
        (
            {"anyOf": [CLOSED]},
            "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'.",
        ),
    ],
)
def test_b1_parameters_that_do_not_say_of_what_they_are_made_are_refused(schema, says):
    with outage():
        reply = post(CHAT, tool(parameters=schema), Case("", {}, {}, ""))
    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (400, "invalid_function_parameters")
    assert error["message"] == f"Invalid schema for function 'track': {says}"


@pytest.mark.parametrize("word", ["oneOf", "allOf"])
def test_b1_words_that_strict_mode_does_not_permit_are_refused_and_any_of_is_not(word):
    def strict(name):
        return answer(
            strict=True,
            schema={**CLOSED, "properties": {"order": {name: [LEAF, {"type": "null"}]}}},
        )

    with outage():
        refused = post(CHAT, strict(word), Case("", {}, {}, ""))
        accepted = post(CHAT, strict("anyOf"), Case("", {}, {}, ""))
        loose = post(CHAT, answer(schema=strict(word)), Case("", {}, {}, ""))
    assert refused.json()["error"]["message"] == (
        "Invalid schema for response_format 'order': In context=('properties', 'order'), "
        f"'{word}' is not permitted."
    )
    assert {accepted.status_code, loose.status_code} == {200}
