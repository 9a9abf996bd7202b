from __future__ import annotations

import pytest

from chaos_llm.errors import Unsupported
from chaos_llm.faults import close_session
from chaos_llm.protocol import websocket
from chaos_llm.protocol.messages import Ending


@pytest.mark.parametrize(("after", "delivered"), [(0, 0), (0.5, 2), (1, 4)])
def test_a_close_frame_follows_a_share_of_the_content(after, delivered, turn, fault_context):
    applied = close_session(1013, "Try again later", after=after).on_reply(turn, fault_context)
    assert sum(chunk.content for chunk in applied.chunks) == delivered
    assert websocket.closing(applied.chunks[-1].data) == (1013, "Try again later")
    assert applied.ending is Ending.CLOSED


def test_a_long_reason_is_cut_to_what_a_control_frame_holds(turn, fault_context):
    applied = close_session(1011, "ü" * 100).on_reply(turn, fault_context)
    code, reason = websocket.closing(applied.chunks[-1].data)
    assert (code, len(reason.encode())) == (1011, 122)


def test_what_is_sent_over_http_has_no_session(stream, whole, fault_context):
    for reply in (stream, whole):
        with pytest.raises(Unsupported, match="not sent on a websocket"):
            close_session().on_reply(reply, fault_context)


def test_a_session_in_which_nothing_was_asked_goes_on(upgraded, fault_context):
    with pytest.raises(Unsupported, match="not a stream"):
        close_session().on_reply(upgraded, fault_context)
