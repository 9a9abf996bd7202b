"""Where OpenAI's look-alikes differ from it and from each other."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from support.wire_requests import (
    BODIES,
    CALLED,
    SAID,
    answer_wire,
    path_of,
    reply_context,
    streaming_request,
    wire_request,
)

from chaos_llm.protocol.messages import Break, Completion, Refusal, ToolCall
from chaos_llm.protocol.rate_limits import Bucket, Quota
from chaos_llm.providers import (
    XAI,
    DeepSeek,
    Groq,
    MetaLlama,
    MetaLlamaCompatible,
    Mistral,
    OpenRouter,
    Together,
    find,
)

ROWS = (Groq(), Together(), XAI(), DeepSeek(), Mistral(), MetaLlamaCompatible(), OpenRouter())
rows = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
OVERLOADED = replace(SAID, broken_by=Break(0.5, Refusal("overloaded")))


def refused(row, refusal, **changes):
    request = row.parse(wire_request(row, **changes))
    reply = row.render(request, refusal, reply_context())
    return reply.status, json.loads(reply.body)


def events(row, answer, **more):
    """What a stream says, each event's data read, its terminator left out."""
    reply = row.render(streaming_request(row, **more), answer, reply_context())
    lines = [line for chunk in reply.chunks for line in chunk.data.decode().splitlines()]
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    return [json.loads(each) for each in data if each != "[DONE]"]


# As users pasted them; what stood for a team or an account is ours.
PASTED = {
    "WiredSwift#44": (
        Groq(),
        Refusal("auth_expired"),
        401,
        {
            "error": {
                "message": "Invalid API Key",
                "type": "invalid_request_error",
                "code": "invalid_api_key",
            }
        },
    ),
    "LawGPT#4, with the id of puter#3168": (
        Together(),
        Refusal("auth_expired"),
        401,
        {
            "error": {
                "message": "Invalid API key provided. You can find your API key at "
                "https://api.together.xyz/settings/api-keys.",
                "type": "invalid_request_error",
                "param": None,
                "code": "invalid_api_key",
            }
        },
    ),
    "code-cli#545": (
        XAI(),
        Refusal("auth_expired"),
        400,
        {
            "code": "Client specified an invalid argument",
            "error": "Incorrect API key provided. You can obtain an API key from "
            "https://console.x.ai.",
        },
    ),
    "DeepSeek-R1#82": (
        DeepSeek(),
        Refusal("auth_expired"),
        401,
        {
            "error": {
                "message": "Authentication Fails, Your api key: ****-key is invalid",
                "type": "authentication_error",
                "param": None,
                "code": "invalid_request_error",
            }
        },
    ),
    "addi#13": (
        DeepSeek(),
        Refusal("not_found"),
        400,
        {
            "error": {
                "message": "Model Not Exist",
                "type": "invalid_request_error",
                "param": None,
                "code": "invalid_request_error",
            }
        },
    ),
    "aider#4851": (
        DeepSeek(),
        Refusal("quota"),
        402,
        {
            "error": {
                "message": "Insufficient Balance",
                "type": "unknown_error",
                "param": None,
                "code": "invalid_request_error",
            }
        },
    ),
    "pi#9815": (
        Mistral(),
        Refusal("rate_limited"),
        429,
        {
            "object": "error",
            "message": "Rate limit exceeded",
            "type": "rate_limited",
            "param": None,
            "code": "1300",
            "raw_status_code": 429,
        },
    ),
    "agent-zero#539": (Mistral(), Refusal("auth_expired"), 401, {"detail": "Unauthorized"}),
    "llama-models#354": (
        MetaLlamaCompatible(),
        Refusal("rate_limited"),
        429,
        {
            "title": "Too Many Requests",
            "detail": "You have exceeded the maximum number of tokens allowed within a given time "
            "frame. Wait a bit and try again.",
            "status": 429,
        },
    ),
    "free-claude-code#772": (
        OpenRouter(),
        Refusal("quota"),
        402,
        {
            "error": {
                "message": "Insufficient credits. This account never purchased credits. Make sure "
                "your key is on the correct account or org, and if so, purchase more at "
                "https://openrouter.ai/settings/credits",
                "code": 402,
            }
        },
    ),
}


