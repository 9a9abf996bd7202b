from __future__ import annotations

from dataclasses import replace

import pytest

from chaos_llm.faults import half_event
from chaos_llm.protocol.messages import Chunk, Ending


@pytest.mark.parametrize(("after", "whole_events"), [(0, 1), (0.5, 2), (1, 4)])
def test_a_share_of_the_content_comes_and_half_an_event(after, whole_events, stream, fault_context):
    applied = half_event(after=after).on_reply(stream, fault_context)
    *before, half = applied.chunks
    assert tuple(before) == stream.chunks[: whole_events + 1]
    torn = stream.chunks[whole_events + 1]
    assert half == torn._replace(data=torn.data[: (len(torn.data) + 1) // 2], content=False)


def test_the_body_ends_as_if_it_were_whole(stream, fault_context):
    assert half_event().on_reply(stream, fault_context).ending is Ending.COMPLETE


def test_behind_the_last_event_it_is_that_one_that_is_torn(stream, fault_context):
    open_ended = replace(stream, chunks=stream.chunks[:-1])
    applied = half_event(after=1).on_reply(open_ended, fault_context)
    assert applied.chunks == (*open_ended.chunks[:-1], Chunk(0.1, b"data:"))
