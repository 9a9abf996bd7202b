from __future__ import annotations

from dataclasses import replace

import anthropic
import httpx2
import pytest

from chaos_llm import outage
from chaos_llm.errors import Unsupported
from chaos_llm.faults import cut_stream, error_mid_stream
from chaos_llm.protocol.messages import Chunk, Ending


@pytest.mark.parametrize(("after", "delivered"), [(0, 1), (0.1, 1), (0.5, 2), (0.99, 3), (1, 4)])
def test_a_share_of_the_content_comes_and_at_least_one_piece(
    after, delivered, stream, fault_context
):
    applied = cut_stream(after=after).on_reply(stream, fault_context)
    assert sum(chunk.content for chunk in applied.chunks) == delivered
    assert applied.chunks == stream.chunks[: delivered + 1]


def test_the_terminal_event_is_lost_even_when_all_content_came(stream, fault_context):
    assert b"close" not in cut_stream(after=1).on_reply(stream, fault_context).body


@pytest.mark.parametrize(
    ("by", "ending"),
    [("close", Ending.CLOSED), ("reset", Ending.RESET), ("end", Ending.COMPLETE)],
)
def test_it_ends_by_a_close_or_a_reset_or_as_if_it_were_whole(by, ending, stream, fault_context):
    assert cut_stream(by=by).on_reply(stream, fault_context).ending is ending


def test_a_stream_of_a_single_piece_is_cut_before_it(stream, fault_context):
    single = replace(stream, chunks=(stream.chunks[0], stream.chunks[1], stream.chunks[-1]))
    assert cut_stream().on_reply(single, fault_context).chunks == single.chunks[:1]


def test_a_stream_of_one_chunk_is_torn_because_its_headers_did_come(stream, fault_context):
    single = replace(stream, chunks=(Chunk(0.3, b"data: all of it\n\n", True),))
    (torn,) = cut_stream().on_reply(single, fault_context).chunks
    assert torn == Chunk(0.3, b"data: all")


def test_a_stream_without_content_breaks_too(stream, fault_context):
    empty = replace(stream, chunks=(stream.chunks[0], stream.chunks[-1]), pieces=0)
    assert cut_stream().on_reply(empty, fault_context).chunks == empty.chunks[:1]


def test_a_whole_reply_cannot_be_cut(whole, refused, fault_context):
    for reply in (whole, refused):
        with pytest.raises(Unsupported, match=r"cut_stream\(\): the reply is not a stream"):
            cut_stream().on_reply(reply, fault_context)


@pytest.mark.parametrize("fault", [cut_stream(after=0.1), error_mid_stream(after=0.1)], ids=repr)
def test_b4_a_stream_can_break_while_the_model_still_thinks(fault):
    read = []
    with outage() as chaos:
        chaos.on("anthropic").inject(fault)
        stream = anthropic.Anthropic(max_retries=0).messages.create(
            model="claude-opus-4-6",
            max_tokens=4000,
            thinking={"type": "adaptive"},
            messages=[{"role": "user", "content": "Where is my parcel?"}],
            stream=True,
        )
        with pytest.raises((httpx2.TransportError, anthropic.APIError)):
            for event in stream:
                if event.type == "content_block_delta":
                    read.append(event.delta.type)  # noqa: PERF401 - what came before counts
        assert chaos.journal[0].answered is False
    assert set(read) == {"thinking_delta"}
