from __future__ import annotations

from chaos_llm.faults import challenge_page


def test_a_403_wants_a_browser(whole, stream, strike):
    for reply in (whole, stream):
        struck = challenge_page().on_reply(reply, strike)
        headers = dict(struck.headers)
        assert (struck.status, struck.streamed) == (403, False)
        assert (headers["cf-mitigated"], headers["server"]) == ("challenge", "cloudflare")
        assert headers["content-type"] == "text/html; charset=UTF-8"
        assert b"<title>Just a moment...</title>" in struck.body


def test_the_page_names_the_host_and_the_ray_of_the_header(whole, strike):
    struck = challenge_page().on_reply(whole, strike)
    ray, _, city = dict(struck.headers)["cf-ray"].partition("-")
    page = struck.body.decode()
    assert (len(ray), city) == (16, "SJC")
    assert f"cZone: 'api.anthropic.com', cType: 'managed', cRay: '{ray}'}}" in page


def test_it_ends_the_reply():
    assert challenge_page().ends_reply
