from __future__ import annotations

from dataclasses import replace

import pytest

from chaos_llm.errors import Unsupported, UsageError
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


def test_a_stream_without_content_is_not_struck(stream, fault_context):
    empty = replace(stream, chunks=(stream.chunks[0], stream.chunks[-1]))
    assert doubled_chunk().on_reply(empty, fault_context) is empty


def test_a_whole_reply_has_no_pieces(whole, fault_context):
    with pytest.raises(Unsupported, match="the reply is no stream"):
        doubled_chunk().on_reply(whole, fault_context)


def test_after_is_a_share():
    with pytest.raises(UsageError, match=r"doubled_chunk\(after=-1\).*from 0 to 1"):
        doubled_chunk(after=-1)


def test_no_app_can_see_it_and_the_faults_behind_it_strike_too():
    assert doubled_chunk().silent
    assert not doubled_chunk().ends_reply
