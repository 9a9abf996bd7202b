"""What the vendors refuse that took OpenAI's chat over, and Cohere and Ollama."""

from __future__ import annotations

import pytest
from support.refusal_cases import (
    GONE,
    Api,
    Case,
    check,
    check_hostile_values,
    conversation,
    error_of,
    post,
    rules_of,
)

from chaos_llm import outage

KEY = {"authorization": "Bearer k"}
HI = {"role": "user", "content": "hi"}
CALL = {"id": "call00001", "type": "function", "function": {"name": "track", "arguments": "{}"}}
ASKED = {"role": "assistant", "content": "", "tool_calls": [CALL]}
PARSED = {**ASKED, "tool_calls": [{**CALL, "function": {"name": "track", "arguments": {}}}]}
RESULT = {"role": "tool", "tool_call_id": "call00001", "content": "at the depot"}
SCHEMA = {"type": "object", "properties": {"order": {"type": "string"}}}


def chat(table, url, model, **more):
    return Api(table, url, KEY, {"model": model, "messages": [HI], **more})


def function(name):
    return {"tools": [{"type": "function", "function": {"name": name, "parameters": SCHEMA}}]}


def words(count):
    return conversation({"role": "user", "content": "word " * count})


MISTRAL = chat("mistral chat", "https://api.mistral.ai/v1/chat/completions", "mistral-large-latest")
ORDER = {"type": "invalid_request_message_order", "code": "3230", "raw_status_code": 400}
CALLED = {"type": "invalid_function_call", "code": "3280"}


def extra(*place, sent):
    """Mistral's 422 for a field that it does not have."""
    problem = {"type": "extra_forbidden", "loc": ["body", *place]}
    detail = {**problem, "msg": "Extra inputs are not permitted", "input": sent}
    return {"message": {"detail": [detail]}, "type": "invalid_request_error", "code": None}


