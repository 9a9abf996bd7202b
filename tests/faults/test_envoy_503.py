from __future__ import annotations

from chaos_llm.faults import envoy_503

BEGINNING = "upstream connect error or disconnect/reset before headers. reset reason: "


def test_it_is_a_line_of_plain_text(whole, stream, fault_context):
    for reply in (whole, stream):
        applied = envoy_503().on_reply(reply, fault_context)
        assert (applied.status, applied.streamed) == (503, False)
        assert applied.body.decode() == BEGINNING + "overflow"
        assert dict(applied.headers)["content-type"] == "text/plain"


def test_a_recorded_reason_can_be_set(whole, fault_context):
    reason = (
        "remote connection failure, transport failure reason: delayed connect error: "
        "Connection refused"
    )
    assert (
        envoy_503(reason=reason).on_reply(whole, fault_context).body.decode() == BEGINNING + reason
    )
