from __future__ import annotations

from dataclasses import replace

import pytest

from chaos_llm.errors import Unsupported, UsageError
from chaos_llm.faults import ping_only
from chaos_llm.protocol.messages import Chunk, Ending

PING = b": keep-alive\n\n"


@pytest.fixture
def pinged(stream):
    return replace(stream, ping=PING)


def test_keep_alives_come_in_the_place_of_content_and_then_the_answer(pinged, fault_context):
    applied = ping_only(50, every=20).on_reply(pinged, fault_context)
    assert applied.chunks[1:3] == (Chunk(20.0, PING), Chunk(20.0, PING))
    assert [chunk.delay for chunk in applied.chunks] == [0.0, 20.0, 20.0, 10.1, 0.1, 0.1, 0.1, 0.0]
    assert applied.body.replace(PING, b"") == pinged.body
    assert applied.ending is Ending.COMPLETE


def test_no_pause_is_longer_than_the_time_between_two(pinged, fault_context):
    applied = ping_only("10m").on_reply(pinged, fault_context)
    assert sum(chunk.delay for chunk in applied.chunks) == pytest.approx(600.4)
    assert max(chunk.delay for chunk in applied.chunks) < 15.2


def test_zero_seconds_have_no_effect(pinged, fault_context):
    assert ping_only(0).on_reply(pinged, fault_context) == pinged


def test_a_stream_without_content_is_pinged_at_its_end(pinged, fault_context):
    empty = replace(pinged, chunks=pinged.chunks[:1])
    assert ping_only(20, every=20).on_reply(empty, fault_context).chunks[1:] == (Chunk(20.0, PING),)


def test_a_format_without_keep_alives_does_not_support_it(whole, stream, fault_context):
    for reply in (whole, stream):
        with pytest.raises(Unsupported, match="this reply has no keep-alives"):
            ping_only().on_reply(reply, fault_context)


def test_arguments_are_durations():
    with pytest.raises(UsageError, match=r"ping_only\(seconds=...\).*is not a duration"):
        ping_only("ages")
    with pytest.raises(UsageError, match=r"ping_only\(every=...\).*is not a duration"):
        ping_only(every=-1)
