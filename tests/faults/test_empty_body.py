from __future__ import annotations

from chaos_llm.faults import empty_body
from chaos_llm.protocol.messages import Ending


def test_a_whole_reply_has_the_length_of_nothing(whole, strike):
    struck = empty_body().on_reply(whole, strike)
    assert (struck.status, struck.body, struck.ending) == (200, b"", Ending.COMPLETE)
    assert dict(struck.headers) == {"content-type": "application/json", "content-length": "0"}


def test_a_stream_begins_and_ends_without_an_event(stream, strike):
    struck = empty_body().on_reply(stream, strike)
    assert (struck.streamed, struck.chunks, struck.headers) == (True, (), stream.headers)


def test_a_refusal_keeps_its_status(refused, strike):
    assert empty_body().on_reply(refused, strike).status == 429


def test_what_is_empty_already_is_not_struck(whole, strike):
    empty = empty_body().on_reply(whole, strike)
    assert empty_body().on_reply(empty, strike) == empty


def test_it_ends_the_reply():
    assert empty_body().ends_reply
