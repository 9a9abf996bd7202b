"""What every dialect of the clouds has in common, whichever way it says it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from support.cloud_requests import (
    BINARY,
    ENDPOINTS,
    MODELS,
    SPEAKS_TOOLS,
    TOOLS,
    WHOLE_CALLS,
    events_in,
    label_of,
    read,
    stream_wire,
    streaming,
    whole_wire,
)
from support.wire_requests import (
    BODIES,
    CALLED,
    PROMPT,
    SAID,
    SAID_AND_CALLED,
    path_of,
    reply_context,
)

from chaos_llm.errors import Unsupported
from chaos_llm.protocol.keyed_random import fingerprint
from chaos_llm.protocol.messages import Break, Completion, Refusal, ToolCall
from chaos_llm.providers import find

pytestmark = pytest.mark.exhaustive(sample=12)

everywhere = pytest.mark.parametrize("cloud", ENDPOINTS.values(), ids=ENDPOINTS)
with_tools = pytest.mark.parametrize("cloud", [ENDPOINTS[each] for each in SPEAKS_TOOLS])
SAYINGS = {"text": SAID, "tools": CALLED, "both": SAID_AND_CALLED, "nothing": Completion()}
saying = pytest.mark.parametrize("said", SAYINGS.values(), ids=SAYINGS)


def can_say(cloud, said):
    return not said.tool_calls or label_of(cloud) in SPEAKS_TOOLS


@everywhere
def test_an_ordinary_request_is_read_in_full(cloud):
    wire = whole_wire(cloud)
    request = cloud.parse(wire)
    assert request.invalid is None
    assert (request.provider, request.api, request.surface) == (cloud.name, cloud.api, "api")
    assert (request.host, request.path) == (wire.host, wire.path)
    assert request.model == MODELS[label_of(cloud)]
    assert request.prompt == PROMPT
    assert request.turns == 1
    assert request.credential == fingerprint("sk-test")
    assert request.size == len(wire.body)
    assert request.input_tokens == len(wire.body) // 4
    assert not request.stream
    assert not request.tools
    assert request.forced_tool is None
    assert not request.answers_tool
    assert request.schema is None


@everywhere
def test_a_stream_is_asked_for_and_is_the_same_format(cloud):
    wire = stream_wire(cloud)
    assert find(cloud.name, wire.method, wire.path) is cloud
    request = cloud.parse(wire)
    assert request.invalid is None
    assert request.stream
    assert request.model == MODELS[label_of(cloud)]


@everywhere
def test_a_base_url_with_a_prefix_speaks_the_same_format(cloud):
    path = "/gateway/eu" + path_of(cloud)
    assert find(cloud.name, "POST", path) is cloud
    assert cloud.parse(whole_wire(cloud, path=path)).model == MODELS[label_of(cloud)]


@everywhere
def test_no_credential_is_refused_where_one_is_wanted(cloud):
    request = read(cloud, headers={})
    assert request.credential == ""
    if cloud.name == "ollama":
        assert request.invalid is None
        return
    assert request.invalid.kind == "auth_expired"
    status = cloud.render(request, request.invalid, reply_context()).status
    assert status == (403 if cloud.name in ("gemini", "bedrock") else 401)


@everywhere
@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[1]", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_a_400(cloud, body):
    request = cloud.parse(whole_wire(cloud, body=body))
    assert request.invalid.kind == "invalid_request"
    assert cloud.render(request, request.invalid, reply_context()).status == 400


@everywhere
@saying
def test_an_equal_stamp_makes_equal_bytes_and_another_makes_other_ids(cloud, said):
    if not can_say(cloud, said):
        pytest.skip("has no tools")
    for request in (read(cloud), streaming(cloud)):
        first = cloud.render(request, said, reply_context())
        assert cloud.render(request, said, reply_context()) == first
        other = cloud.render(request, said, reply_context("another"))
        assert (other.body, other.headers) != (first.body, first.headers)
        assert len(other.body) == len(first.body)


@everywhere
@saying
def test_a_stream_has_as_many_pieces_as_the_whole_reply(cloud, said):
    if not can_say(cloud, said):
        pytest.skip("has no tools")
    whole, stream = (cloud.render(ask(cloud), said, reply_context()) for ask in (read, streaming))
    assert stream.streamed
    assert not whole.streamed
    assert whole.pieces == stream.pieces == sum(chunk.content for chunk in stream.chunks)
    assert (whole.pieces > 0) is bool(said.text or said.tool_calls)


@everywhere
@saying
def test_every_chunk_is_one_event_and_comes_at_once(cloud, said):
    if not can_say(cloud, said):
        pytest.skip("has no tools")
    for chunk in cloud.render(streaming(cloud), said, reply_context()).chunks:
        assert chunk.delay == 0.0
        assert events_in(cloud, chunk.data) == 1


@everywhere
def test_the_words_of_a_stream_are_cut_as_words(cloud):
    assert cloud.render(streaming(cloud), SAID, reply_context()).pieces == len(SAID.text.split(" "))


@everywhere
@pytest.mark.parametrize(("after", "left"), [(0.0, 0), (0.25, 2), (0.5, 4), (1.0, 8)])
def test_an_error_comes_after_its_share_of_the_content(cloud, after, left):
    eight = Completion("one two three four five six seven eight")
    broken = replace(eight, broken_by=Break(after, Refusal("overloaded", message="Too “full”")))
    clean = cloud.render(streaming(cloud), eight, reply_context()).chunks
    reply = cloud.render(streaming(cloud), broken, reply_context())
    assert reply.pieces == left
    told = [chunk for chunk in reply.chunks if chunk.content]
    assert told == [chunk for chunk in clean if chunk.content][:left]
    assert "Too “full”".encode() in reply.body


@everywhere
def test_a_break_in_an_empty_answer_still_says_the_error(cloud):
    broken = Completion(broken_by=Break(0.5, Refusal("server_error", message="Too “full”")))
    reply = cloud.render(streaming(cloud), broken, reply_context())
    assert reply.pieces == 0
    assert "Too “full”".encode() in reply.body


@everywhere
def test_a_whole_reply_cannot_say_an_error_after_a_part(cloud):
    broken = replace(SAID, broken_by=Break(0.5, Refusal("overloaded")))
    with pytest.raises(Unsupported):
        cloud.render(read(cloud), broken, reply_context())


@with_tools
def test_a_break_within_a_tool_call_needs_arguments_in_pieces(cloud):
    broken = replace(CALLED, broken_by=Break(0.5, Refusal("overloaded"), within="tool"))
    if label_of(cloud) in WHOLE_CALLS:
        with pytest.raises(Unsupported, match="one piece"):
            cloud.render(streaming(cloud), broken, reply_context())
        return
    reply = cloud.render(streaming(cloud), broken, reply_context())
    assert 0 < reply.pieces < cloud.render(streaming(cloud), CALLED, reply_context()).pieces


@with_tools
@pytest.mark.parametrize("arguments", ['{"order": "KX-4', "[1]", "", '"text"'])
def test_broken_arguments_are_said_or_inexpressible_but_never_bad_json(cloud, arguments):
    broken = Completion(tool_calls=(ToolCall("track", arguments),), stop="tool")
    for ask, impossible in ((read, label_of(cloud) != "cohere-v2_chat"), (streaming, False)):
        if impossible or label_of(cloud) in WHOLE_CALLS:
            with pytest.raises(Unsupported):
                cloud.render(ask(cloud), broken, reply_context())
        else:
            assert cloud.render(ask(cloud), broken, reply_context()).status == 200


@everywhere
def test_an_answer_may_keep_its_usage_to_itself(cloud):
    counted = replace(SAID, usage=replace(SAID.usage, output_tokens=987_654_321))
    quiet = replace(counted, tells_usage=False)
    for ask in (read, streaming):
        request = ask(cloud)
        loud = cloud.render(request, counted, reply_context())
        silent = cloud.render(request, quiet, reply_context())
        if label_of(cloud) in BINARY - {"bedrock-converse"} and request.stream:
            assert len(silent.body) < len(loud.body)  # within base64
            continue
        assert "987654321" in loud.body.decode("utf-8", "replace") + str(loud.headers)
        assert "987654321" not in silent.body.decode("utf-8", "replace") + str(silent.headers)


@everywhere
@pytest.mark.parametrize("kind", Refusal.KINDS)
def test_an_error_may_come_under_a_good_status_and_stays_an_error(cloud, kind):
    request = read(cloud)
    error, disguised = (
        cloud.render(request, refusal, reply_context())
        for refusal in (Refusal(kind), Refusal(kind, 200))
    )
    assert disguised.status == 200
    assert disguised.body == error.body


@everywhere
def test_a_lone_surrogate_does_not_break_the_reply(cloud):
    said = Completion("Order \ud83d is here.", usage=SAID.usage)
    for ask in (read, streaming):
        assert cloud.render(ask(cloud), said, reply_context()).status == 200


@with_tools
def test_the_apps_own_tools_are_offered(cloud):
    (tool,) = read(cloud, more=TOOLS[cloud.api]).tools
    assert (tool.name, tool.parameters["type"]) == ("track", "object")


CHOICES = {
    "generate_content": lambda mode: {"toolConfig": {"functionCallingConfig": mode}},
    "converse": lambda mode: {"toolConfig": TOOLS["converse"]["toolConfig"] | mode},
}
FORCED = {
    "generate_content": (
        {"mode": "ANY"},
        {"mode": "ANY", "allowedFunctionNames": ["track"]},
        {"mode": "NONE"},
    ),
    "raw_predict": ({"type": "any"}, {"type": "tool", "name": "track"}, {"type": "none"}),
    "invoke": ({"type": "any"}, {"type": "tool", "name": "track"}, {"type": "none"}),
    "converse": (
        {"toolChoice": {"any": {}}},
        {"toolChoice": {"tool": {"name": "track"}}},
        None,
    ),
    "v2_chat": ("REQUIRED", None, "NONE"),
}


@with_tools
def test_a_tool_can_be_forced_or_barred_where_the_dialect_can_say_so(cloud):
    if cloud.api not in FORCED:
        pytest.skip("has no choice of tools")
    choose = CHOICES.get(cloud.api, lambda choice: {"tool_choice": choice})
    any_tool, this_tool, no_tool = FORCED[cloud.api]
    tools = TOOLS[cloud.api]
    assert read(cloud, more=tools | choose(any_tool)).forced_tool == ""
    if this_tool:
        assert read(cloud, more=tools | choose(this_tool)).forced_tool == "track"
    if no_tool:
        assert read(cloud, more=tools | choose(no_tool)).tools == ()


def conversation(api):
    """A question, a call, and its result."""
    if api == "generate_content":
        call = {"functionCall": {"name": "track", "args": {}}}
        answer = {"functionResponse": {"name": "track", "response": {"left": "today"}}}
        return {
            "contents": [
                {"role": "user", "parts": [{"text": PROMPT}]},
                {"role": "model", "parts": [call]},
                {"role": "user", "parts": [answer]},
            ]
        }
    if api == "converse":
        call = {"toolUse": {"toolUseId": "t", "name": "track", "input": {}}}
        answer = {"toolResult": {"toolUseId": "t", "content": [{"text": "today"}]}}
        first = {"role": "user", "content": [{"text": PROMPT}]}
    elif api in ("raw_predict", "invoke"):
        call = {"type": "tool_use", "id": "t", "name": "track", "input": {}}
        answer = {"type": "tool_result", "tool_use_id": "t", "content": "today"}
        first = {"role": "user", "content": PROMPT}
    else:
        calls = [{"id": "t", "function": {"name": "track", "arguments": {}}}]
        call = {"role": "assistant", "content": "", "tool_calls": calls}
        answer = {"role": "tool", "tool_call_id": "t", "content": "today"}
        return {"messages": [{"role": "user", "content": PROMPT}, call, answer]}
    called = {"role": "assistant", "content": [call]}
    return {"messages": [first, called, {"role": "user", "content": [answer]}]}


@with_tools
def test_a_tools_result_is_answered_and_the_prompt_is_still_the_users(cloud):
    request = read(cloud, body=BODIES[cloud.api] | conversation(cloud.api))
    assert request.answers_tool
    assert request.prompt == PROMPT
    assert request.turns == 1


@everywhere
def test_no_field_of_a_reply_is_no_json(cloud):
    if label_of(cloud) in SPEAKS_TOOLS:
        json.loads(cloud.render(read(cloud), SAID_AND_CALLED, reply_context()).body)
    json.loads(cloud.render(read(cloud), Refusal("overloaded"), reply_context()).body)
