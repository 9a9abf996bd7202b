from __future__ import annotations

from dataclasses import replace

from chaos_llm.faults import missing_terminal_event
from chaos_llm.protocol.messages import Ending


def test_only_the_last_event_is_missing_and_the_body_ends_normally(stream, fault_context):
    applied = missing_terminal_event().on_reply(stream, fault_context)
    assert (applied.chunks, applied.ending) == (stream.chunks[:-1], Ending.COMPLETE)


def test_a_stream_of_one_event_is_left_without_any(stream, fault_context):
    single = replace(stream, chunks=stream.chunks[:1])
    assert missing_terminal_event().on_reply(single, fault_context).chunks == ()
