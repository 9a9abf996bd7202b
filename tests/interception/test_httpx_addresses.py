"""Where requests of httpx and httpx2 go, as it is kept for the next request to the same URL."""

from __future__ import annotations

import importlib

import pytest
from support.http_clients import LIBRARIES
from support.small_profiles import profile_of

from chaos_llm import outage
from chaos_llm.interception import httpx_addresses
from chaos_llm.interception.httpx_addresses import Addresses, keeps_parts
from chaos_llm.requests.hosts import Hosts

URLS = (
    "https://api.anthropic.com/v1/messages",
    "https://api.anthropic.com:8443/v1/messages?beta=true",
    "http://api.anthropic.com/v1/messages",
    "https://API.Anthropic.com",
    "https://api.anthropic.com/v1/m%20e?",
    "https://münchen.example/ü?ä=1#part",
    "https://[::1]:8080/v1/chat/completions",
)
HOSTS = Hosts({"api.anthropic.com": ("anthropic",), "münchen.example:443": ("openai",)})


@pytest.fixture(params=LIBRARIES)
def module(request):
    return importlib.import_module(request.param)


@pytest.mark.parametrize("url", URLS)
def test_an_address_that_is_kept_is_what_the_url_says(module, url, monkeypatch):
    kept = Addresses(HOSTS)
    assert keeps_parts(module)
    for other in URLS:
        kept.of(module, module.URL(other))
    found = kept.of(module, module.URL(url))
    monkeypatch.setattr(httpx_addresses, "keeps_parts", lambda _module: False)
    assert found == Addresses(HOSTS).of(module, module.URL(url))
    assert found == kept.of(module, module.URL(url))


def test_addresses_that_are_kept_belong_to_one_outage_and_its_hosts(module):
    url = module.URL("https://gateway.example/v1/messages")
    mine, other = Addresses(Hosts({"gateway.example": ("anthropic",)})), Addresses(Hosts())
    assert (mine.of(module, url).names, other.of(module, url).names) == (("anthropic",), ())
    assert mine.of(module, url).names == ("anthropic",)


def test_addresses_are_bounded_where_each_request_has_another_query(module):
    kept = Addresses(HOSTS)
    for number in range(2_000):
        found = kept.of(module, module.URL(f"https://api.anthropic.com/v1/models?after={number}"))
        assert found.query == f"after={number}"
    assert len(kept._known) <= 512


def test_replies_are_the_same_where_a_library_keeps_urls_in_another_form(http, monkeypatch):
    def replies():
        with outage(profile_of(), seed=1):
            return [http.ask() for _ in range(4)]

    usual = replies()
    monkeypatch.setattr(httpx_addresses, "keeps_parts", lambda _module: False)
    for reply, other in zip(usual, replies(), strict=True):
        assert (reply.headers.raw, reply.content) == (other.headers.raw, other.content)
