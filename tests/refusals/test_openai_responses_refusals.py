"""What Responses refuses: each rule with a request that breaks it and one that nearly does."""

from __future__ import annotations

import pytest
from support.openai_refusals import beyond, coded, lacks, mistyped
from support.refusal_cases import GONE, Api, Case, check, check_hostile_values, post, rules_of

from chaos_llm import outage

HI = {"role": "user", "content": "hi"}
RESPONSES = Api(
    "openai responses",
    "https://api.openai.com/v1/responses",
    {"authorization": "Bearer sk-test"},
    {"model": "gpt-5.5", "input": "hi"},
)
PLAIN = {"model": "gpt-4.1"}
SCHEMA = {"type": "object", "properties": {"order": {"type": "string"}}}
CLOSED = {**SCHEMA, "additionalProperties": False, "required": ["order"]}
TOOL = {"type": "function", "name": "track", "parameters": SCHEMA}
CALL = {
    "type": "function_call",
    "id": "fc_1",
    "call_id": "call_1",
    "name": "track",
    "arguments": "{}",
}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "at the depot"}
CIPHER = "gAAAAABo" + "a1-_" * 20
REASONING = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": CIPHER}
SAID = {
    "id": "msg_1",
    "type": "message",
    "status": "completed",
    "role": "assistant",
    "content": [{"type": "output_text", "annotations": [], "logprobs": [], "text": "OK"}],
}
KINDS = "'additional_tools', 'agent_message', 'apply_patch_call', 'apply_patch_call_output', "
PARTS = (
    "'input_text', 'input_image', 'input_audio', 'output_text', 'refusal', 'input_file', "
    "'computer_screenshot', 'summary_text', and 'encrypted_content'"
)
EFFORTS = "'none', 'minimal', 'low', 'medium', 'high', 'xhigh', and 'max'"
WORDS = "word " * 1_200_000


def hears(*items):
    return {"input": list(items)}


def tool(**changes):
    return {"tools": [{k: v for k, v in {**TOOL, **changes}.items() if v is not GONE}]}


def answer(schema):
    form = {"type": "json_schema", "name": "order", "schema": schema, "strict": True}
    return {"text": {"format": form}}


def other(rule, refused, accepted, value, values, path=None):  # noqa: PLR0917 - a row
    message = f"Invalid value: '{value}'. Supported values are: {values}"
    return Case(rule, refused, accepted, message, more=coded("invalid_value", path or rule))


def unknown(rule, refused, accepted, path):
    message = f"Unknown parameter: '{path}'."
    return Case(rule, refused, accepted, message, more=coded("unknown_parameter", path))


