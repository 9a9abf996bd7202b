from __future__ import annotations

from chaos_llm.faults import refuse_connection
from chaos_llm.protocol.messages import Ending


def test_there_is_no_connection_and_no_wait_for_one(whole, stream, fault_context):
    for reply in (whole, stream):
        applied = refuse_connection().on_reply(reply, fault_context)
        assert (applied.wait, applied.chunks, applied.ending) == (0.0, (), Ending.REFUSED)
