from __future__ import annotations

from chaos_llm.faults import refuse_connection
from chaos_llm.protocol.messages import Ending


def test_there_is_no_connection_and_no_wait_for_one(whole, stream, strike):
    for reply in (whole, stream):
        struck = refuse_connection().on_reply(reply, strike)
        assert (struck.wait, struck.chunks, struck.ending) == (0.0, (), Ending.REFUSED)


def test_it_ends_the_reply():
    assert refuse_connection().ends_reply
