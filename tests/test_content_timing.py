"""When the content of a reply comes."""

from __future__ import annotations

from math import inf

import pytest

from chaos_llm.journal.content_timing import AT_ONCE, content_timing_of
from chaos_llm.protocol.messages import Chunk, Ending, Reply


def reply(*chunks, wait=0.0, ending=Ending.COMPLETE):
    return Reply(200, (), tuple(chunks), wait=wait, ending=ending, streamed=True)


def word(delay=0.0):
    return Chunk(delay, b"word", content=True)


def ping(delay=0.0):
    return Chunk(delay, b": ping\n\n")


def test_replies_without_delays_share_one_record():
    assert content_timing_of(reply(ping(), word(), word())) is AT_ONCE


@pytest.mark.parametrize(
    ("made", "first", "quiet_from", "quiet"),
    [
        (reply(word(), wait=3.0), 3.0, 0.0, 3.0),
        (reply(word(1.0), word(5.0), word(2.0)), 1.0, 1.0, 5.0),
        (reply(ping(15.0), ping(15.0), word(1.0)), 31.0, 0.0, 31.0),
        (reply(word(1.0), ping(15.0), ping(15.0)), 1.0, 1.0, 30.0),
        (reply(word(1.0), ending=Ending.SILENT), 1.0, 1.0, inf),
        (reply(ending=Ending.SILENT), inf, 0.0, inf),
        (reply(ping()), inf, 0.0, 0.0),
    ],
    ids=["headers", "pause", "pings first", "pings after", "stall", "hang", "no content"],
)
def test_the_longest_time_without_content(made, first, quiet_from, quiet):
    assert content_timing_of(made)[:3] == (first, quiet_from, quiet)


def test_c1_the_last_piece_of_content_comes_before_what_closes_the_stream():
    assert content_timing_of(reply(word(1.0), word(5.0), ping(3.0))).last == 6.0
    assert content_timing_of(reply(ping())).last == inf


def test_replies_with_equal_timing_share_one_record():
    assert content_timing_of(reply(word(1.5))) is content_timing_of(reply(word(1.5)))


def test_a_client_that_leaves_early_has_waited_no_longer_than_that():
    stalled = content_timing_of(reply(word(2.0), ending=Ending.SILENT))
    assert stalled.longest_quiet(22.0) == 20.0
    assert stalled.longest_quiet(1.0) == 0.0
    paused = content_timing_of(reply(word(2.0), word(10.0), word(1.0)))
    assert paused.longest_quiet(13.0) == 10.0
