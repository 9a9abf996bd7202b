"""Bedrock: binary frames, exceptions inside a good stream, regions, and the models' own bodies."""

from __future__ import annotations

import json
import struct
from base64 import b64decode
from dataclasses import replace
from zlib import crc32

import pytest
from cloud_wires import frames, header, read, stream_wire, streaming, whole_wire
from provider_wires import CALLED, PROMPT, SAID, SAID_AND_CALLED, SCHEMA, TEXT, reply_context

from chaos_llm.errors import Unsupported
from chaos_llm.protocol.keyed_random import fingerprint
from chaos_llm.protocol.messages import Break, Completion, Refusal
from chaos_llm.providers import BedrockConverse, BedrockInvoke, find

CONVERSE, INVOKE = BedrockConverse(), BedrockInvoke()
both = pytest.mark.parametrize("cloud", [CONVERSE, INVOKE])
SIGNED = {
    "authorization": "AWS4-HMAC-SHA256 Credential=AKIAX/20260302/eu-west-1/bedrock/aws4_request, "
    "SignedHeaders=host, Signature=abc"
}
FAMILIES = {
    "nova": {"messages": [{"role": "user", "content": [{"text": PROMPT}]}]},
    "llama": {"prompt": PROMPT, "max_gen_len": 100},
}


@both
@pytest.mark.parametrize("said", [SAID, SAID_AND_CALLED, Completion()])
def test_every_frame_has_its_lengths_and_both_checksums(cloud, said):
    for chunk in cloud.render(streaming(cloud), said, reply_context()).chunks:
        data = chunk.data
        total, heading, prelude = struct.unpack("!III", data[:12])
        assert total == len(data)
        assert heading < total
        assert prelude == crc32(data[:8])
        assert struct.unpack("!I", data[-4:]) == (crc32(data[:-4]),)


def test_the_frames_of_converse_are_events_in_their_order():
    reply = CONVERSE.render(streaming(CONVERSE), SAID_AND_CALLED, reply_context())
    assert header(reply, "content-type") == "application/vnd.amazon.eventstream"
    told = [(headers, json.loads(payload)) for headers, payload in frames(reply.body)]
    kinds = [headers[":event-type"] for headers, _ in told]
    assert [kind for kind in kinds if kind != "contentBlockDelta"] == [
        "messageStart",
        "contentBlockStop",
        "contentBlockStart",
        "contentBlockStop",
        "contentBlockStart",
        "contentBlockStop",
        "messageStop",
        "metadata",
    ]
    assert all(headers[":message-type"] == "event" for headers, _ in told)
    assert all(list(event) == sorted(event) for _, event in told)
    assert all(event["p"].startswith("abcd") for _, event in told)
    assert told[-1][1]["usage"] == {"inputTokens": 30, "outputTokens": 25, "totalTokens": 55}


def test_a_whole_reply_of_converse_is_in_the_order_of_the_alphabet():
    shown = json.loads(CONVERSE.render(read(CONVERSE), SAID, reply_context()).body)
    assert list(shown) == ["metrics", "output", "stopReason", "usage"]
    assert shown["output"]["message"] == {"content": [{"text": TEXT}], "role": "assistant"}


IN_STREAM = {
    "invalid_request": "validationException",
    "too_large": "validationException",
    "rate_limited": "throttlingException",
    "quota": "throttlingException",
    "server_error": "internalServerException",
    "overloaded": "serviceUnavailableException",
}


@both
@pytest.mark.parametrize("kind", Refusal.KINDS)
def test_an_exception_frame_says_after_http_200_what_went_wrong(cloud, kind):
    said = Completion("one two three four", broken_by=Break(0.5, Refusal(kind)))
    timeouts = {CONVERSE: "modelStreamErrorException", INVOKE: "modelTimeoutException"}
    expected = (IN_STREAM | {"timeout": timeouts[cloud]}).get(kind)
    if expected is None:
        with pytest.raises(Unsupported, match=kind):
            cloud.render(streaming(cloud), said, reply_context())
        return
    reply = cloud.render(streaming(cloud), said, reply_context())
    *_, (headers, payload) = frames(reply.body)
    assert reply.status == 200
    assert headers[":message-type"] == "exception"
    assert headers[":exception-type"] == expected
    assert list(json.loads(payload)) == ["message"]


