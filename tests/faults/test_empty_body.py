from __future__ import annotations

from chaos_llm.faults import empty_body
from chaos_llm.protocol.messages import Ending


def test_a_whole_reply_has_the_length_of_nothing(whole, fault_context):
    applied = empty_body().on_reply(whole, fault_context)
    assert (applied.status, applied.body, applied.ending) == (200, b"", Ending.COMPLETE)
    assert dict(applied.headers) == {"content-type": "application/json", "content-length": "0"}


def test_a_stream_begins_and_ends_without_an_event(stream, fault_context):
    applied = empty_body().on_reply(stream, fault_context)
    assert (applied.streamed, applied.chunks, applied.headers) == (True, (), stream.headers)


def test_a_refusal_keeps_its_status(refused, fault_context):
    assert empty_body().on_reply(refused, fault_context).status == 429


def test_an_empty_reply_is_unchanged(whole, fault_context):
    empty = empty_body().on_reply(whole, fault_context)
    assert empty_body().on_reply(empty, fault_context) == empty
