"""Google's two doors to Gemini, and its door to Claude: paths, forms, regions and errors."""

from __future__ import annotations

import json

import pytest
from support.cloud_requests import header, payload, read, stream_wire, streaming, whole_wire
from support.wire_requests import CALLED, SAID, SCHEMA, TEXT, reply_context

from chaos_llm.protocol.keyed_random import fingerprint
from chaos_llm.protocol.messages import Break, Completion, Refusal
from chaos_llm.providers import GeminiContent, VertexClaude, VertexGemini, find

GEMINI, VERTEX, CLAUDE = GeminiContent(), VertexGemini(), VertexClaude()
AT = "/v1/projects/a-project/locations/europe-west1/publishers"
STREAM = "/v1beta/models/gemini-2.5-flash:streamGenerateContent"


def error(cloud, request, refusal):
    reply = cloud.render(request, refusal, reply_context())
    shown = json.loads(reply.body)
    assert header(reply, "content-type") == "application/json; charset=UTF-8"
    return reply.status, shown


@pytest.mark.parametrize(
    "path",
    [
        "/v1/models/gemini-2.5-flash:generateContent",
        "/v1beta/models/gemini-2.5-flash:generateContent",
        "/models/gemini-2.5-flash:generateContent",  # litellm's with an api_base
    ],
)
def test_gemini_is_asked_at_any_version(path):
    assert find("gemini", "POST", path).parse(whole_wire(GEMINI, path=path)).invalid is None


def test_a_key_may_come_in_a_header_or_in_the_query():
    in_header = read(GEMINI, headers={"x-goog-api-key": "AIza"})
    in_query = read(GEMINI, headers={}, query="key=AIza")
    assert in_header.credential == in_query.credential == fingerprint("AIza")
    assert in_query.invalid is None


def test_a_stream_is_data_lines_with_crlf_and_nothing_else():
    reply = GEMINI.render(streaming(GEMINI), SAID, reply_context())
    assert header(reply, "content-type") == "text/event-stream"
    for chunk in reply.chunks:
        line, blank = chunk.data.split(b"\r\n", 1)
        assert line.startswith(b"data: {")
        assert blank == b"\r\n"
    *first, last = [payload(chunk.data) for chunk in reply.chunks]
    assert not any("finishReason" in event["candidates"][0] for event in first)
    assert last["candidates"][0]["finishReason"] == "STOP"
    assert last["candidates"][0]["content"]["parts"] == [{"text": " 🚚."}]
    assert last["usageMetadata"]["candidatesTokenCount"] == 17


def test_without_alt_a_stream_is_one_json_array():
    request = GEMINI.parse(whole_wire(GEMINI, path=STREAM))
    reply = GEMINI.render(request, SAID, reply_context())
    assert reply.streamed
    assert header(reply, "content-type").startswith("application/json")
    elements = json.loads(reply.body)
    assert (
        "".join(each["candidates"][0]["content"]["parts"][0]["text"] for each in elements) == TEXT
    )
    assert reply.pieces == len(elements)


def test_an_error_in_an_array_is_its_last_element():
    request = GEMINI.parse(whole_wire(GEMINI, path=STREAM))
    said = Completion("one two three four", broken_by=Break(0.5, Refusal("overloaded")))
    *told, last = json.loads(GEMINI.render(request, said, reply_context()).body)
    assert len(told) == 2
    assert last["error"]["status"] == "UNAVAILABLE"


@pytest.mark.parametrize(
    ("cloud", "changes", "listed"),
    [
        (GEMINI, {}, False),
        (GEMINI, {"path": STREAM}, True),
        (GEMINI, {"path": STREAM, "query": "alt=sse"}, False),
        (VERTEX, {}, False),
        (VERTEX, {"path": f"{AT}/google/models/m:streamGenerateContent", "query": "alt=sse"}, True),
        (CLAUDE, {"path": f"{AT}/anthropic/models/m:streamRawPredict"}, True),
    ],
)
def test_errors_of_streams_come_in_a_list_where_users_saw_one(cloud, changes, listed):
    status, shown = error(cloud, read(cloud, **changes), Refusal("rate_limited"))
    assert status == 429
    assert isinstance(shown, list) is listed
    (found,) = shown if listed else [shown]
    assert found["error"]["status"] == "RESOURCE_EXHAUSTED"


def test_a_refusal_before_the_body_is_read_knows_the_form_too():
    request = GEMINI.parse(whole_wire(GEMINI, path=STREAM, headers={}))
    assert (request.model, request.stream) == ("gemini-2.5-flash", True)
    _, shown = error(GEMINI, request, request.invalid)
    assert shown[0]["error"]["message"].startswith("Method doesn't allow unregistered callers")


