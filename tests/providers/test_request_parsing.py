"""What is read out of a request, and what the real API would refuse in it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.wire_requests import BODIES, PROMPT, SCHEMA, wire_request

from chaos_llm.protocol.keyed_random import fingerprint
from chaos_llm.providers import PROVIDERS, AnthropicMessages, OpenAIChat, OpenAIResponses

pytestmark = pytest.mark.exhaustive(sample=16)

MESSAGES, CHAT, RESPONSES = AnthropicMessages(), OpenAIChat(), OpenAIResponses()
PARAMETERS = {"type": "object", "properties": {"order": {"type": "string"}}}


def read(endpoint, **more):
    return endpoint.parse(wire_request(endpoint, body=BODIES[endpoint.api] | more))


def refused(endpoint, body):
    """The message of the 400 for this body."""
    request = endpoint.parse(wire_request(endpoint, body=body))
    assert request.invalid.kind == "invalid_request"
    return request.invalid.message


def test_an_ordinary_request_is_read_in_full(endpoint):
    wire = wire_request(endpoint)
    request = endpoint.parse(wire)
    assert (request.provider, request.api, request.surface) == (endpoint.name, endpoint.api, "api")
    assert (request.host, request.path) == (wire.host, wire.path)
    assert request.model == BODIES[endpoint.api]["model"]
    assert request.prompt == PROMPT
    assert request.credential == fingerprint("sk-test")
    assert request.size == len(wire.body)
    assert request.input_tokens == len(wire.body) // 4
    assert request.body == json.loads(wire.body)
    assert not request.stream
    assert not request.tools
    assert not request.answers_tool
    assert request.forced_tool is None
    assert request.schema is None


def test_a_stream_is_wanted_by_true_only(endpoint):
    assert read(endpoint, stream=True).stream
    assert not read(endpoint, stream=False).stream


def test_no_credential_is_a_401(endpoint):
    request = endpoint.parse(wire_request(endpoint, headers={}))
    if endpoint.keyless:
        assert request.invalid is None
        return
    assert request.invalid.kind == "auth_expired"
    assert request.credential == ""


def test_the_secret_itself_is_kept_nowhere(provider):
    request = provider.parse(wire_request(provider, headers={"authorization": "Bearer sk-secret"}))
    assert "sk-secret" not in repr(request)
    assert "sk-secret" not in str(request.body)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[1]", b'"text"', b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_a_400(endpoint, body):
    assert "JSON" in refused(endpoint, body)


def test_a_body_without_a_model_is_a_400(endpoint):
    body = {key: value for key, value in BODIES[endpoint.api].items() if key != "model"}
    assert "model" in refused(endpoint, body)


@pytest.mark.parametrize("said", [None, [], 7])
def test_a_body_without_messages_is_a_400(endpoint, said):
    field = "input" if endpoint.api in RESPONSES_APIS else "messages"
    body = BODIES[endpoint.api] | {field: said}
    assert field in refused(endpoint, body)
    assert field in refused(endpoint, {k: v for k, v in body.items() if k != field})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": 7}, "model: Input should be a valid string"),
        ({"max_tokens": None}, "max_tokens: Input should be a valid integer"),
        ({"messages": []}, "messages: at least one message is required"),
    ],
)
def test_anthropic_refuses_in_its_validators_words(change, message):
    assert refused(MESSAGES, BODIES["messages"] | change) == message


def test_anthropic_wants_max_tokens():
    body = {k: v for k, v in BODIES["messages"].items() if k != "max_tokens"}
    assert refused(MESSAGES, body) == "max_tokens: Field required"


def test_azure_names_its_model_in_the_path_and_its_key_in_a_header():
    body = {"messages": [{"role": "user", "content": "hi"}]}
    request = CHAT.parse(
        wire_request(
            CHAT,
            host="acme.openai.azure.com",
            path="/openai/deployments/our-gpt/chat/completions",
            headers={"api-key": "secret"},
            body=body,
        )
    )
    assert request.invalid is None
    assert request.model == "our-gpt"
    assert request.credential == fingerprint("secret")


def test_an_api_key_of_anthropics_may_come_in_either_header():
    key = MESSAGES.parse(wire_request(MESSAGES, headers={"x-api-key": "sk"})).credential
    token = MESSAGES.parse(
        wire_request(MESSAGES, headers={"authorization": "Bearer sk"})
    ).credential
    assert key == token == fingerprint("sk")


TOOLS = {
    "messages": [{"name": "track", "input_schema": PARAMETERS}, {"type": "web_search_20250305"}],
    "chat": [{"type": "function", "function": {"name": "track", "parameters": PARAMETERS}}],
    "responses": [
        {"type": "function", "name": "track", "parameters": PARAMETERS},
        {"type": "web_search"},
    ],
}
CHOICES = {
    "messages": ({"type": "any"}, {"type": "tool", "name": "track"}, {"type": "none"}),
    "chat": ("required", {"type": "function", "function": {"name": "track"}}, "none"),
    "responses": ("required", {"type": "function", "name": "track"}, "none"),
}

TOOLS["llama_chat"], CHOICES["llama_chat"] = TOOLS["chat"], CHOICES["chat"]
TOOLS["codex_responses"], CHOICES["codex_responses"] = TOOLS["responses"], CHOICES["responses"]


RESPONSES_APIS = ("responses", "codex_responses")


def test_the_apps_own_tools_are_offered(endpoint):
    (tool,) = read(endpoint, tools=TOOLS[endpoint.api]).tools
    assert (tool.name, tool.parameters) == ("track", PARAMETERS)


def test_a_tool_can_be_forced_or_barred(endpoint):
    tools = TOOLS[endpoint.api]
    any_tool, this_tool, no_tool = CHOICES[endpoint.api]
    assert read(endpoint, tools=tools, tool_choice=any_tool).forced_tool == ""
    assert read(endpoint, tools=tools, tool_choice=this_tool).forced_tool == "track"
    barred = read(endpoint, tools=tools, tool_choice=no_tool)
    assert barred.forced_tool is None
    assert barred.tools == ()


RESULTS = {
    "messages": [
        {"role": "user", "content": PROMPT},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "track"}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "3"}]},
    ],
    "chat": [
        {"role": "user", "content": PROMPT},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "tool", "tool_call_id": "t", "content": "3"},
    ],
    "responses": [
        {"role": "user", "content": [{"type": "input_text", "text": PROMPT}]},
        {"type": "function_call", "call_id": "t", "name": "track", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "t", "output": "3"},
    ],
}

RESULTS["llama_chat"] = RESULTS["chat"]
RESULTS["codex_responses"] = RESULTS["responses"]


def test_a_tools_result_is_answered_and_the_prompt_is_still_the_users(endpoint):
    field = "input" if endpoint.api in RESPONSES_APIS else "messages"
    request = read(endpoint, **{field: RESULTS[endpoint.api]})
    assert request.answers_tool
    assert request.prompt == PROMPT


WISHES = {
    "messages": [
        {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
        {"output_format": {"type": "json_schema", "schema": SCHEMA}},
    ],
    "chat": [
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "place", "schema": SCHEMA},
            }
        }
    ],
    "responses": [{"text": {"format": {"type": "json_schema", "name": "place", "schema": SCHEMA}}}],
}

WISHES["llama_chat"] = WISHES["chat"]
WISHES["codex_responses"] = WISHES["responses"]


def test_the_wanted_schema_is_read(endpoint):
    for request in WISHES[endpoint.api]:
        assert read(endpoint, **request).schema == SCHEMA


def test_json_mode_wants_any_object():
    mode = {"type": "json_object"}
    assert read(CHAT, response_format=mode).schema == {"type": "object"}
    assert read(RESPONSES, text={"format": mode}).schema == {"type": "object"}


def test_a_plain_text_format_wants_no_schema():
    assert read(CHAT, response_format={"type": "text"}).schema is None
    assert read(RESPONSES, text={"format": {"type": "text"}}).schema is None
    assert read(MESSAGES, output_config={"effort": "low"}).schema is None


def test_a_stored_conversation_needs_no_input():
    assert (
        RESPONSES.parse(
            wire_request(RESPONSES, body={"model": "m", "previous_response_id": "resp_1"})
        ).invalid
        is None
    )


KNOWN = (
    "model messages input max_tokens stream tools tool_choice text response_format output_config "
    "output_format previous_response_id stream_options role content type function name parameters "
    "json_schema schema format grant_type code redirect_uri"
)
FIELDS = st.sampled_from(KNOWN.split())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | FIELDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=500)
@given(st.sampled_from(PROVIDERS), st.dictionaries(FIELDS, JSON, max_size=6))
def test_no_body_whatever_breaks_the_parser(provider, changes):
    body = BODIES.get(provider.api, {"grant_type": "refresh_token"}) | changes
    path = "/v1/oauth/token" if provider.api == "oauth" else None
    provider.parse(wire_request(provider, body=body, **({"path": path} if path else {})))


@given(st.sampled_from(PROVIDERS), st.binary(max_size=60), st.text(max_size=20))
def test_no_bytes_whatever_break_the_parser(provider, body, path):
    provider.parse(wire_request(provider, body=body or b" "))
    provider.parse(wire_request(provider, method="POST", path=path, query=path))
