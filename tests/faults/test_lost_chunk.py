from __future__ import annotations

from dataclasses import replace

import pytest

from chaos_llm.faults import lost_chunk
from chaos_llm.protocol.messages import Ending


@pytest.mark.parametrize(("after", "lost"), [(0, 1), (0.5, 3), (1, 4)])
def test_one_piece_of_the_content_never_comes(after, lost, stream, fault_context):
    applied = lost_chunk(after=after).on_reply(stream, fault_context)
    assert applied.chunks == stream.chunks[:lost] + stream.chunks[lost + 1 :]
    assert applied.ending is Ending.COMPLETE


def test_a_stream_without_content_is_unchanged(stream, fault_context):
    empty = replace(stream, chunks=(stream.chunks[0], stream.chunks[-1]))
    assert lost_chunk().on_reply(empty, fault_context) is empty
