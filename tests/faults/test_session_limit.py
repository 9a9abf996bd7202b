from __future__ import annotations

import pytest

from chaos_llm.errors import Unsupported
from chaos_llm.faults import session_limit
from chaos_llm.protocol import websocket


def closings(reply):
    at, found = 0.0, []
    for chunk in reply.chunks:
        at += chunk.delay
        if closing := websocket.closing(chunk.data):
            found.append((at, *closing))
    return found


def test_a_session_is_closed_earlier_than_the_vendor_would(upgraded, fault_context):
    applied = session_limit("5m", 1011, "Deadline expired").on_reply(upgraded, fault_context)
    assert closings(applied) == [(300.0, 1011, "Deadline expired")]
    assert applied.chunks[0] == upgraded.chunks[0]


def test_the_vendors_own_limit_comes_first_where_it_is_shorter(upgraded, fault_context):
    applied = session_limit("2h").on_reply(upgraded, fault_context)
    assert closings(applied)[0] == (3600.0, 1001, "too old")


def test_only_a_session_can_be_too_old(turn, stream, whole, fault_context):
    for reply in (turn, stream, whole):
        with pytest.raises(Unsupported, match="does not open a session"):
            session_limit(60).on_reply(reply, fault_context)
