from __future__ import annotations

from chaos_llm.faults import reset_connection
from chaos_llm.model import Ending


def test_the_reset_comes_before_any_byte_when_the_headers_were_due(whole, stream, strike):
    for reply in (whole, stream):
        struck = reset_connection().on_reply(reply, strike)
        assert (struck.wait, struck.chunks, struck.ending) == (reply.wait, (), Ending.RESET)


def test_it_ends_the_reply():
    assert reset_connection().ends_reply