HEAD = (
    Case("invalid JSON", {}, {}, "We could not parse the JSON body of your request. ", raw=b"["),
    Case(
        "content type",
        {"$headers": {"content-type": "application/x-www-form-urlencoded"}},
        {},
        "Unsupported content type: 'application/x-www-form-urlencoded'. ",
        more=coded("unsupported_content_type", None),
    ),
    lacks("model", "model", {"model": GONE}, {"model": GONE, "prompt": {"id": "pmpt_1"}}),
    mistyped("model", "a string", {"model": None}, "an object", {}),
    Case(
        "model retired",
        {"model": "gpt-5-chat-latest"},
        {"model": "gpt-6-nobody-knows-it"},
        "The requested model 'gpt-5-chat-latest' does not exist.",
        more=coded("model_not_found", "model"),
    ),
    Case(
        "another vendor's model",
        {"model": "gemini-2.5-pro"},
        {"model": "our-model"},
        "The requested model 'gemini-2.5-pro' does not exist.",
        more=coded("model_not_found", "model"),
    ),
    lacks("input", "input", {"input": GONE}, {"input": GONE, "prompt": {"id": "pmpt_1"}}),
    Case(
        "messages for input",
        {"messages": [HI]},
        hears(HI),
        "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to "
        "'input'. Try again with the new parameter. See the API documentation for more "
        "information: https://platform.openai.com/docs/api-reference/responses/create.",
        more=coded("unsupported_parameter", None),
    ),
    Case(
        "unknown key",
        {"stop": ["END"]},
        {"safety_identifier": "me"},
        "Unknown parameter: 'stop'. Did you mean 'store'?",
        more=coded("unknown_parameter", "stop"),
    ),
)
ITEMS = (
    mistyped(
        "input", "one of a string or array of input items", {"input": {"a": 1}}, "an object", {}
    ),
    mistyped("input[]", "an input item", {"input": ["hi"]}, "a string", hears(HI), "input[0]"),
    other(
        "kind of item", hears({"type": "tool_result"}), hears(HI), "tool_result", KINDS, "input[0]"
    ),
    other(
        "role",
        hears({"role": "tool", "content": "x"}),
        hears({"role": "developer", "content": "x"}, HI),
        "tool",
        "'assistant', 'system', 'developer', and 'user'.",
        "input[0]",
    ),
    lacks("input[0].content", "content", hears({"role": "user"}), hears(HI)),
    unknown(
        "item's key",
        hears({**HI, "tool_calls": []}),
        hears({**SAID, "phase": "final_answer"}, HI),
        "input[0].tool_calls",
    ),
    other(
        "content part",
        hears({"role": "user", "content": [{"type": "text", "text": "x"}]}),
        hears({"role": "user", "content": [{"type": "input_text", "text": "x"}]}),
        "text",
        f"{PARTS}.",
        "input[0].content[0].type",
    ),
    other(
        "content part of another role",
        hears({"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}, HI),
        hears({"role": "assistant", "content": [{"type": "output_text", "text": "x"}]}, HI),
        "input_text",
        "'output_text' and 'refusal'.",
        "input[0].content[0]",
    ),
    lacks(
        "input[0].content[0].text",
        "part's text",
        hears({"role": "user", "content": [{"type": "input_text"}]}),
        hears({"role": "user", "content": []}),
    ),
    lacks(
        "input[1].call_id",
        "item's field",
        hears(HI, {"type": "function_call", "name": "f", "arguments": "{}"}),
        hears(HI, CALL, OUTPUT),
    ),
    Case(
        "item's id",
        hears(HI, {**CALL, "id": "call_x"}, OUTPUT),
        hears(HI, {**CALL, "id": None}, OUTPUT),
        "Invalid 'input[1].id': 'call_x'. Expected an ID that begins with 'fc'.",
        more=coded("invalid_value", "input[1].id"),
    ),
    Case(
        "reasoning shown",
        hears(HI, {**REASONING, "content": [{"type": "reasoning_text", "text": "hm"}]}, SAID, HI),
        hears(HI, {**REASONING, "content": []}, SAID, HI),
        "Invalid 'input[1].content': array too long. Expected an array with maximum length 0, but "
        "got an array with length 1 instead.",
        more=coded("array_above_max_length", "input[1].content"),
    ),
    Case(
        "no items",
        {"input": []},
        {"input": "", "conversation": "conv_1"},
        "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation' must be "
        "provided.",
        more=coded("missing_required_parameter", None),
    ),
    Case(
        "output without its call",
        hears(HI, OUTPUT),
        {**hears(OUTPUT), "previous_response_id": "resp_1"},
        "No tool call found for function call output with call_id call_1.",
        more=coded(None, "input"),
    ),
    Case(
        "call without its output",
        hears(HI, CALL, HI),
        hears(HI, CALL, SAID, OUTPUT),
        "No tool output found for function call call_1.",
        more=coded(None, "input"),
    ),
    Case(
        "reasoning alone",
        {"model": "gpt-5", **hears(HI, REASONING, HI)},
        {"model": "gpt-5", **hears(HI, REASONING, CALL, OUTPUT)},
        "Item 'rs_1' of type 'reasoning' was provided without its required following item.",
        more=coded(None, "input"),
    ),
    Case(
        "foreign ciphertext",
        hears(HI, {**REASONING, "encrypted_content": "not ours"}, SAID, HI),
        hears(HI, REASONING, SAID, HI),
        "The encrypted content not ours could not be verified. Reason: Encrypted content could not "
        "be decrypted or parsed.",
        more=coded("invalid_encrypted_content", "input[1].encrypted_content"),
    ),
    Case(
        "context window",
        {"input": WORDS},
        {"input": WORDS, "truncation": "auto"},
        "Your input exceeds the context window of this model. Please adjust your input and try "
        "again.",
        more=coded("context_length_exceeded", "input"),
    ),
)
STRICT = {"format": {"type": "json_schema", "name": "X", "strict": True, "schema": SCHEMA}}
FIELDS = (
    other(
        "include[]",
        {"include": ["bogus.thing"]},
        {"include": ["reasoning.encrypted_content"]},
        "bogus.thing",
        "'file_search_call.results', ",
        "include[0]",
    ),
    mistyped("tools", "an array of tools", {"tools": "none"}, "a string", {"tools": None}),
    lacks("tools[0].type", "tool's type", {"tools": [{"name": "track"}]}, tool()),
    lacks(
        "tools[0].name",
        "tool's name",
        {"tools": [{"type": "function", "function": {"name": "track"}}]},
        {"tools": [{"type": "web_search"}]},
    ),
    Case(
        "schema's type",
        tool(parameters={"type": "array", "items": {}}),
        tool(),
        "Invalid schema for function 'track': schema must be a JSON Schema of 'type: \"object\"', "
        "got 'type: \"array\"'.",
        more=coded("invalid_function_parameters", "tools[0].parameters"),
    ),
    Case(
        "array without items",
        tool(parameters={"type": "object", "properties": {"tags": {"type": "array"}}}),
        tool(),
        "Invalid schema for function 'track': In context=('properties', 'tags'), array schema "
        "missing items.",
        more=coded("invalid_function_parameters", "tools[0].parameters"),
    ),
    Case(
        "strict schema",
        tool(strict=True),
        tool(strict=True, parameters=CLOSED),
        "Invalid schema for function 'track': In context=(), 'additionalProperties' is required to "
        "be supplied and to be false.",
        more=coded("invalid_function_parameters", "tools[0].parameters"),
    ),
    mistyped(
        "tool_choice",
        "one of an object or 'none', 'auto', or 'required'",
        {"tool_choice": 7},
        "an integer",
        {"tool_choice": {"type": "web_search"}, "tools": [{"type": "web_search"}]},
    ),
    other(
        "tool_choice",
        {"tool_choice": "any", **tool()},
        {"tool_choice": "required", **tool()},
        "any",
        "'none', 'auto', and 'required'.",
    ),
    lacks(
        "tool_choice.name",
        "choice's name",
        {"tool_choice": {"type": "function", "function": {"name": "track"}}, **tool()},
        {"tool_choice": {"type": "function", "name": "track"}, **tool()},
    ),
    mistyped("metadata", "a metadata object", {"metadata": "x"}, "a string", {"metadata": {}}),
    Case(
        "metadata size",
        {"metadata": {f"k{n}": "v" for n in range(17)}},
        {"metadata": {f"k{n}": "v" for n in range(16)}},
        "Invalid 'metadata': too many properties. ",
        more=coded("object_above_max_properties", "metadata"),
    ),
    Case(
        "metadata key",
        {"metadata": {"k" * 65: "v"}},
        {"metadata": {"k" * 64: "v"}},
        "Invalid property name in 'metadata': 'kkk...kkk' is too long. ",
        more=coded("property_name_above_max_length", "metadata." + "k" * 65),
    ),
    Case(
        "metadata value",
        {"metadata": {"k": "x" * 513}},
        {"metadata": {"k": "x" * 512}},
        "Invalid 'metadata.k': string too long. ",
        more=coded("string_above_max_length", "metadata.k"),
    ),
    mistyped("text", "an object", {"text": "json"}, "a string", {"text": {"verbosity": "low"}}),
    unknown("text's key", {"text": {"type": "json"}}, {"text": {}}, "text.type"),
    other(
        "text.format.type",
        {"text": {"format": {"type": "json"}}},
        {"text": {"format": {"type": "text"}}},
        "json",
        "'json_object', 'text', and 'json_schema'.",
    ),
    lacks(
        "text.format.name",
        "format's name",
        {"text": {"format": {"type": "json_schema", "schema": SCHEMA}}},
        {"text": {"format": {"type": "json_schema", "name": "a", "schema": SCHEMA}}},
    ),
    Case(
        "strict answer",
        {"text": STRICT},
        {"text": {"format": {**STRICT["format"], "schema": CLOSED}}},
        "Invalid schema for response_format 'X': In context=(), 'additionalProperties' is required "
        "to be supplied and to be false.",
        more=coded("invalid_json_schema", "text.format.schema"),
    ),
    other(
        "text.verbosity",
        {"text": {"verbosity": "loud"}},
        {"text": {"verbosity": "low"}},
        "loud",
        "'low', 'medium', and 'high'.",
    ),
    mistyped("temperature", "a decimal", {"temperature": "hot"}, "a string", {"temperature": None}),
    beyond("temperature", "decimal", -1, 0, 0, below=True, base=PLAIN),
    beyond("temperature", "decimal", 3, 2, 2, below=False, base=PLAIN),
    mistyped("top_p", "a decimal", {"top_p": "wide"}, "a string", {"top_p": 1}),
    beyond("top_p", "decimal", -1, 0, 0, below=True, base=PLAIN),
    beyond("top_p", "decimal", 2, 1, 1, below=False, base=PLAIN),
    mistyped(
        "stream_options", "an object", {"stream_options": "x"}, "a string", {"stream_options": {}}
    ),
    unknown(
        "stream_options' key",
        {"stream": True, "stream_options": {"include_usage": True}},
        {"stream": True, "stream_options": {"include_obfuscation": False}},
        "stream_options.include_usage",
    ),
    *(
        mistyped(name, "a boolean", {name: "yes"}, "a string", {name: False})
        for name in ("parallel_tool_calls", "stream", "background", "store")
    ),
    mistyped(
        "max_output_tokens",
        "an integer",
        {"max_output_tokens": "x"},
        "a string",
        {"max_output_tokens": 16},
    ),
    beyond("max_output_tokens", "integer", 15, 16, 16, below=True, base=PLAIN),
    mistyped(
        "max_tool_calls", "an integer", {"max_tool_calls": "x"}, "a string", {"max_tool_calls": 1}
    ),
    beyond("max_tool_calls", "integer", 0, 1, 1, below=True, base=PLAIN),
    mistyped("reasoning", "an object", {"reasoning": "low"}, "a string", {"reasoning": {}}),
    other(
        "reasoning.effort",
        {"reasoning": {"effort": "some"}},
        {"reasoning": {"effort": "max"}},
        "some",
        f"{EFFORTS}.",
    ),
    other(
        "reasoning.summary",
        {"reasoning": {"summary": "long"}},
        {"reasoning": {"summary": "auto"}},
        "long",
        "'concise', 'detailed', and 'auto'.",
    ),
    *(
        mistyped(name, "a string", {name: {"a": 1}}, "an object", {name: "x"})
        for name in ("user", "safety_identifier", "prompt_cache_key", "instructions")
    ),
    mistyped(
        "previous_response_id",
        "a string",
        {"previous_response_id": 7},
        "an integer",
        {"previous_response_id": "resp_1"},
    ),
    other(
        "truncation",
        {"truncation": "no"},
        {"truncation": "disabled"},
        "no",
        "'auto' and 'disabled'.",
    ),
    other(
        "service_tier",
        {"service_tier": "gold"},
        {"service_tier": "fast"},
        "gold",
        "'auto', 'default', 'fast', 'flex', and 'priority'.",
    ),
    mistyped(
        "top_logprobs",
        "an integer",
        {"top_logprobs": "x"},
        "a string",
        {**PLAIN, "top_logprobs": 2},
    ),
    Case(
        "conversation beside response",
        {"conversation": "conv_1", "previous_response_id": "resp_1"},
        {"conversation": "conv_1"},
        "Mutually exclusive parameters: ''. Ensure you are only providing one of: 'pre..._id' or "
        "'conversation'.",
        more=coded("mutually_exclusive_parameters", None),
    ),
)
MODELS = (
    *(
        Case(
            f"{name} of a reasoning model",
            {name: value},
            {**PLAIN, name: value},
            f"Unsupported parameter: '{name}' is not supported with this model.",
            more=coded(None, name),
        )
        for name, value in (
            ("temperature", 0.2),
            ("top_p", 0.5),
            ("presence_penalty", 0.5),
            ("frequency_penalty", 0.5),
        )
    ),
    Case(
        "effort of the model",
        {"model": "o3", "reasoning": {"effort": "minimal"}},
        {"model": "o3", "reasoning": {"effort": "low"}},
        "Unsupported value: 'minimal' is not supported with the 'o3' model. Supported values are: "
        "'low', 'medium', and 'high'.",
        more=coded("unsupported_value", "reasoning.effort"),
    ),
    Case(
        "logprobs by include[]",
        {"include": ["message.output_text.logprobs"]},
        {**PLAIN, "include": ["message.output_text.logprobs"]},
        "logprobs are not supported with reasoning models.",
        more=coded("unsupported_parameter", "include"),
    ),
    Case(
        "logprobs by top_logprobs",
        {"top_logprobs": 1},
        {"top_logprobs": 1, "reasoning": {"effort": "none"}},
        "logprobs are not supported with reasoning models.",
        more=coded("unsupported_parameter", "top_logprobs"),
    ),
    Case(
        "max_output_tokens of the model",
        {**PLAIN, "max_output_tokens": 100_000},
        {"max_output_tokens": 100_000},
        "max_output_tokens is too large: 100000. This model supports at most 32768 completion "
        "tokens, whereas you provided 100000.",
        more=coded("invalid_value", "max_output_tokens"),
    ),
)
OF_CHAT = (
    *(
        Case(
            f"{name} of chat",
            {name: value},
            moved,
            f"Unsupported parameter: '{name}'. In the Responses API, this parameter has moved to "
            f"'{place}'. Try again with the new parameter.",
            more=coded("unsupported_parameter", None),
        )
        for name, value, place, moved in (
            (
                "response_format",
                {"type": "text"},
                "text.format",
                {"text": {"format": {"type": "text"}}},
            ),
            ("reasoning_effort", "low", "reasoning.effort", {"reasoning": {"effort": "low"}}),
        )
    ),
    Case(
        "tool's name",
        tool(name="a.b"),
        tool(name="a-b_1"),
        "Invalid 'tools[0].name': string does not match pattern. Expected a string that matches "
        "the pattern '^[a-zA-Z0-9_-]+$'.",
        more=coded("invalid_value", "tools[0].name"),
    ),
    Case(
        "forced tool",
        {**tool(), "tool_choice": {"type": "function", "name": "never_declared"}},
        {**tool(), "tool_choice": {"type": "function", "name": "track"}},
        "Tool choice 'never_declared' not found in 'tools' parameter.",
        more=coded(None, "tool_choice"),
    ),
    Case(
        "type of an answer",
        answer({"type": "array", "items": CLOSED}),
        answer(CLOSED),
        "Invalid schema for response_format 'order': schema must be a JSON Schema of 'type: "
        '"object"\', got \'type: "array"\'.',
        more=coded("invalid_json_schema", "text.format.schema"),
    ),
    Case(
        "id of a response",
        {"previous_response_id": "msg_01XFDUDYJgAACzvnptvVoYEL"},
        {"previous_response_id": "resp_1"},
        "Invalid 'previous_response_id': 'msg_01XFDUDYJgAACzvnptvVoYEL'. Expected an ID that "
        "begins with 'resp'.",
        more=coded("invalid_value", "previous_response_id"),
    ),
    Case(
        "JSON unmentioned",
        {"text": {"format": {"type": "json_object"}}, "instructions": "Give JSON."},
        {"text": {"format": {"type": "json_object"}}, "input": "Give JSON."},
        "Response input messages must contain the word 'json' in some form to use 'text.format' "
        "of type 'json_object'.",
        more=coded(None, "text.format"),
    ),
    Case(
        "effort without reasoning",
        {**PLAIN, "reasoning": {"effort": "low"}},
        {"reasoning": {"effort": "low"}},
        "Unsupported parameter: 'reasoning.effort' is not supported with this model.",
        more=coded("unsupported_parameter", "reasoning.effort"),
    ),
)
CASES = (*HEAD, *ITEMS, *FIELDS, *MODELS, *OF_CHAT)


@pytest.mark.exhaustive(sample=5)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_b8_any_value_of_any_field_gets_an_answer(case):
    check_hostile_values(RESPONSES, case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_b14_a_broken_rule_of_responses_is_refused_and_the_nearest_valid_request_is_not(case):
    check(RESPONSES, case)


def test_every_rule_of_responses_has_its_case():
    assert rules_of(RESPONSES.table) == {case.rule for case in CASES}


@pytest.mark.parametrize(
    "change",
    [
        {"model": GONE, "input": GONE, "prompt": {"id": "pmpt_1", "version": "2"}},
        {"input": GONE, "conversation": "conv_1"},
        hears({"type": "item_reference", "id": "rs_1"}, OUTPUT),
        hears({"id": "rs_1"}, OUTPUT),  # a reference whose type is left out
        {**tool(type="web_search_preview"), "tool_choice": {"type": "web_search"}},
        hears(HI, REASONING, SAID, HI),
        hears(HI, REASONING, HI),  # which the newest models take
        hears(HI, {"role": "assistant", "content": "plain"}, HI),
        hears({"type": "message", "role": "user", "content": "hi", "status": "completed"}),
        {"tools": [{"type": "mcp", "server_label": "a"}, {"type": "custom", "name": "b"}]},
    ],
)
def test_b18_requests_that_the_api_takes_are_taken(change):
    with outage():
        reply = post(RESPONSES, change, Case("", {}, {}, ""))
    assert reply.status_code == 200, reply.text


def test_b18_an_empty_text_is_embedded():
    headers = {"authorization": "Bearer sk-test"}
    api = Api(
        "", "https://api.openai.com/v1/embeddings", headers, {"model": "text-embedding-3-small"}
    )
    with outage():
        reply = post(api, {"input": ""}, Case("", {}, {}, ""))
    assert reply.status_code == 200
    assert len(reply.json()["data"]) == 1
