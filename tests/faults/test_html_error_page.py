from __future__ import annotations

import pytest

from chaos_llm.faults import html_error_page


def _applied(fault, reply, fault_context):
    applied = fault.on_reply(reply, fault_context)
    return applied, dict(applied.headers), applied.body.decode()


@pytest.mark.parametrize(
    ("status", "title"),
    [
        (502, "api.anthropic.com | 502: Bad gateway"),
        (504, "api.anthropic.com | 504: Gateway time-out"),
        (520, "api.anthropic.com | 520: Web server is returning an unknown error"),
        (524, "api.anthropic.com | 524: A timeout occurred"),
    ],
)
def test_cloudflare_s_page_names_the_host_and_the_status(status, title, whole, fault_context):
    reply, headers, page = _applied(html_error_page(status), whole, fault_context)
    assert reply.status == status
    assert f"<title>{title}</title>" in page
    assert headers["content-type"] == "text/html; charset=UTF-8"
    assert headers["server"] == "cloudflare"


def test_the_page_and_the_header_name_the_same_ray(whole, fault_context):
    _, headers, page = _applied(html_error_page(), whole, fault_context)
    ray, _, city = headers["cf-ray"].partition("-")
    assert (len(ray), city) == (16, "SJC")
    assert f"<strong>{ray}</strong>" in page


def test_a_status_that_cloudflare_passes_on_has_the_short_page(whole, fault_context):
    _, headers, page = _applied(html_error_page(503), whole, fault_context)
    assert "<title>503 Service Temporarily Unavailable</title>" in page
    assert "<hr><center>cloudflare</center>" in page
    assert headers["content-type"] == "text/html"


def test_the_short_page_can_be_selected(whole, fault_context):
    _, headers, page = _applied(html_error_page(502, page="cloudflare-short"), whole, fault_context)
    assert "<center><h1>502 Bad Gateway</h1></center>" in page
    assert "cf-ray" in headers


def test_the_page_of_nginx_names_nginx(whole, fault_context):
    _, headers, page = _applied(html_error_page(page="nginx"), whole, fault_context)
    assert "<center>nginx</center>" in page
    assert headers["server"] == "nginx"
    assert "cf-ray" not in headers


def test_it_comes_whole_in_place_of_a_stream_and_as_late(stream, fault_context):
    reply, headers, page = _applied(html_error_page(), stream, fault_context)
    assert not reply.streamed
    assert reply.wait == stream.wait
    assert headers["content-length"] == str(len(page))
    assert len(reply.chunks) == 1
    assert not reply.chunks[0].content