@both
def test_an_error_is_typed_by_its_header(cloud):
    reply = cloud.render(read(cloud), Refusal("rate_limited"), reply_context())
    assert reply.status == 429
    assert header(reply, "x-amzn-errortype") == (
        "ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/"
    )
    assert header(reply, "content-length") == "63"  # as pasted
    assert json.loads(reply.body) == {
        "message": "Too many tokens, please wait before trying again."
    }
    assert len(header(reply, "x-amzn-requestid")) == 36


@both
def test_a_wait_is_told_in_milliseconds(cloud):
    reply = cloud.render(read(cloud), Refusal("rate_limited", retry_after=2.5), reply_context())
    assert header(reply, "x-amz-retry-after") == "2500"


@both
def test_a_failure_before_a_stream_is_plain_json(cloud):
    reply = cloud.render(streaming(cloud), Refusal("overloaded"), reply_context())
    assert (reply.status, reply.streamed) == (503, False)


@both
@pytest.mark.parametrize(
    ("host", "headers", "region"),
    [
        ("bedrock-runtime.eu-central-1.amazonaws.com", SIGNED, "eu-central-1"),
        ("bedrock-runtime-fips.us-east-2.amazonaws.com", SIGNED, "us-east-2"),
        ("127.0.0.1", SIGNED, "eu-west-1"),
        ("127.0.0.1", {"authorization": "Bearer bedrock-api-key"}, ""),
    ],
)
def test_the_region_is_the_hosts_else_the_signatures(cloud, host, headers, region):
    request = read(cloud, host=host, headers=headers)
    assert (request.invalid, request.region) == (None, region)


def test_who_asks_is_the_key_that_signed_or_the_bearer():
    assert read(CONVERSE, headers=SIGNED).credential == fingerprint("AKIAX")
    assert read(CONVERSE, headers={"authorization": "Bearer k"}).credential == fingerprint("k")


@both
@pytest.mark.parametrize(
    ("quoted", "model"),
    [
        ("us.amazon.nova-lite-v1%3A0", "us.amazon.nova-lite-v1:0"),
        (
            "arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fx",
            "arn:aws:bedrock:us-east-1:1:inference-profile/x",
        ),
    ],
)
def test_a_model_id_may_be_an_arn(cloud, quoted, model):
    path = f"/model/{quoted}/{cloud.streaming}"
    assert type(find("bedrock", "POST", path)) is type(cloud)
    assert cloud.parse(stream_wire(cloud, path=path)).model == model


@pytest.mark.parametrize("messages", [None, [], "hi"])
def test_converse_wants_messages(messages):
    request = read(CONVERSE, body={"messages": messages})
    assert request.invalid.message.startswith("A conversation must start with a user message.")


@pytest.mark.parametrize("wanted", [json.dumps(SCHEMA), "{", "[]", 7])
def test_the_schema_of_converse_travels_as_a_text(wanted):
    form = {"type": "json_schema", "structure": {"jsonSchema": {"schema": wanted}}}
    schema = read(CONVERSE, more={"outputConfig": {"textFormat": form}}).schema
    assert schema == (SCHEMA if wanted == json.dumps(SCHEMA) else None)


def invoked(family, said, *, stream=False):
    changes = {"path": f"/model/a.{family}/{INVOKE.streaming if stream else INVOKE.plain}"}
    request = INVOKE.parse(whole_wire(INVOKE, body=FAMILIES[family], **changes))
    assert request.invalid is None
    assert request.prompt == PROMPT
    reply = INVOKE.render(request, said, reply_context())
    if not stream:
        return json.loads(reply.body)
    return [
        json.loads(b64decode(json.loads(payload)["bytes"])) for _, payload in frames(reply.body)
    ]


def test_claude_on_bedrock_speaks_anthropics_dialect_in_frames():
    reply = INVOKE.render(streaming(INVOKE), SAID, reply_context())
    told = [
        json.loads(b64decode(json.loads(payload)["bytes"])) for _, payload in frames(reply.body)
    ]
    assert [event["type"] for event in told[:2]] == ["message_start", "content_block_start"]
    assert "ping" not in {event["type"] for event in told}
    assert told[0]["message"]["id"].startswith("msg_bdrk_01")
    assert told[0]["message"]["model"] == "claude-opus-4-6"
    measured = told[-1]["amazon-bedrock-invocationMetrics"]
    assert (measured["inputTokenCount"], measured["outputTokenCount"]) == (21, 17)
    assert header(reply, "x-amzn-bedrock-content-type") == "application/json"


