"""A reply as bytes of HTTP/1.1: the bytes, their times, and the ending."""

from __future__ import annotations

import pytest

from chaos_llm.engine.http1 import Frame, frames, has_no_connection
from chaos_llm.engine.reply_timing import FOREVER
from chaos_llm.protocol.messages import Chunk, Ending, Reply

TEXT = (("content-type", "text/plain"),)
LONG = (*TEXT, ("content-length", "5"))
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"


def streamed(*chunks, ending=Ending.COMPLETE, wait=0.0):
    return Reply(200, TEXT, chunks, wait=wait, ending=ending, streamed=True)


def test_a_reply_that_is_not_streamed_is_sent_in_one_piece():
    reply = Reply(200, LONG, (Chunk(0.0, b"hel"), Chunk(0.0, b"lo")), wait=2.0)
    sent = HEAD + b"content-length: 5\r\n\r\nhello"
    assert frames(reply) == (Frame(2.0, sent, Ending.COMPLETE),)


def test_a_stream_is_sent_in_chunks_and_its_terminator_with_the_last():
    head = Frame(1.0, HEAD + b"transfer-encoding: chunked\r\n\r\n")
    assert frames(streamed(Chunk(0.0, b"hello"), Chunk(3.0, b"x" * 20), wait=1.0)) == (
        head,
        Frame(0.0, b"5\r\nhello\r\n"),
        Frame(3.0, b"14\r\n" + b"x" * 20 + b"\r\n0\r\n\r\n", Ending.COMPLETE),
    )


def test_an_empty_chunk_does_not_end_a_stream():
    sent = frames(streamed(Chunk(0.0, b"a"), Chunk(1.0, b""), Chunk(1.0, b"b")))
    assert [frame.data for frame in sent[1:]] == [b"1\r\na\r\n", b"", b"1\r\nb\r\n0\r\n\r\n"]


@pytest.mark.parametrize(
    ("ending", "pause"),
    [(Ending.CLOSED, 0.0), (Ending.RESET, 0.0), (Ending.SILENT, FOREVER)],
    ids=lambda value: getattr(value, "value", ""),
)
def test_a_stream_that_breaks_has_no_terminator(ending, pause):
    sent = frames(streamed(Chunk(0.0, b"a"), ending=ending))
    assert sent[1:] == (Frame(0.0, b"1\r\na\r\n"), Frame(pause, b"", ending))


def test_a_body_shorter_than_its_content_length_ends_with_a_close():
    sent = frames(Reply(200, LONG, (Chunk(0.0, b"hel"),)))
    assert sent[-1] == Frame(0.0, b"", Ending.CLOSED)
    assert sent[0].data.endswith(b"\r\n\r\nhel")


def test_a_body_without_a_content_length_gets_one():
    assert b"content-length: 0\r\n" in frames(Reply(500, TEXT, ()))[0].data
    assert b"transfer-encoding: chunked\r\n" in frames(Reply(200, TEXT, (Chunk(0, b"a"),)))[0].data
    assert frames(streamed())[0].data.endswith(b"\r\n\r\n0\r\n\r\n")


def test_a_status_without_a_reason_phrase_has_none():
    assert frames(Reply(529, LONG, (Chunk(0.0, b"hello"),)))[0].data.startswith(
        b"HTTP/1.1 529 \r\n"
    )


@pytest.mark.parametrize("ending", [Ending.RESET, Ending.CLOSED], ids=lambda ending: ending.value)
def test_before_the_headers_nothing_is_sent(ending):
    reply = Reply(200, LONG, (), wait=4.0, ending=ending)
    assert frames(reply) == (Frame(4.0, b"", ending),)
    assert not has_no_connection(reply)


@pytest.mark.parametrize(
    "ending",
    [Ending.REFUSED, Ending.UNRESOLVED, Ending.CONNECT_TIMEOUT, Ending.TLS_FAILED],
    ids=lambda ending: ending.value,
)
def test_some_endings_come_before_the_connection(ending):
    assert has_no_connection(Reply(200, (), (), ending=ending))
