"""What Anthropic and OpenAI tell of a quota; the look-alikes' headers are tested with them."""

from __future__ import annotations

import pytest
from support.wire_requests import reply_context, wire_request

from chaos_llm.protocol.messages import Refusal
from chaos_llm.protocol.rate_limits import Bucket, Quota, with_headers
from chaos_llm.providers import (
    PROVIDERS,
    AnthropicBatches,
    AnthropicMessages,
    AnthropicTokenCount,
    OpenAIChat,
    OpenAIEmbeddings,
    OpenAIResponses,
)
from chaos_llm.providers.openai.common import span

NOON = 1772452800.0  # 2026-03-02T12:00:00Z
TAKEN = Bucket(Quota(requests_per_minute=60, tokens_per_minute=6000)).take(NOON, 1000)
ANTHROPIC = (AnthropicMessages(), AnthropicTokenCount(), AnthropicBatches())
OPENAI = (OpenAIChat(), OpenAIResponses(), OpenAIEmbeddings())


@pytest.mark.parametrize("each_of", ANTHROPIC, ids=lambda each: each.api)
def test_anthropic_tells_moments(each_of):
    assert dict(each_of.quota_headers(TAKEN)) == {
        "anthropic-ratelimit-requests-limit": "60",
        "anthropic-ratelimit-requests-remaining": "59",
        "anthropic-ratelimit-requests-reset": "2026-03-02T12:00:01Z",
        "anthropic-ratelimit-input-tokens-limit": "6000",
        "anthropic-ratelimit-input-tokens-remaining": "5000",
        "anthropic-ratelimit-input-tokens-reset": "2026-03-02T12:00:10Z",
    }


@pytest.mark.parametrize("each_of", OPENAI, ids=lambda each: each.api)
def test_openai_tells_spans(each_of):
    assert dict(each_of.quota_headers(TAKEN)) == {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-limit-tokens": "6000",
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-remaining-tokens": "5000",
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-reset-tokens": "10s",
    }


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0ms"), (0.012, "12ms"), (1, "1s"), (7.66, "7.66s"), (60, "1m0s"), (90.5, "1m30.5s")],
)
def test_a_span_is_written_as_openai_does(seconds, text):
    assert span(seconds) == text


def test_a_quota_takes_the_place_of_the_recorded_limits_of_a_429():
    messages = AnthropicMessages()
    bucket = Bucket(Quota(requests_per_minute=1))
    bucket.take(NOON, 0)
    state = bucket.take(NOON, 0)
    request = messages.parse(wire_request(messages))
    refusal = Refusal("rate_limited", retry_after=state.retry_after)
    reply = messages.render(request, refusal, reply_context())
    headers = with_headers(reply, messages.quota_headers(state)).headers
    told = dict(headers)
    assert len(told) == len(headers)
    assert told["anthropic-ratelimit-requests-limit"] == "1"
    assert told["anthropic-ratelimit-requests-reset"] == "2026-03-02T12:01:00Z"
    assert told["retry-after"] == "60"


@pytest.mark.parametrize("limits", [Quota(), Quota(5), Quota(None, 5), Quota(5, 5)], ids=repr)
def test_every_format_can_tell_of_every_quota(limits):
    state = Bucket(limits).take(NOON, 2)
    for each in PROVIDERS:
        headers = each.quota_headers(state)
        assert all(name == name.lower() and value for name, value in headers)
        assert limits != Quota() or headers == ()
