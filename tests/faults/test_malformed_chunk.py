from __future__ import annotations

import json
from dataclasses import replace

import pytest

from chaos_llm.faults import malformed_chunk
from chaos_llm.protocol.messages import Chunk

EVENT = b'event: content_block_delta\ndata: {"index":0,"delta":{"text":"and on"}}\n\n'


@pytest.fixture
def told(stream):
    pieces = tuple(Chunk(0.1, EVENT, True) for _ in range(4))
    return replace(stream, chunks=(stream.chunks[0], *pieces, stream.chunks[-1]))


def changed(applied, reply):
    pairs = zip(applied.chunks, reply.chunks, strict=True)
    return [place for place, (one, other) in enumerate(pairs) if one != other]


@pytest.mark.parametrize(("after", "place"), [(0, 1), (0.5, 3), (1, 4)])
def test_one_event_of_the_content_is_broken_and_the_stream_goes_on(
    after, place, told, fault_context
):
    assert changed(malformed_chunk(after=after).on_reply(told, fault_context), told) == [place]


def test_the_frame_stays_and_the_data_cannot_be_read(told, fault_context):
    event = malformed_chunk().on_reply(told, fault_context).chunks[3].data
    assert event.startswith(b"event: content_block_delta\ndata: {")
    assert event.endswith(b"\n\n")
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        json.loads(event.partition(b"data: ")[2])


def test_a_line_of_json_cannot_be_read_either(told, fault_context):
    lines = replace(told, chunks=(Chunk(0.0, b'{"response":"and on"}\n', True),))
    (line,) = malformed_chunk().on_reply(lines, fault_context).chunks
    assert line.data == b'{"response":"an\n'


def test_a_stream_without_content_is_unchanged(stream, fault_context):
    empty = replace(stream, chunks=(stream.chunks[0], stream.chunks[-1]))
    assert malformed_chunk().on_reply(empty, fault_context) is empty
