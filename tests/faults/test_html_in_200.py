from __future__ import annotations

from chaos_llm.faults import html_in_200


def test_a_page_comes_with_a_good_status_in_place_of_an_answer(whole, stream, fault_context):
    for reply in (whole, stream):
        applied = html_in_200().on_reply(reply, fault_context)
        assert (applied.status, applied.streamed, applied.wait) == (200, False, reply.wait)
        assert dict(applied.headers)["content-type"] == "text/html"
        assert b"<title>Welcome to nginx!</title>" in applied.body


def test_it_has_a_content_length(whole, fault_context):
    applied = html_in_200().on_reply(whole, fault_context)
    assert dict(applied.headers)["content-length"] == str(len(applied.body))