@pytest.mark.parametrize("source", PASTED)
def test_a_refusal_is_as_it_was_pasted(source):
    row, refusal, status, body = PASTED[source]
    told_status, told = refused(row, refusal)
    told.pop("id", None)
    assert (told_status, told) == (status, body)


def test_without_a_key_some_say_another_thing():
    def message(row):
        request = row.parse(wire_request(row, headers={}))
        reply = row.render(request, request.invalid, reply_context())
        return reply.status, json.loads(reply.body)["error"]

    assert message(OpenRouter())[1]["message"] == "No auth credentials found"
    assert "auth header format" in message(DeepSeek())[1]["message"]
    assert message(XAI())[0] == 401


@rows
def test_a_body_without_messages_is_the_vendors_own_4xx(row):
    request = row.parse(wire_request(row, body={"model": "m"}))
    reply = row.render(request, request.invalid, reply_context())
    assert reply.status == (422 if row.name in ("mistral", "deepseek") else 400)
    assert b"messages" in reply.body


def test_mistral_names_the_missing_field_in_a_detail():
    request = Mistral().parse(wire_request(Mistral(), body={"model": "m"}))
    body = json.loads(Mistral().render(request, request.invalid, reply_context()).body)
    (detail,) = body["detail"]
    assert detail["loc"] == ["body", "messages"]


@rows
def test_no_refusal_speaks_of_openai(row):
    for kind in Refusal.KINDS:
        _, body = refused(row, Refusal(kind))
        assert "openai" not in json.dumps(body).lower()


@rows
def test_a_refusal_fills_in_what_its_message_names(row):
    gaps = ["{" + name + "}" for name in ("model", "account", "wait", "request_id", "")]
    for kind in Refusal.KINDS:
        for refusal in (Refusal(kind), Refusal(kind, retry_after=3)):
            told = json.dumps(refused(row, refusal)[1])
            assert not [gap for gap in gaps if gap in told]


@pytest.mark.parametrize(
    ("row", "comment"),
    [(DeepSeek(), b": keep-alive\n\n"), (OpenRouter(), b": OPENROUTER PROCESSING\n\n")],
    ids=["deepseek", "openrouter"],
)
def test_a_comment_keeps_the_stream_alive_before_its_first_chunk(row, comment):
    for answer in (SAID, OVERLOADED):
        reply = row.render(streaming_request(row), answer, reply_context())
        assert reply.chunks[0].data == comment
        assert not reply.chunks[0].content


def test_together_repeats_the_role_and_its_id():
    said = events(Together(), SAID)
    roles = [choice["delta"]["role"] for chunk in said for choice in chunk["choices"]]
    assert set(roles) == {"assistant"}
    _, body = refused(Together(), Refusal("overloaded"))
    assert body["id"].count("-") == 1


def test_mistral_tells_a_call_in_one_chunk():
    deltas = [chunk["choices"][0]["delta"] for chunk in events(Mistral(), CALLED)]
    (told,) = [delta["tool_calls"] for delta in deltas if "tool_calls" in delta]
    assert json.loads(told[0]["function"]["arguments"]) == {"order": "KX-48213", "days": 3}
    assert len(told[0]["id"]) == 9


def test_a_call_without_arguments_is_no_piece_of_a_stream():
    silent = Completion(tool_calls=(ToolCall("ping", ""),), stop="tool")
    assert Mistral().render(streaming_request(Mistral()), silent, reply_context()).pieces == 0


