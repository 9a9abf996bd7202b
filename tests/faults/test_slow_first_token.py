from __future__ import annotations

from chaos_llm.faults import slow_first_token


def test_the_headers_of_a_stream_come_in_time_and_its_first_token_late(stream, fault_context):
    slow = slow_first_token(30).on_reply(stream, fault_context)
    assert slow.wait == stream.wait
    assert [chunk.delay for chunk in slow.chunks] == [0.0, 30.1, 0.1, 0.1, 0.1, 0.0]


def test_a_whole_reply_is_late_as_a_whole(whole, fault_context):
    assert slow_first_token("30s").on_reply(whole, fault_context).wait == 30.5


def test_zero_seconds_have_no_effect(stream, fault_context):
    assert slow_first_token(0).on_reply(stream, fault_context) is stream
