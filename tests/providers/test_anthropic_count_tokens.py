"""Anthropic's count of tokens."""

from __future__ import annotations

import pytest
from support.sdk_drivers import Driver, settle
from support.wire_requests import BODIES, SAID, reply_context, wire_request

from chaos_llm.protocol.messages import Refusal
from chaos_llm.providers import AnthropicMessages, AnthropicTokenCount

COUNT = AnthropicTokenCount()
flavour = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


async def count(client, **body):
    return (await settle(client.messages.count_tokens(**body))).input_tokens


@flavour
def test_the_sdk_reads_the_count(is_async):
    driver = Driver(COUNT, [SAID], is_async)
    assert driver.run(count, **BODIES["count_tokens"]) == driver.requests[0].input_tokens > 0


def test_it_counts_as_the_usage_of_a_message_does():
    messages = AnthropicMessages()
    body = BODIES["messages"]
    counted = COUNT.parse(wire_request(COUNT, body=body)).input_tokens
    assert counted == messages.parse(wire_request(messages, body=body)).input_tokens


def test_it_wants_no_max_tokens_but_messages():
    assert COUNT.parse(wire_request(COUNT)).invalid is None
    request = COUNT.parse(wire_request(COUNT, body={"model": "m"}))
    assert request.invalid == Refusal("invalid_request", message="messages: Field required")


@flavour
def test_a_credit_that_is_too_low_stops_the_counting_too(is_async):
    driver = Driver(COUNT, [Refusal("quota")], is_async)  # anthropics/claude-code#91322
    with pytest.raises(driver.sdk.BadRequestError, match="credit balance is too low"):
        driver.run(count, **BODIES["count_tokens"])


@pytest.mark.parametrize("kind", Refusal.KINDS)
def test_it_fails_as_messages_do(kind):
    messages = AnthropicMessages()
    here = COUNT.render(COUNT.parse(wire_request(COUNT)), Refusal(kind), reply_context())
    request = messages.parse(wire_request(messages))
    assert here == messages.render(request, Refusal(kind), reply_context())
