from __future__ import annotations

from dataclasses import replace

import pytest

from chaos_llm.errors import Unsupported, UsageError
from chaos_llm.faults import stall_mid_stream
from chaos_llm.protocol.messages import Chunk, Ending


def test_without_seconds_the_rest_never_comes_and_the_connection_stays_open(stream, fault_context):
    applied = stall_mid_stream().on_reply(stream, fault_context)
    assert (applied.chunks, applied.ending) == (stream.chunks[:3], Ending.SILENT)


def test_with_seconds_the_rest_comes_after_them(stream, fault_context):
    applied = stall_mid_stream(seconds="3m").on_reply(stream, fault_context)
    assert [chunk.delay for chunk in applied.chunks] == [0.0, 0.1, 0.1, 180.1, 0.1, 0.0]
    assert (applied.body, applied.ending) == (stream.body, Ending.COMPLETE)


def test_after_all_content_the_closing_event_is_late(stream, fault_context):
    applied = stall_mid_stream(after=1, seconds=5).on_reply(stream, fault_context)
    assert [chunk.delay for chunk in applied.chunks] == [0.0, 0.1, 0.1, 0.1, 0.1, 5.0]


def test_a_stream_of_one_chunk_stalls_inside_it(stream, fault_context):
    single = replace(stream, chunks=(Chunk(0.3, b"data: all of it\n\n", True),))
    applied = stall_mid_stream(seconds=5).on_reply(single, fault_context)
    assert applied.chunks == (Chunk(0.3, b"data: all"), Chunk(5.0, b" of it\n\n", True))


def test_a_stall_of_zero_seconds_has_no_effect(stream, fault_context):
    assert stall_mid_stream(seconds=0).on_reply(stream, fault_context) is stream


def test_a_stall_after_the_last_byte_has_no_effect(stream, fault_context):
    open_ended = replace(stream, chunks=stream.chunks[:-1])
    assert stall_mid_stream(after=1, seconds=5).on_reply(open_ended, fault_context) is open_ended


def test_a_whole_reply_cannot_stall_in_the_middle(whole, fault_context):
    with pytest.raises(Unsupported, match="the reply is not a stream"):
        stall_mid_stream().on_reply(whole, fault_context)


def test_only_a_stall_without_an_end_ends_the_reply():
    assert stall_mid_stream().ends_reply
    assert not stall_mid_stream(seconds=5).ends_reply


def test_arguments_are_a_share_and_a_duration():
    with pytest.raises(UsageError, match=r"stall_mid_stream\(after=2\).*from 0 to 1"):
        stall_mid_stream(after=2)
    with pytest.raises(UsageError, match=r"stall_mid_stream\(seconds=...\).*is not a duration"):
        stall_mid_stream(seconds="ages")