def test_a_whole_reply_of_invoke_counts_its_tokens_in_headers():
    reply = INVOKE.render(read(INVOKE), CALLED, reply_context())
    assert header(reply, "x-amzn-bedrock-input-token-count") == "21"
    assert header(reply, "x-amzn-bedrock-output-token-count") == "9"
    assert json.loads(reply.body)["content"][0]["id"].startswith("toolu_bdrk_01")


def test_nova_speaks_as_converse_does():
    shown = invoked("nova", SAID)
    assert shown["output"]["message"]["content"] == [{"text": TEXT}]
    assert shown["stopReason"] == "end_turn"
    told = invoked("nova", SAID, stream=True)
    assert told[0] == {"messageStart": {"role": "assistant"}}
    deltas = [event["contentBlockDelta"] for event in told if "contentBlockDelta" in event]
    assert "".join(delta["delta"]["text"] for delta in deltas) == TEXT
    assert told[-1]["metadata"]["usage"]["outputTokens"] == 17


def test_llama_generates_text_only():
    assert invoked("llama", SAID) == {
        "generation": TEXT,
        "prompt_token_count": 21,
        "generation_token_count": 17,
        "stop_reason": "stop",
    }
    told = invoked("llama", SAID, stream=True)
    assert "".join(event["generation"] for event in told) == TEXT
    assert [event["stop_reason"] for event in told[-2:]] == [None, "stop"]
    for stream in (False, True):
        with pytest.raises(Unsupported, match="no tool calls"):
            invoked("llama", CALLED, stream=stream)


@pytest.mark.parametrize("messages", [[], "hi"])
def test_nova_wants_messages(messages):
    assert read(INVOKE, body={"messages": messages}).invalid.kind == "invalid_request"


@pytest.mark.parametrize("family", FAMILIES)
def test_usage_may_be_missing_in_every_family(family):
    quiet = replace(SAID, tells_usage=False)
    for stream in (False, True):
        loud, silent = (str(invoked(family, said, stream=stream)) for said in (SAID, quiet))
        assert "oken" in loud
        assert "oken" not in silent


def test_a_break_in_nova_and_llama_is_an_exception_too():
    for family, body in FAMILIES.items():
        said = Completion("one two three four", broken_by=Break(0.5, Refusal("overloaded")))
        path = f"/model/a.{family}/{INVOKE.streaming}"
        request = INVOKE.parse(whole_wire(INVOKE, body=body, path=path))
        *told, (headers, _) = frames(INVOKE.render(request, said, reply_context()).body)
        assert headers[":exception-type"] == "serviceUnavailableException"
        texts = [b64decode(json.loads(payload)["bytes"]) for _, payload in told]
        assert b" two" in texts[-1]


@pytest.mark.parametrize(
    "body", [{}, {"texts": []}, {"texts": [1]}, {"inputText": 7}, {"prompt": 1}]
)
def test_a_body_of_no_known_model_is_malformed(body):
    request = read(INVOKE, body={"unknown": 1, **body})
    assert request.invalid.message.startswith("Malformed input request")


@pytest.mark.parametrize(
    ("body", "vectors"),
    [
        ({"inputText": PROMPT, "dimensions": 256}, lambda shown: [shown["embedding"]]),
        ({"inputText": PROMPT}, lambda shown: [shown["embedding"]]),
        ({"texts": [PROMPT, "b"], "input_type": "x"}, lambda shown: shown["embeddings"]),
    ],
)
def test_titan_and_cohere_embed(body, vectors):
    request = read(INVOKE, body=body)
    reply = INVOKE.render(request, INVOKE.healthy(request, reply_context()), reply_context())
    found = vectors(json.loads(reply.body))
    assert len(found) == len(body.get("texts", [1]))
    assert {len(each) for each in found} == {body.get("dimensions", 1024)}
    assert "x-amzn-requestid" in dict(reply.headers)
