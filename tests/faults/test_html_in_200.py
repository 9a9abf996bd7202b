from __future__ import annotations

from chaos_llm.faults import html_in_200


def test_a_page_comes_with_a_good_status_in_place_of_an_answer(whole, stream, strike):
    for reply in (whole, stream):
        struck = html_in_200().on_reply(reply, strike)
        assert (struck.status, struck.streamed, struck.wait) == (200, False, reply.wait)
        assert dict(struck.headers)["content-type"] == "text/html"
        assert b"<title>Welcome to nginx!</title>" in struck.body


def test_its_length_is_told(whole, strike):
    struck = html_in_200().on_reply(whole, strike)
    assert dict(struck.headers)["content-length"] == str(len(struck.body))


def test_it_ends_the_reply():
    assert html_in_200().ends_reply
