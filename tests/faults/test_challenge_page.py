from __future__ import annotations

from chaos_llm.faults import challenge_page


def test_a_403_wants_a_browser(whole, stream, fault_context):
    for reply in (whole, stream):
        applied = challenge_page().on_reply(reply, fault_context)
        headers = dict(applied.headers)
        assert (applied.status, applied.streamed) == (403, False)
        assert (headers["cf-mitigated"], headers["server"]) == ("challenge", "cloudflare")
        assert headers["content-type"] == "text/html; charset=UTF-8"
        assert b"<title>Just a moment...</title>" in applied.body


def test_the_page_names_the_host_and_the_ray_of_the_header(whole, fault_context):
    applied = challenge_page().on_reply(whole, fault_context)
    ray, _, city = dict(applied.headers)["cf-ray"].partition("-")
    page = applied.body.decode()
    assert (len(ray), city) == (16, "SJC")
    assert f"cZone: 'api.anthropic.com', cType: 'managed', cRay: '{ray}'}}" in page
