from __future__ import annotations

from dataclasses import replace

import pytest

from chaos_llm.faults import doubled_chunk
from chaos_llm.protocol.messages import Ending


@pytest.mark.parametrize(("after", "place"), [(0, 1), (0.5, 3), (1, 4)])
def test_one_piece_of_the_content_comes_twice_in_a_row(after, place, stream, fault_context):
    applied = doubled_chunk(after=after).on_reply(stream, fault_context)
    twice = stream.chunks[place]
    behind = stream.chunks[place + 1 :]
    again = twice._replace(delay=0.0)
    assert applied.chunks == (*stream.chunks[: place + 1], again, *behind)
    assert applied.ending is Ending.COMPLETE


def test_a_stream_without_content_is_unchanged(stream, fault_context):
    empty = replace(stream, chunks=(stream.chunks[0], stream.chunks[-1]))
    assert doubled_chunk().on_reply(empty, fault_context) is empty
