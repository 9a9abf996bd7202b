from __future__ import annotations

from dataclasses import replace

import pytest

from chaos_llm.faults import reordered_chunks
from chaos_llm.protocol.messages import Chunk


def places(reply):
    """The numbers that the pieces of the stream carry, in the order in which they come."""
    return [int(chunk.data[6:7]) for chunk in reply.chunks if chunk.content]


@pytest.mark.parametrize(
    ("after", "order"), [(0, [1, 0, 2, 3]), (0.5, [0, 2, 1, 3]), (1, [0, 1, 3, 2])]
)
def test_two_neighbours_of_the_content_change_places(after, order, stream, fault_context):
    applied = reordered_chunks(after=after).on_reply(stream, fault_context)
    assert places(applied) == order
    assert (applied.chunks[0], applied.chunks[-1]) == (stream.chunks[0], stream.chunks[-1])


def test_the_pauses_stay_where_they_were(stream, fault_context):
    paced = replace(
        stream, chunks=tuple(c._replace(delay=float(n)) for n, c in enumerate(stream.chunks))
    )
    applied = reordered_chunks().on_reply(paced, fault_context)
    assert [chunk.delay for chunk in applied.chunks] == [0, 1, 2, 3, 4, 5]


def test_reordering_equal_pieces_has_no_effect(stream, fault_context):
    twins = replace(stream, chunks=(Chunk(0.1, b"data: x\n\n", True),) * 2)
    assert reordered_chunks().on_reply(twins, fault_context) == twins


def test_pieces_with_an_event_between_them_stay(stream, fault_context):
    opening, one, other, *_ = stream.chunks
    apart = replace(stream, chunks=(one, opening, other))
    assert reordered_chunks().on_reply(apart, fault_context) is apart
