"""Meta's Llama API in its own shapes."""

from __future__ import annotations

import json
from dataclasses import replace

from support.wire_requests import CALLED, SAID, TEXT, reply_context, streaming_request, wire_request

from chaos_llm.protocol.messages import Break, Completion, Refusal
from chaos_llm.providers import MetaLlama

LLAMA = MetaLlama()


def told(answer):
    reply = LLAMA.render(streaming_request(LLAMA), answer, reply_context())
    return [json.loads(chunk.data.partition(b"data: ")[2]) for chunk in reply.chunks]


def test_a_stream_goes_from_start_to_metrics_and_has_no_terminator():
    kinds = [each["event"]["event_type"] for each in told(SAID)]
    assert kinds[0] == "start"
    assert set(kinds[1:-2]) == {"progress"}
    assert kinds[-2:] == ["complete", "metrics"]
    text = "".join(each["event"]["delta"].get("text", "") for each in told(SAID))
    assert text == TEXT


def test_the_stop_reason_comes_with_the_end():
    (end,) = [each["event"] for each in told(CALLED) if each["event"]["event_type"] == "complete"]
    assert end["stop_reason"] == "tool_calls"


def test_a_call_begins_with_its_name_and_goes_on_with_arguments():
    deltas = [each["event"]["delta"] for each in told(CALLED)]
    calls = [delta for delta in deltas if delta["type"] == "tool_call"]
    assert calls[0]["function"] == {"name": "track", "arguments": ""}
    assert all("name" not in delta["function"] for delta in calls[1:])


def test_a_whole_reply_without_words_has_an_empty_text():
    reply = LLAMA.render(LLAMA.parse(wire_request(LLAMA)), Completion(), reply_context())
    message = json.loads(reply.body)["completion_message"]
    assert message["content"] == {"type": "text", "text": ""}
    calling = LLAMA.render(LLAMA.parse(wire_request(LLAMA)), CALLED, reply_context())
    assert "content" not in json.loads(calling.body)["completion_message"]


def test_an_error_in_a_stream_is_named_so():
    broken = replace(SAID, broken_by=Break(0.5, Refusal("rate_limited")))
    reply = LLAMA.render(streaming_request(LLAMA), broken, reply_context())
    last = reply.chunks[-1].data
    assert last.startswith(b"event: error\n")
    assert json.loads(last.partition(b"data: ")[2])["error"]["status"] == 429


def test_a_status_that_http_does_not_know_has_a_title_too():
    request = LLAMA.parse(wire_request(LLAMA))
    body = LLAMA.render(request, Refusal("overloaded", status=529), reply_context()).body
    assert json.loads(body)["title"] == "Error"


def test_no_metrics_where_the_usage_is_not_told():
    silent = replace(SAID, tells_usage=False)
    assert "metrics" not in [each["event"]["event_type"] for each in told(silent)]
    reply = LLAMA.render(LLAMA.parse(wire_request(LLAMA)), silent, reply_context())
    assert json.loads(reply.body)["metrics"] is None
