from __future__ import annotations

import pytest

from chaos_llm.errors import UsageError
from chaos_llm.faults import envoy_503

BEGINNING = "upstream connect error or disconnect/reset before headers. reset reason: "


def test_it_is_a_line_of_plain_text(whole, stream, strike):
    for reply in (whole, stream):
        struck = envoy_503().on_reply(reply, strike)
        assert (struck.status, struck.streamed) == (503, False)
        assert struck.body.decode() == BEGINNING + "overflow"
        assert dict(struck.headers)["content-type"] == "text/plain"


def test_a_reason_that_was_seen_can_be_played(whole, strike):
    reason = (
        "remote connection failure, transport failure reason: delayed connect error: "
        "Connection refused"
    )
    assert envoy_503(reason=reason).on_reply(whole, strike).body.decode() == BEGINNING + reason


@pytest.mark.parametrize("reason", ["", "  ", None, 503])
def test_a_reason_is_a_text(reason):
    with pytest.raises(UsageError, match=r"envoy_503\(reason=.*its reset reason"):
        envoy_503(reason=reason)


def test_it_ends_the_reply():
    assert envoy_503().ends_reply