def test_a_wait_is_told_in_a_detail_and_in_the_text_and_in_no_header():
    reply = GEMINI.render(read(GEMINI), Refusal("rate_limited", retry_after=7), reply_context())
    shown = json.loads(reply.body)["error"]
    assert shown["message"].endswith("Please retry in 7s.")
    assert shown["details"][-1] == {
        "@type": "type.googleapis.com/google.rpc.RetryInfo",
        "retryDelay": "7s",
    }
    assert "retry-after" not in dict(reply.headers)


@pytest.mark.parametrize(("kind", "period"), [("rate_limited", "PerMinute"), ("quota", "PerDay")])
def test_a_429_of_geminis_names_its_quota(kind, period):
    _, shown = error(GEMINI, read(GEMINI), Refusal(kind))
    (violation,) = shown["error"]["details"][0]["violations"]
    assert period in violation["quotaId"]
    assert violation["quotaDimensions"]["model"] == "gemini-2.5-flash"


def test_an_expired_key_of_geminis_is_a_400():
    status, shown = error(GEMINI, read(GEMINI), Refusal("auth_expired"))
    assert (status, shown["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert shown["error"]["details"][0]["reason"] == "API_KEY_INVALID"


def test_an_unknown_model_is_told_with_the_version_and_the_verb():
    path = "/v1/models/gemini-9:streamGenerateContent"
    request = GEMINI.parse(whole_wire(GEMINI, path=path, query="alt=sse"))
    _, shown = error(GEMINI, request, Refusal("not_found"))
    assert shown["error"]["message"].startswith(
        "models/gemini-9 is not found for API version v1, or is not supported for "
        "streamGenerateContent."
    )


def test_a_status_brings_its_own_words():
    _, shown = error(GEMINI, read(GEMINI), Refusal("server_error", status=503))
    assert shown["error"]["status"] == "UNAVAILABLE"
    assert shown["error"]["message"] == "The model is overloaded. Please try again later."


@pytest.mark.parametrize("contents", [None, [], "hi"])
def test_a_request_without_contents_is_refused_in_googles_words(contents):
    request = read(GEMINI, body={"contents": contents})
    assert request.invalid.message == (
        "* GenerateContentRequest.contents: contents is not specified\n"
    )


def test_names_in_snake_case_and_single_parts_are_read_too():
    body = {
        "contents": [{"role": "user", "parts": {"text": "Where?"}}],
        "generation_config": {
            "response_mime_type": "application/json",
            "response_schema": {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}},
        },
        "tools": {"function_declarations": [{"name": "track"}]},
        "tool_config": {"function_calling_config": {"mode": "ANY"}},
    }
    request = read(GEMINI, body=body)
    assert request.prompt == "Where?"
    assert request.schema == {"type": "object", "properties": {"city": {"type": "string"}}}
    assert [tool.name for tool in request.tools] == ["track"]
    assert request.forced_tool == ""


def test_a_schema_in_googles_form_is_read_as_json_schema():
    own = {
        "type": "ARRAY",
        "minItems": "2",
        "items": {
            "anyOf": [{"type": "STRING", "nullable": True}, {"type": "INTEGER", "format": "int64"}]
        },
    }
    wanted = {"responseMimeType": "application/json", "responseSchema": own}
    assert read(GEMINI, more={"generationConfig": wanted}).schema == {
        "type": "array",
        "minItems": 2,
        "items": {"anyOf": [{"type": ["string", "null"]}, {"type": "integer", "format": "int64"}]},
    }


def test_a_schema_in_jsons_own_form_stays_as_it_is():
    wanted = {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}
    assert read(GEMINI, more={"generationConfig": wanted}).schema == SCHEMA


def test_json_without_a_schema_wants_any_object_and_text_wants_none():
    json_only = {"generationConfig": {"responseMimeType": "application/json"}}
    assert read(GEMINI, more=json_only).schema == {"type": "object"}
    assert read(GEMINI, more={"generationConfig": {"temperature": 0}}).schema is None


def test_a_blocked_answer_finishes_for_safety():
    said = Completion("I cannot", stop="refusal")
    shown = json.loads(GEMINI.render(read(GEMINI), said, reply_context()).body)
    assert shown["candidates"][0]["finishReason"] == "SAFETY"


def test_a_call_is_an_object_within_one_event():
    reply = GEMINI.render(streaming(GEMINI), CALLED, reply_context())
    (chunk,) = reply.chunks
    (part,) = payload(chunk.data)["candidates"][0]["content"]["parts"]
    assert part["functionCall"] == {"name": "track", "args": {"order": "KX-48213", "days": 3}}


@pytest.mark.parametrize("cloud", [VERTEX, CLAUDE])
@pytest.mark.parametrize(
    ("host", "path", "region"),
    [
        ("europe-west1-aiplatform.googleapis.com", None, "europe-west1"),
        ("aiplatform.googleapis.com", "/v1/projects/p/locations/global/", "global"),
        ("us-central1-aiplatform.googleapis.com", "/v1/", "us-central1"),
        ("aiplatform.eu.rep.googleapis.com", "/v1/", "eu"),
        ("aiplatform.googleapis.com", "/v1/", ""),
    ],
)
def test_the_region_is_the_paths_else_the_hosts(cloud, host, path, region):
    changes = {"host": host}
    if path:
        publisher = "google/models/m:generateContent"
        changes["path"] = path + "publishers/" + publisher
        if cloud is CLAUDE:
            changes["path"] = path + "publishers/anthropic/models/m:rawPredict"
    request = read(cloud, **changes)
    assert (request.invalid, request.region) == (None, region)
    assert read(cloud, headers={}, **changes).region == region


@pytest.mark.parametrize(
    ("cloud", "model"), [(VERTEX, "gemini-2.5-flash"), (CLAUDE, "claude-opus-4-6")]
)
def test_vertex_names_the_resource_that_is_denied_or_missing(cloud, model):
    publisher = "google" if cloud is VERTEX else "anthropic"
    resource = f"projects/a-project/locations/europe-west1/publishers/{publisher}/models/{model}"
    for kind in ("permission", "not_found"):
        _, shown = error(cloud, read(cloud), Refusal(kind))
        assert resource in shown["error"]["message"]


def test_a_quota_of_vertex_names_the_base_model():
    path = f"{AT}/anthropic/models/claude-opus-4-6@20260205:rawPredict"
    _, shown = error(CLAUDE, read(CLAUDE, path=path), Refusal("quota"))
    assert "with base model: anthropic-claude-opus-4-6." in shown["error"]["message"]
    _, shown = error(VERTEX, read(VERTEX), Refusal("quota"))
    assert "with base model: gemini-2.5-flash." in shown["error"]["message"]


@pytest.mark.parametrize("cloud", [VERTEX, CLAUDE])
def test_a_token_of_vertex_is_missing_or_expired(cloud):
    for headers, why in (
        ({}, "CREDENTIALS_MISSING"),
        ({"authorization": "Bearer t"}, "ACCESS_TOKEN_EXPIRED"),
    ):
        status, shown = error(cloud, read(cloud, headers=headers), Refusal("auth_expired"))
        assert status == 401
        assert shown["error"]["details"][0]["reason"] == why


@pytest.mark.parametrize("kind", ["invalid_request", "overloaded", "server_error", "timeout"])
def test_what_is_wrong_with_claude_anthropic_says(kind):
    reply = CLAUDE.render(read(CLAUDE), Refusal(kind), reply_context())
    assert json.loads(reply.body)["type"] == "error"
    assert header(reply, "request-id").startswith("req_011C")


def test_claude_on_vertex_wants_its_version_and_what_anthropic_wants():
    messages = [{"role": "user", "content": "hi"}]
    no_version = read(CLAUDE, body={"max_tokens": 1, "messages": messages})
    assert no_version.invalid.message == "anthropic_version: Field required"
    no_limit = read(CLAUDE, body={"anthropic_version": "v", "messages": messages})
    assert no_limit.invalid.message == "max_tokens: Field required"


def test_claude_on_vertex_has_anthropics_name_of_the_model_and_vertexs_ids():
    path = f"{AT}/anthropic/models/claude-opus-4-6@20260205:rawPredict"
    shown = json.loads(CLAUDE.render(read(CLAUDE, path=path), CALLED, reply_context()).body)
    assert shown["model"] == "claude-opus-4-6-20260205"
    assert shown["id"].startswith("msg_vrtx_01")
    assert shown["content"][0]["id"].startswith("toolu_vrtx_01")


def test_claude_on_vertex_streams_anthropics_events():
    reply = CLAUDE.render(CLAUDE.parse(stream_wire(CLAUDE)), SAID, reply_context())
    assert reply.chunks[0].data.startswith(b"event: message_start\ndata: {")
    assert b'"id":"msg_vrtx_01' in reply.chunks[0].data