@rows
def test_usage_comes_unasked_or_when_asked_for(row):
    unasked = [chunk for chunk in events(row, SAID) if chunk.get("usage")]
    assert len(unasked) == row.tells_usage
    request = {"stream_options": {"include_usage": True}}
    (asked,) = [chunk for chunk in events(row, SAID, **request) if chunk.get("usage")]
    counts = {"prompt_tokens": 21, "completion_tokens": 17, "total_tokens": 38}
    assert counts.items() <= asked["usage"].items()


def test_groq_signs_its_last_chunk_and_its_reply():
    last = events(Groq(), SAID)[-1]
    assert last["x_groq"]["usage"]["total_tokens"] == 38
    reply = Groq().render(Groq().parse(wire_request(Groq())), SAID, reply_context())
    assert json.loads(reply.body)["x_groq"]["id"] == dict(reply.headers)["x-request-id"]


def test_groqs_error_in_a_stream_is_named():
    reply = Groq().render(streaming_request(Groq()), OVERLOADED, reply_context())
    assert reply.chunks[-1].data.startswith(b'event: error\ndata: {"error":{"message":')


def test_openrouter_breaks_off_inside_a_200_with_a_finish_reason():
    last = events(OpenRouter(), OVERLOADED)[-1]
    assert last["object"] == "chat.completion.chunk"
    assert last["error"]["code"] == 503
    assert last["choices"][0]["finish_reason"] == "error"


def test_openrouters_generation_is_named_in_a_header():
    reply = OpenRouter().render(
        OpenRouter().parse(wire_request(OpenRouter())), SAID, reply_context()
    )
    assert json.loads(reply.body)["id"] == dict(reply.headers)["x-generation-id"]


def test_metas_two_paths_are_two_formats():
    assert isinstance(find("meta-llama", "POST", "/v1/chat/completions"), MetaLlama)
    compatible = find("meta-llama", "POST", "/compat/v1/chat/completions")
    assert isinstance(compatible, MetaLlamaCompatible)
    wire = wire_request(compatible, path="/eu/compat/v1/chat/completions")
    request, _ = answer_wire(wire, "meta-llama", SAID)
    assert request.api == "chat"


QUOTA = Bucket(Quota(requests_per_minute=60, tokens_per_minute=6000)).take(1772451420.0, 1000)
LIMITS = {
    "groq": {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-limit-tokens": "6000",
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-remaining-tokens": "5000",
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-reset-tokens": "10s",
    },
    "together": {
        "x-ratelimit-limit": "1",
        "x-ratelimit-remaining": "0.983333",
        "x-tokenlimit-limit": "100",
        "x-tokenlimit-remaining": "83.3333",
        "x-ratelimit-reset": "1",
    },
    "xai": {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-limit-tokens": "6000",
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-remaining-tokens": "5000",
    },
    "mistral": {
        "x-ratelimit-tokens-query-cost": "1000",
        "x-ratelimit-limit-tokens-minute": "6000",
        "x-ratelimit-remaining-tokens-minute": "5000",
        "x-ratelimit-limit-req-minute": "60",
        "x-ratelimit-remaining-req-minute": "59",
    },
}


@rows
def test_what_is_left_of_a_quota_is_told_by_those_that_tell(row):
    assert dict(row.quota_headers(QUOTA)) == LIMITS.get(row.name, {})


@rows
def test_a_quota_of_requests_alone_says_nothing_of_tokens(row):
    state = Bucket(Quota(requests_per_minute=60)).take(0.0, 10)
    assert not any("token" in name for name, _ in row.quota_headers(state))


@rows
def test_an_unknown_path_is_not_found_in_the_vendors_own_form(row):
    path = path_of(row).replace("chat", "no")
    request = row.parse(wire_request(row, path=path))
    reply = row.render(request, request.invalid, reply_context())
    assert reply.status == 404
    assert b"Not Found" in reply.body


def test_the_models_name_is_needed():
    body = {key: value for key, value in BODIES["chat"].items() if key != "model"}
    for row in ROWS:
        assert row.parse(wire_request(row, body=body)).invalid.kind == "invalid_request"
