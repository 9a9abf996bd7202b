from __future__ import annotations

import json

from chaos_llm.faults import raw
from chaos_llm.protocol.messages import Ending


def test_a_recorded_failure_is_sent_unchanged(stream, fault_context):
    envoy = "upstream connect error or disconnect/reset before headers. reset reason: overflow"
    reply = raw(503, {"Content-Type": "text/plain", "Server": "envoy"}, envoy).on_reply(
        stream, fault_context
    )
    assert (reply.status, reply.body) == (503, envoy.encode())
    assert dict(reply.headers)["Server"] == "envoy"
    assert (reply.streamed, reply.wait, reply.ending) == (False, stream.wait, Ending.COMPLETE)


def test_json_brings_its_content_type(whole, fault_context):
    error = {"error": {"code": 401, "message": "User not found"}}
    reply = raw(401, json=error).on_reply(whole, fault_context)
    assert json.loads(reply.body) == error
    assert reply.headers[0] == ("content-type", "application/json")


def test_a_recorded_content_type_of_json_stays(whole, fault_context):
    reply = raw(429, {"Content-Type": "application/problem+json"}, json=[]).on_reply(
        whole, fault_context
    )
    assert [value for name, value in reply.headers if name.lower() == "content-type"] == [
        "application/problem+json"
    ]


def test_text_is_no_longer_compressed_or_chunked(whole, fault_context):
    recorded = {"Content-Encoding": "br", "Transfer-Encoding": "chunked", "Content-Length": "9"}
    reply = raw(502, recorded, "Bad Gateway").on_reply(whole, fault_context)
    assert reply.headers == (("content-length", "11"),)


def test_bytes_keep_all_that_was_recorded_about_them(whole, fault_context):
    recorded = (("content-encoding", "gzip"), ("content-length", "99"))
    reply = raw(200, recorded, b"\x1f\x8b").on_reply(whole, fault_context)
    assert reply.headers == recorded
    assert reply.body == b"\x1f\x8b"


def test_an_empty_body_with_a_good_status_can_be_sent(whole, fault_context):
    reply = raw(200).on_reply(whole, fault_context)
    assert (reply.status, reply.body, reply.ending) == (200, b"", Ending.COMPLETE)


def test_headers_may_repeat(whole, fault_context):
    pairs = [("set-cookie", "a=1"), ("set-cookie", "b=2")]
    assert raw(500, pairs, b"x").on_reply(whole, fault_context).headers == tuple(pairs)


def test_a_number_in_a_header_is_written_out(whole, fault_context):
    assert raw(429, {"retry-after": 30}, b"x").on_reply(whole, fault_context).headers == (
        ("retry-after", "30"),
    )


def test_an_identical_reply_has_no_effect(whole, fault_context):
    same = raw(200, whole.headers, b'{"text":"Hello"}').on_reply(whole, fault_context)
    assert raw(200, whole.headers, b'{"text":"Hello"}').on_reply(same, fault_context) == same


def test_it_can_be_compared_and_hashed_with_json_inside():
    assert raw(401, json={"a": 1}) == raw(401, json={"a": 1})
    assert raw(401, json={"a": 1}) != raw(401, json={"a": 2})
    assert hash(raw(401, json={"a": 1})) == hash(raw(401, json={"a": 1}))
