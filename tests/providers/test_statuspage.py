"""The status pages' endpoints; what they say is tested with chaos_llm.answers.status_page."""

from __future__ import annotations

import json

import pytest
from support.wire_requests import reply_context, wire_request

from chaos_llm.protocol.messages import Document, Refusal
from chaos_llm.providers import AnthropicStatus, OpenAIStatus
from chaos_llm.providers.statuspage import PATHS

pages = pytest.mark.parametrize("page", [AnthropicStatus(), OpenAIStatus()], ids=lambda p: p.name)


@pages
@pytest.mark.parametrize("path", PATHS)
def test_every_document_is_asked_for_without_a_key(page, path):
    request = page.parse(wire_request(page, path=path, headers={}))
    assert request.invalid is None
    assert (request.surface, request.path) == ("page", path)


@pages
def test_a_document_is_sent_as_it_is(page):
    request = page.parse(wire_request(page))
    reply = page.render(request, Document({"page": {"name": "Ü"}}), reply_context())
    assert reply.body == '{"page":{"name":"Ü"}}'.encode()
    assert reply.pieces == 1


@pages
def test_a_page_can_be_down_itself(page):
    reply = page.render(page.parse(wire_request(page)), Refusal("overloaded"), reply_context())
    assert reply.status == 503
    assert json.loads(reply.body) == {"error": "Service Unavailable"}
