from __future__ import annotations

from chaos_llm.faults import slow_tokens


def test_each_piece_of_a_stream_after_the_first_is_late(stream, fault_context):
    slow = slow_tokens(2).on_reply(stream, fault_context)
    assert slow.wait == stream.wait
    assert [chunk.delay for chunk in slow.chunks] == [0.0, 0.1, 2.1, 2.1, 2.1, 0.0]


def test_a_whole_reply_waits_for_the_sum(whole, fault_context):
    assert slow_tokens(2).on_reply(whole, fault_context).wait == 0.5 + 3 * 2


def test_a_reply_without_pieces_is_unchanged(refused, fault_context):
    assert slow_tokens(2).on_reply(refused, fault_context) == refused


def test_zero_seconds_have_no_effect(stream, fault_context):
    assert slow_tokens(0).on_reply(stream, fault_context) is stream
