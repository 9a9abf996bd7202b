"""Cohere's and Ollama's dialects: what is theirs alone."""

from __future__ import annotations

import json
from base64 import b64decode
from struct import unpack

import pytest
from support.cloud_requests import header, payload, read, streaming, whole_wire
from support.wire_requests import (
    CALLED,
    PROMPT,
    SAID,
    SAID_AND_CALLED,
    SCHEMA,
    reply_context,
    wire_request,
)

from chaos_llm.errors import Unsupported
from chaos_llm.protocol.messages import Completion, Refusal
from chaos_llm.protocol.rate_limits import Level, State
from chaos_llm.providers import CohereChat, CohereEmbed, OllamaChat, OllamaGenerate

COHERE, EMBED, OLLAMA, PROMPTED = CohereChat(), CohereEmbed(), OllamaChat(), OllamaGenerate()
ollamas = pytest.mark.parametrize("cloud", [OLLAMA, PROMPTED])


def test_coheres_events_come_in_their_order_and_are_done():
    reply = COHERE.render(streaming(COHERE), SAID, reply_context())
    *events, done = reply.chunks
    assert done.data == b"data: [DONE]\n\n"
    names = [event.data.partition(b"\n")[0].decode() for event in events]
    deltas = len(SAID.text.split(" "))
    assert names == [
        "event: message-start",
        "event: content-start",
        *["event: content-delta"] * deltas,
        "event: content-end",
        "event: message-end",
    ]
    assert all(
        payload(event.data)["type"] in name for event, name in zip(events, names, strict=True)
    )


def test_a_text_beside_calls_is_coheres_plan():
    shown = json.loads(COHERE.render(read(COHERE), SAID_AND_CALLED, reply_context()).body)
    assert shown["message"]["tool_plan"] == "Let me look."
    assert [call["id"].partition("_")[0] for call in shown["message"]["tool_calls"]] == [
        "track",
        "weather",
    ]
    chunks = COHERE.render(streaming(COHERE), SAID_AND_CALLED, reply_context()).chunks
    plans = [payload(chunk.data) for chunk in chunks if b"tool-plan-delta" in chunk.data]
    assert "".join(plan["delta"]["message"]["tool_plan"] for plan in plans) == "Let me look."


@pytest.mark.parametrize("field", ["model", "messages"])
def test_cohere_names_what_is_missing(field):
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    request = read(COHERE, body={key: value for key, value in body.items() if key != field})
    assert request.invalid.message == f"invalid request: {field} is required"


@pytest.mark.parametrize(
    ("form", "schema"),
    [
        ({"type": "json_object"}, {"type": "object"}),
        ({"type": "json_object", "json_schema": SCHEMA}, SCHEMA),
        ({"type": "json_object", "schema": SCHEMA}, SCHEMA),
        ({"type": "text"}, None),
    ],
)
def test_coheres_json_mode(form, schema):
    assert read(COHERE, more={"response_format": form}).schema == schema


def test_coheres_500_repeats_its_id_in_the_text():
    shown = json.loads(COHERE.render(read(COHERE), Refusal("server_error"), reply_context()).body)
    assert shown["message"].endswith(f"id {shown['id']}")


def test_coheres_402_asks_for_money():
    reply = COHERE.render(read(COHERE), Refusal("quota", status=402), reply_context())
    assert "payment method" in json.loads(reply.body)["message"]


def test_coheres_wait_is_whole_seconds():
    reply = COHERE.render(read(COHERE), Refusal("rate_limited", retry_after=7), reply_context())
    assert header(reply, "retry-after") == "7"


def test_a_trial_key_of_coheres_is_told_what_is_left_until_nothing_is():
    level = Level(40, 39, 1.5)
    assert dict(COHERE.quota_headers(State(0.0, True, 0.0, level, None))) == {
        "x-trial-endpoint-call-limit": "40",
        "x-trial-endpoint-call-remaining": "39",
    }
    assert COHERE.quota_headers(State(0.0, False, 2.0, level, None)) == ()
    assert COHERE.quota_headers(State(0.0, True, 0.0, None, level)) == ()


def embedded(**more):
    body = {"model": "embed-v4.0", "input_type": "search_query", "texts": [PROMPT]} | more
    request = EMBED.parse(wire_request(EMBED, body=body))
    if request.invalid:
        return request.invalid.message
    said = EMBED.healthy(request, reply_context())
    return json.loads(EMBED.render(request, said, reply_context()).body)