TWICE = {**ASKED, "tool_calls": [CALL, {**CALL, "id": "call00002"}]}
OF_MISTRAL = (
    Case(
        "another vendor's content part",
        conversation(
            HI, {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1"}]}, HI
        ),
        conversation(HI, {"role": "assistant", "content": [{"type": "text", "text": "hi"}]}, HI),
        "",
        422,
        more={"type": "invalid_request_error"},
    ),
    Case(
        "another vendor's model",
        {"model": "gpt-4o"},
        {"model": "our-model"},
        "Invalid model: gpt-4o",
        more={"type": "invalid_model", "code": "1500"},
    ),
    Case(
        "unknown key",
        {"max_completion_tokens": 32_000},
        {"max_tokens": 32_000},
        "",
        422,
        more=extra("max_completion_tokens", sent=32_000),
    ),
    Case(
        "no message",
        {"messages": []},
        {},
        "Conversation must have at least one message",
        more=ORDER,
    ),
    Case(
        "role",
        conversation({"role": "developer", "content": "a"}, HI),
        conversation({"role": "system", "content": "a"}, HI),
        "",
        422,
        more={"type": "invalid_request_error"},
    ),
    Case(
        "message's key",
        conversation(HI, {"role": "assistant", "content": "a", "reasoning_content": "b"}, HI),
        conversation(HI, {"role": "assistant", "content": "a"}, HI),
        "",
        422,
        more=extra("messages", 1, "assistant", "reasoning_content", sent="b"),
    ),
    Case(
        "function's name",
        function("a.b"),
        function("a-b_1"),
        "Function name was a.b but must be a-z, A-Z, 0-9, or contain underscores and dashes, with "
        "a maximum length of 64.",
    ),
    Case(
        "first role",
        conversation({"role": "assistant", "content": "a"}, HI),
        conversation({"role": "system", "content": "a"}, HI),
        "Conversation must start with a user message or system message",
        more=ORDER,
    ),
    Case(
        "order of roles",
        conversation(HI, RESULT),
        conversation(HI, HI),
        "Unexpected role 'tool' after role 'user'",
        more=ORDER,
    ),
    Case(
        "last role",
        conversation(HI, {"role": "assistant", "content": "a"}),
        conversation(HI, {"role": "assistant", "content": "a", "prefix": True}),
        "Expected last role User or Tool (or Assistant with prefix True) for serving but got "
        "assistant",
        more=ORDER,
    ),
    Case(
        "tool call without id",
        conversation(HI, {**ASKED, "tool_calls": [{**CALL, "id": "null"}]}, RESULT),
        conversation(HI, ASKED, RESULT),
        "Tool call id has to be defined.",
        more=CALLED,
    ),
    Case(
        "tool call's id",
        conversation(
            HI,
            {**ASKED, "tool_calls": [{**CALL, "id": "call_1"}]},
            RESULT,
            model="open-mistral-nemo",
        ),
        conversation(
            HI,
            {**ASKED, "tool_calls": [{**CALL, "id": "toolu_01abc"}]},
            {**RESULT, "tool_call_id": "toolu_01abc"},
        ),
        "Tool call id was call_1 but must be a-z, A-Z, 0-9, with a length of 9.",
        more=CALLED,
    ),
    Case(
        "tool calls of one id",
        conversation(HI, {**ASKED, "tool_calls": [CALL, CALL]}, RESULT, RESULT),
        conversation(HI, TWICE, RESULT, {**RESULT, "tool_call_id": "call00002"}),
        "Duplicate tool call id call00001 in assistant message",
    ),
    Case(
        "tool results of one call",
        conversation(HI, TWICE, RESULT, RESULT),
        conversation(HI, ASKED, RESULT),
        "Duplicate tool call id call00001 in tool results",
    ),
    Case(
        "tool result without its call",
        conversation(HI, ASKED, {**RESULT, "tool_call_id": "call00009"}),
        conversation(HI, ASKED, RESULT),
        "Unexpected tool call id call00009 in tool results",
    ),
    Case(
        "calls and results",
        conversation(HI, TWICE, RESULT),
        conversation(HI, ASKED, RESULT, {"role": "assistant", "content": "there"}, HI),
        "Not the same number of function calls and responses",
        more=ORDER,
    ),
    Case(
        "context window",
        words(300_000),
        words(262_000),
        "Prompt contains 300001 tokens and 0 draft tokens, too large for model with 262144 maximum "
        "context length",
    ),
)
GROQ = chat("groq chat", "https://api.groq.com/openai/v1/chat/completions", "openai/gpt-oss-120b")
MUST = "the following must be satisfied[("
OF_GROQ = (
    Case(
        "another vendor's message",
        conversation(
            HI, {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1"}]}, HI
        ),
        conversation(HI, {"role": "assistant", "content": [{"type": "text", "text": "hi"}]}, HI),
        "'messages.1' : for 'role:assistant' the following must be satisfied[('messages.1.content' : value must be a string)]",
    ),
    Case(
        "another vendor's model",
        {"model": "gpt-4o"},
        {"model": "openai/gpt-oss-20b"},
        "The model `gpt-4o` does not exist or you do not have access to it.",
        404,
        more={"code": "model_not_found"},
    ),
    Case(
        "role",
        conversation({"role": "model", "content": "a"}),
        {},
        "'messages.0' : discriminator property 'role' has invalid value",
    ),
    Case(
        "message's key",
        conversation(HI, {"role": "assistant", "content": "a", "reasoning_content": "b"}, HI),
        conversation(HI, {"role": "assistant", "content": "a", "reasoning": "b"}, HI),
        f"'messages.1' : for 'role:assistant' {MUST}'messages.1' : property 'reasoning_content' is "
        "unsupported)]",
    ),
    Case(
        "content: type",
        conversation({"role": "user", "content": 7}),
        conversation({"role": "user", "content": [{"type": "text", "text": "a"}]}),
        f"'messages.0' : for 'role:user' {MUST}'messages.0.content' : value must be a string)]",
    ),
    Case(
        "call's type missing",
        conversation(
            HI, {**ASKED, "tool_calls": [{"id": "a", "function": CALL["function"]}]}, RESULT
        ),
        conversation(HI, ASKED, RESULT),
        f"'messages.1' : for 'role:assistant' {MUST}'messages.1.tool_calls.0.type' : property "
        "'type' is missing)]",
    ),
    *(
        Case(
            f"{name} of the model",
            {name: 65_537},
            {name: 65_536},
            f"`{name}` must be less than or equal to `65536`, the maximum value for `{name}` is "
            "less than the `context_window` for this model",
            more={"param": name},
        )
        for name in ("max_tokens", "max_completion_tokens")
    ),
    Case(
        "context window",
        words(150_000),
        words(131_000),
        "Please reduce the length of the messages or completion.",
        more={"code": "context_length_exceeded", "param": "messages"},
    ),
)
DEEPSEEK = chat("deepseek chat", "https://api.deepseek.com/chat/completions", "deepseek-v4-pro")
THINKS = {"thinking": {"type": "enabled"}, **function("track")}
BOTH = {"type": "invalid_request_error", "code": "invalid_request_error"}
OF_DEEPSEEK = (
    Case(
        "content missing",
        conversation({"role": "user", "parts": [{"text": "hi"}]}),
        conversation(HI, ASKED, RESULT),
        "Failed to deserialize the JSON body into the target type: messages[0]: missing field `content` ",
        422,
    ),
    Case(
        "another vendor's model",
        {"model": "gpt-4o"},
        {"model": "deepseek-chat"},
        "Model Not Exist",
        more=BOTH,
    ),
    Case(
        "role missing",
        conversation(HI, {"type": "function_call_output", "call_id": "a", "output": "b"}),
        conversation(HI, HI),
        "Failed to deserialize the JSON body into the target type: messages[1]: missing field "
        "`role` at line 1 ",
        422,
    ),
    Case(
        "role",
        conversation({"role": "developer", "content": "a"}, HI),
        conversation({"role": "system", "content": "a"}, HI),
        "Failed to deserialize the JSON body into the target type: messages[0].role: unknown "
        "variant `developer`, expected one of `system`, `user`, `assistant`, `tool`, "
        "`latest_reminder` at line 1 ",
        422,
    ),
    Case(
        "content part",
        conversation({"role": "user", "content": [{"type": "tool_result", "content": "b"}]}),
        conversation({"role": "user", "content": [{"type": "text", "text": "b"}]}),
        "Failed to deserialize the JSON body into the target type: messages[0]: data did not match "
        "any variant of untagged enum ChatCompletionRequestContent at line 1 ",
        422,
    ),
    Case(
        "tool call without its result",
        conversation(HI, ASKED, HI),
        conversation(HI, ASKED, RESULT, HI),
        "An assistant message with 'tool_calls' must be followed by tool messages responding to "
        "each 'tool_call_id'. (insufficient tool messages following tool_calls message)",
        more=BOTH,
    ),
    Case(
        "tool result without its call",
        conversation(HI, RESULT),
        conversation(HI, ASKED, RESULT),
        "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
        more=BOTH,
    ),
    Case(
        "reasoning lost",
        conversation(HI, ASKED, RESULT, **THINKS),
        conversation(HI, {**ASKED, "reasoning_content": "hm"}, RESULT, **THINKS),
        "The reasoning_content in the thinking mode must be passed back to the API.",
        more=BOTH,
    ),
    Case(
        "max_tokens",
        {"max_tokens": 0},
        {"max_tokens": 393_216},
        "Invalid max_tokens value, the valid range of max_tokens is [1, 393216]",
        more=BOTH,
    ),
    Case(
        "context window",
        {**words(1_000_000), "max_tokens": 384_000},
        words(1_000_000),
        "This model's maximum context length is 1048576 tokens. However, you requested 1384001 "
        "tokens (1000001 in the messages, 384000 in the completion). Please reduce the length of "
        "the messages or completion.",
        more=BOTH,
    ),
)
XAI = chat("xai chat", "https://api.x.ai/v1/chat/completions", "grok-4")
OF_XAI = (
    Case(
        "another vendor's message",
        conversation(
            HI, {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1"}]}, HI
        ),
        conversation(HI, {"role": "assistant", "content": [{"type": "text", "text": "hi"}]}, HI),
        "Failed to deserialize the JSON body into the target type: messages.1.content.0: ",
        422,
    ),
    Case(
        "another vendor's model",
        {"model": "gpt-4o"},
        {"model": "grok-5"},
        "The model gpt-4o does not exist",
        404,
    ),
    *(
        Case(
            f"{name} of grok-4",
            {name: value},
            {name: value, "model": "grok-4.5"},
            f"Argument not supported on this model: {shown}",
            more={},
        )
        for name, value, shown in (
            ("presence_penalty", 0.5, "presencePenalty"),
            ("frequency_penalty", 0.5, "frequencyPenalty"),
            ("stop", ["END"], "stop"),
        )
    ),
    Case(
        "reasoning_effort of grok-4",
        {"model": "grok-4-1-fast", "reasoning_effort": "low"},
        {"model": "grok-3-mini", "reasoning_effort": "low"},
        "Model grok-4-1-fast does not support parameter reasoningEffort.",
    ),
    Case(
        "context window",
        {"model": "grok-3", **words(150_000)},
        words(150_000),
        "This model's maximum prompt length is 131072 but the request contains 150001 tokens.",
    ),
)
OPENROUTER = chat(
    "openrouter chat",
    "https://openrouter.ai/api/v1/chat/completions",
    "anthropic/claude-haiku-4.5",
)
OF_OPENROUTER = (
    Case(
        "another vendor's message",
        conversation(
            HI, {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1"}]}, HI
        ),
        conversation(HI, {"role": "assistant", "content": [{"type": "text", "text": "hi"}]}, HI),
        "Invalid input: messages.1.content.0",
        more={"code": 400},
    ),
    Case(
        "another vendor's model",
        {"model": "gpt-4o"},
        {"model": "openai/gpt-4o"},
        "gpt-4o is not a valid model ID",
        more={"code": 400},
    ),
    Case(
        "context window",
        words(250_000),
        {"model": "somebody/some-model", **words(250_000)},
        "This endpoint's maximum context length is 200000 tokens. However, you requested about "
        "250001 tokens (250001 of text input). Please reduce the length of either one, or use the "
        "context-compression plugin to compress your prompt automatically.",
        more={"code": 400},
    ),
)
COHERE = chat("cohere v2_chat", "https://api.cohere.com/v2/chat", "command-a-03-2025")
OF_COHERE = (
    Case(
        "another vendor's message",
        conversation(
            HI, {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1"}]}, HI
        ),
        conversation(HI, {"role": "assistant", "content": [{"type": "text", "text": "hi"}]}, HI),
        "invalid request: messages.1.content.0 is not supported: tool_use",
    ),
    Case(
        "another vendor's model",
        {"model": "gpt-4o"},
        {"model": "our-model"},
        "model 'gpt-4o' not found, make sure the correct model ID was used",
        404,
    ),
    Case("invalid JSON", {}, {}, "invalid json syntax: ", raw=b"{"),
    Case("model missing", {"model": GONE}, {}, "a model parameter is required for this endpoint."),
    Case(
        "system turn later",
        conversation(HI, {"role": "system", "content": "a"}),
        conversation({"role": "system", "content": "a"}, HI),
        "system turn must be the first in the list",
    ),
    Case(
        "empty message",
        conversation({"role": "user", "parts": [{"text": "hi"}]}),
        {},
        "message must not be empty in a turn",
    ),
    Case(
        "tool call's type",
        conversation(HI, {**ASKED, "tool_calls": [{**CALL, "type": "custom"}]}, RESULT),
        conversation(HI, ASKED, RESULT),
        "tool call must be of type function",
    ),
    Case(
        "tool_call_id missing",
        conversation(HI, ASKED, {"role": "tool", "content": "a"}),
        conversation(HI, ASKED, RESULT),
        "tool call id must be provided with tool message",
    ),
    Case(
        "tool calls of one id",
        conversation(HI, {**ASKED, "tool_calls": [CALL, CALL]}, RESULT),
        conversation(HI, TWICE, RESULT),
        "cannot have duplicate tool ids",
    ),
    Case(
        "tool result without its call",
        conversation(HI, RESULT),
        conversation(HI, ASKED, RESULT),
        "tool call id not found in previous tool calls",
    ),
    Case(
        "tool's name",
        function("1st"),
        function("first_1"),
        "invalid request: tool names can only contain certain characters (A-Za-z0-9_) and can't "
        "begin with a digit (provided name: '1st').",
    ),
    Case(
        "temperature",
        {"temperature": 1.5},
        {"temperature": 1},
        "invalid request: temperature must be between 0 and 1.0 inclusive.",
    ),
    *(
        Case(
            name,
            {name: 2},
            {name: 1},
            f"invalid request: {name} must be between 0 and 1 inclusive.",
        )
        for name in ("presence_penalty", "frequency_penalty")
    ),
    Case(
        "schema's type",
        {"response_format": {"type": "json_object", "json_schema": "object"}},
        {"response_format": {"type": "json_object", "json_schema": SCHEMA}},
        "schema must be an object",
    ),
    Case(
        "schema's required field",
        {"response_format": {"type": "json_object", "json_schema": {**SCHEMA, "required": ["a"]}}},
        {
            "response_format": {
                "type": "json_object",
                "json_schema": {**SCHEMA, "required": ["order"]},
            }
        },
        "required field name not found in properties",
    ),
    Case(
        "max_tokens of the model",
        {"model": "command-r-08-2024", "max_tokens": 8192},
        {"model": "command-r-08-2024", "max_tokens": 4096},
        "too many tokens: max tokens must be less than or equal to 4096, the maximum output for "
        "this model - received 8192.",
    ),
    Case(
        "context window",
        words(300_000),
        words(256_000),
        "too many tokens: size limit exceeded by 44001 tokens. Try using shorter or fewer inputs, "
        "or setting prompt_truncation='AUTO'.",
    ),
)
OLLAMA = chat("ollama api_chat", "http://127.0.0.1:11434/api/chat", "qwen3", stream=False)
OF_OLLAMA = (
    Case(
        "content: type",
        conversation({"role": "user", "content": [{"type": "text", "text": "hi"}]}),
        conversation(HI),
        "json: cannot unmarshal array into Go struct field ChatRequest.messages.content of type string",
    ),
    Case(
        "arguments: type",
        conversation(HI, ASKED, RESULT),
        conversation(HI, PARSED, RESULT),
        "json: cannot unmarshal string into Go struct field ChatRequest.messages.tool_calls.function.arguments of type api.ToolCallFunctionArguments",
    ),
    Case(
        "think",
        {"think": "true"},
        {"think": "low"},
        'invalid think value: "true" (must be "high", "medium", "low", "max", true, or false)',
    ),
)
TOGETHER = chat(
    "together chat",
    "https://api.together.xyz/v1/chat/completions",
    "meta-llama/Llama-3.3-70B-Instruct-Turbo",
)
OF_TOGETHER = (
    Case(
        "another vendor's message",
        conversation(
            HI, {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1"}]}, HI
        ),
        conversation(HI, {"role": "assistant", "content": [{"type": "text", "text": "hi"}]}, HI),
        "Input validation error: messages.1.content.0: tool_use is not supported",
    ),
)
GEMINI = chat(
    "gemini chat",
    "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
    "gemini-2.5-flash",
)
OF_GEMINI = (
    Case(
        "another vendor's message",
        conversation(
            HI, {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1"}]}, HI
        ),
        conversation(HI, {"role": "assistant", "content": [{"type": "text", "text": "hi"}]}, HI),
        "Invalid content part type: tool_use",
        more={"status": "INVALID_ARGUMENT"},
    ),
    Case(
        "another vendor's model",
        {"model": "gpt-4o"},
        {"model": "our-model"},
        "models/gpt-4o is not found for API version v1main",
        404,
    ),
)
ALL = {
    "together": (TOGETHER, OF_TOGETHER),
    "gemini": (GEMINI, OF_GEMINI),
    "mistral": (MISTRAL, OF_MISTRAL),
    "groq": (GROQ, OF_GROQ),
    "deepseek": (DEEPSEEK, OF_DEEPSEEK),
    "xai": (XAI, OF_XAI),
    "openrouter": (OPENROUTER, OF_OPENROUTER),
    "cohere": (COHERE, OF_COHERE),
    "ollama": (OLLAMA, OF_OLLAMA),
}
ROWS = [
    pytest.param(api, case, id=f"{name}-{case.rule}")
    for name, (api, cases) in ALL.items()
    for case in cases
]


@pytest.mark.exhaustive(sample=5)
@pytest.mark.parametrize(("api", "case"), ROWS)
def test_b8_any_value_of_any_field_gets_an_answer(api, case):
    check_hostile_values(api, case)


@pytest.mark.parametrize(("api", "case"), ROWS)
def test_b1_a_broken_rule_of_a_vendor_is_refused_and_the_nearest_valid_request_is_not(api, case):
    check(api, case)


@pytest.mark.parametrize("name", ALL)
def test_every_rule_of_a_vendor_has_its_case(name):
    api, cases = ALL[name]
    assert rules_of(api.table) == {case.rule for case in cases}


OF_VLLM = (
    Case(
        "content part",
        conversation({"role": "user", "content": [{"type": "tool_result", "content": "b"}]}),
        conversation({"role": "user", "content": [{"type": "text", "text": "b"}]}),
        "Unknown part type: tool_result",
    ),
    Case(
        "no tools",
        {"tools": []},
        function("track"),
        "`tools` must not be an empty array. Either provide at least one tool or omit the field "
        "entirely.",
    ),
    Case(
        "tool_choice alone",
        {"tool_choice": "auto"},
        {"tool_choice": "none"},
        "When using `tool_choice`, `tools` must be set.",
    ),
    Case(
        "tool_choice",
        {"tool_choice": "any", **function("track")},
        {"tool_choice": "required", **function("track")},
        'Invalid value for `tool_choice`: any! Only named tools, "none", "auto" or "required" are '
        "supported.",
    ),
    Case(
        "stream_options alone",
        {"stream_options": {}},
        {"stream_options": {}, "stream": True},
        "Stream options can only be defined when `stream=True`.",
    ),
    Case(
        "top_logprobs alone",
        {"top_logprobs": 1},
        {"top_logprobs": 1, "logprobs": True},
        "when using `top_logprobs`, `logprobs` must be set to true.",
    ),
    Case(
        "top_logprobs",
        {"top_logprobs": -2, "logprobs": True},
        {"top_logprobs": -1, "logprobs": True},
        "`top_logprobs` must be a positive value or -1.",
    ),
    Case(
        "temperature",
        {"temperature": -1.0},
        {"temperature": 7},
        "temperature must be non-negative, got -1.0.",
    ),
    Case(
        "json_schema missing",
        {"response_format": {"type": "json_schema"}},
        {"response_format": {"type": "json_object"}},
        "When response_format type is 'json_schema', the 'json_schema' field must be provided.",
    ),
)
VLLM = chat("vllm chat", "http://vllm.test/v1/chat/completions", "our-model")


@pytest.mark.parametrize("case", OF_VLLM, ids=lambda case: case.rule)
def test_b1_a_broken_rule_of_vllm_is_refused_and_the_nearest_valid_request_is_not(
    case, monkeypatch
):
    monkeypatch.setenv("VLLM_BASE_URL", "http://vllm.test/v1")
    check(VLLM, case)
    assert rules_of(VLLM.table) == {each.rule for each in OF_VLLM}


def test_vllm_takes_fields_that_it_does_not_know(monkeypatch):
    monkeypatch.setenv("VLLM_BASE_URL", "http://vllm.test/v1")
    with outage():
        reply = post(VLLM, conversation({**HI, "bogus": 1}, HI, zzz=1), Case("", {}, {}, ""))
    assert reply.status_code == 200


AZURE = Api(
    "azure chat",
    "https://acme.openai.azure.com/openai/deployments/our-gpt/chat/completions"
    "?api-version=2024-10-21",
    {"api-key": "k"},
    {"messages": [HI]},
)


def test_azure_refuses_with_openais_messages_and_has_no_rules_by_model():
    bad = conversation({"role": "model", "content": "a"})
    with outage() as chaos:
        refused = post(AZURE, bad, Case("", {}, {}, ""))
        taken = post(AZURE, {"temperature": 0.2, "max_tokens": 9}, Case("", {}, {}, ""))
        first, second = chaos.journal
    assert (refused.status_code, taken.status_code) == (400, 200)
    error = error_of(refused)
    assert error["param"] == "messages[0].role"
    assert error["code"] == "invalid_value"
    assert first.broken_rule == (
        "azure chat: messages[].role",
        "Azure OpenAI takes no role 'model' (messages.0.role)",
    )
    assert second.broken_rule is None


ANTHROPIC_TURNS = (
    HI,
    {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "b", "input": {}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "c"}]},
)
GEMINI_TURNS = ({"role": "user", "parts": [{"text": "hi"}]},)
BEDROCK_TURNS = (
    {"role": "user", "content": [{"text": "hi"}]},
    {"role": "assistant", "content": [{"toolUse": {"toolUseId": "a", "name": "b", "input": {}}}]},
    {"role": "user", "content": [{"toolResult": {"toolUseId": "a", "content": []}}]},
)
OF_RESPONSES = (HI, {"type": "function_call", "call_id": "a", "name": "b", "arguments": "{}"})
HISTORIES = {
    "anthropic": ANTHROPIC_TURNS,
    "gemini": GEMINI_TURNS,
    "bedrock": BEDROCK_TURNS,
    "responses": OF_RESPONSES,
}


@pytest.mark.parametrize("vendor", [name for name in ALL if name != "ollama"])
@pytest.mark.parametrize("history", HISTORIES)
def test_b1_turns_of_another_vendor_are_refused_by_each_vendor_of_openais_chat(vendor, history):
    api, _ = ALL[vendor]
    with outage() as chaos:
        reply = post(api, conversation(*HISTORIES[history]), Case("", {}, {}, ""))
        (exchange,) = chaos.journal
    assert reply.status_code in (400, 422), reply.text
    assert exchange.broken_rule is not None
