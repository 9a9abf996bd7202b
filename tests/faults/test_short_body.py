from __future__ import annotations

from dataclasses import replace

import pytest

from chaos_llm.errors import Unsupported
from chaos_llm.faults import short_body
from chaos_llm.protocol.messages import Chunk, Ending


def test_a_share_of_the_body_comes_and_the_length_stays(whole, fault_context):
    applied = short_body().on_reply(whole, fault_context)
    assert (applied.body, applied.ending) == (whole.body[:8], Ending.CLOSED)
    assert applied.headers == whole.headers


@pytest.mark.parametrize(("keep", "kept"), [(0, 1), (0.99, 15), (1, 15)])
def test_at_least_a_byte_comes_and_at_least_one_is_missing(keep, kept, whole, fault_context):
    assert len(short_body(keep=keep).on_reply(whole, fault_context).body) == kept


def test_an_error_s_body_falls_short_too(refused, fault_context):
    assert short_body().on_reply(refused, fault_context).ending is Ending.CLOSED


def test_a_body_of_no_or_one_byte_is_unchanged(whole, fault_context):
    for body in ((), (Chunk(0.0, b"x"),)):
        tiny = replace(whole, chunks=body)
        assert short_body().on_reply(tiny, fault_context) is tiny


def test_a_stream_has_no_length_to_fall_short_of(stream, fault_context):
    with pytest.raises(Unsupported, match="a stream has no content-length"):
        short_body().on_reply(stream, fault_context)