def test_cohere_embeds_in_every_type_and_they_agree():
    kinds = ["float", "int8", "uint8", "binary", "ubinary", "base64"]
    shown = embedded(embedding_types=kinds, output_dimension=256)["embeddings"]
    numbers = shown["float"][0]
    assert len(numbers) == 256
    assert sum(number * number for number in numbers) == pytest.approx(1, abs=1e-5)
    assert shown["int8"][0] == [round(number * 127) for number in numbers]
    assert [byte - 128 for byte in shown["uint8"][0]] == shown["int8"][0]
    assert len(shown["binary"][0]) == 32
    assert [byte - 128 for byte in shown["ubinary"][0]] == shown["binary"][0]
    assert shown["ubinary"][0][0] >> 7 == (numbers[0] > 0)
    assert unpack("<256f", b64decode(shown["base64"][0])) == pytest.approx(numbers, abs=1e-6)


def test_equal_texts_have_equal_vectors_and_others_have_others():
    first, second, third = embedded(texts=["a", "b", "a"])["embeddings"]["float"]
    assert first == third != second


def test_cohere_embeds_inputs_of_parts():
    inputs = [{"content": [{"type": "text", "text": "a"}]}]
    shown = embedded(texts=None, inputs=inputs)
    assert shown["embeddings"] == embedded(texts=["a"])["embeddings"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"model": None}, "model is required"),
        ({"input_type": None}, "input_type is required"),
        ({"texts": []}, "texts is required"),
        ({"embedding_types": ["int4"]}, "embedding_types must be among"),
    ],
)
def test_cohere_refuses_what_it_cannot_embed(more, message):
    assert message in embedded(**more)


@ollamas
def test_ollama_streams_unless_it_is_told_not_to(cloud):
    assert cloud.parse(wire_request(cloud)).stream
    assert not read(cloud).stream


@ollamas
def test_ollamas_stream_is_lines_of_json_and_the_last_is_done(cloud):
    reply = cloud.render(streaming(cloud), SAID, reply_context())
    assert header(reply, "content-type") == "application/x-ndjson"
    lines = [json.loads(line) for line in reply.body.decode().splitlines()]
    assert [line["done"] for line in lines] == [False] * (len(lines) - 1) + [True]
    last = lines[-1]
    assert (last["done_reason"], last["prompt_eval_count"], last["eval_count"]) == ("stop", 21, 17)
    spent = last["load_duration"] + last["prompt_eval_duration"] + last["eval_duration"]
    assert last["total_duration"] == spent
    assert {line["created_at"] for line in lines} == {"2026-03-02T11:37:00.000000Z"}


@ollamas
def test_a_body_that_is_missing_or_names_no_model_is_told_so(cloud):
    assert cloud.parse(whole_wire(cloud, body=b"")).invalid.message == "missing request body"
    assert read(cloud, body={"prompt": "hi"}).invalid.message == "model is required"


@ollamas
def test_nothing_to_say_loads_the_model(cloud):
    request = read(cloud, body={"model": "llama3.2"})
    reply = cloud.render(request, cloud.healthy(request, reply_context()), reply_context())
    shown = json.loads(reply.body)
    assert (reply.status, shown["done"], shown["done_reason"]) == (200, True, "load")
    assert header(reply, "content-type") == "application/json; charset=utf-8"


@ollamas
@pytest.mark.parametrize(
    ("form", "schema"), [("json", {"type": "object"}), (SCHEMA, SCHEMA), (None, None)]
)
def test_ollamas_format_is_a_word_or_a_schema(cloud, form, schema):
    assert read(cloud, more={"format": form}).schema == schema


def test_ollamas_call_is_one_line():
    reply = OLLAMA.render(streaming(OLLAMA), CALLED, reply_context())
    called, last = (json.loads(line) for line in reply.body.decode().splitlines())
    (call,) = called["message"]["tool_calls"]
    assert call["function"] == {
        "index": 0,
        "name": "track",
        "arguments": {"order": "KX-48213", "days": 3},
    }
    assert not called["done"]
    assert last["done"]


def test_a_completion_of_a_prompt_has_no_tools():
    for request in (read(PROMPTED), streaming(PROMPTED)):
        with pytest.raises(Unsupported):
            PROMPTED.render(request, CALLED, reply_context())


def test_ollama_answers_a_key_with_its_fingerprint_and_none_with_none():
    assert read(OLLAMA, headers={}).credential == ""
    assert read(OLLAMA).credential


def test_an_unknown_model_of_ollamas_is_named():
    shown = json.loads(OLLAMA.render(read(OLLAMA), Refusal("not_found"), reply_context()).body)
    assert shown == {"error": "model 'llama3.2' not found"}


def test_a_refusal_to_answer_is_an_ordinary_end():
    said = Completion("I cannot help with that.", stop="refusal")
    assert (
        json.loads(OLLAMA.render(read(OLLAMA), said, reply_context()).body)["done_reason"] == "stop"
    )
    assert (
        json.loads(COHERE.render(read(COHERE), said, reply_context()).body)["finish_reason"]
        == "COMPLETE"
    )
