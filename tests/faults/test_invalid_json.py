from __future__ import annotations

import json
from dataclasses import replace

import pytest

from chaos_llm.errors import Unsupported
from chaos_llm.faults import invalid_json
from chaos_llm.protocol.messages import Chunk, Ending


def test_the_json_stops_and_http_has_nothing_to_complain_about(whole, fault_context):
    applied = invalid_json().on_reply(whole, fault_context)
    assert whole.body.startswith(applied.body)
    assert dict(applied.headers) == {"content-type": "application/json", "content-length": "8"}
    assert (len(applied.body), applied.ending) == (8, Ending.COMPLETE)
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(applied.body)


@pytest.mark.parametrize("body", [b"{}", b"{}\n\n\n\n\n\n", b'{"a":1}\n', b"[]"])
def test_the_cut_body_is_never_valid_json(body, whole, fault_context):
    applied = invalid_json().on_reply(replace(whole, chunks=(Chunk(0.0, body),)), fault_context)
    with pytest.raises(ValueError):  # noqa: PT011 - whatever a reader misses
        json.loads(applied.body)


def test_it_is_as_late_as_the_body_was(whole, fault_context):
    late = replace(whole, chunks=(Chunk(2.0, whole.body, True),))
    assert invalid_json().on_reply(late, fault_context).chunks[0].delay == 2.0


def test_a_reply_without_a_body_is_unchanged(whole, fault_context):
    empty = replace(whole, chunks=())
    assert invalid_json().on_reply(empty, fault_context) is empty


def test_a_stream_is_not_one_json_text(stream, fault_context):
    with pytest.raises(Unsupported, match="a stream is not one JSON text"):
        invalid_json().on_reply(stream, fault_context)
