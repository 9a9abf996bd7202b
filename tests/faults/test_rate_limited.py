from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import openai
import pytest
from support.small_profiles import profile_of

from chaos_llm import outage
from chaos_llm.errors import UsageError
from chaos_llm.faults import rate_limited
from chaos_llm.profiles import load
from chaos_llm.protocol.messages import Refusal

PROFILES = Path(__file__).parents[2] / "fault_profiles"


def test_it_has_a_retry_after(answer, fault_context):
    applied = rate_limited(retry_after=7).on_answer(answer, fault_context)
    assert applied == Refusal("rate_limited", retry_after=7.0)


HI = [{"role": "user", "content": "hi"}]
CONVERSE = {"messages": [{"role": "user", "content": [{"text": "hi"}]}]}
CONTENTS = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
GOOGLE = "generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent"
VERTEX = (
    "us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1/publishers/google/"
    "models/gemini-2.5-flash:generateContent"
)
VENDORS = {
    "anthropic": ("api.anthropic.com/v1/messages", {"max_tokens": 9}),
    "openai": ("api.openai.com/v1/chat/completions", {}),
    "azure-openai": ("a.openai.azure.com/openai/deployments/d/chat/completions", {}),
    "groq": ("api.groq.com/openai/v1/chat/completions", {}),
    "openrouter": ("openrouter.ai/api/v1/chat/completions", {}),
    "deepseek": ("api.deepseek.com/chat/completions", {}),
    "bedrock": (
        "bedrock-runtime.us-east-1.amazonaws.com/model/amazon.nova-pro-v1:0/converse",
        None,
    ),
    "gemini": (GOOGLE, None),
    "vertex": (VERTEX, None),
}
BODIES = {"bedrock": CONVERSE, "gemini": CONTENTS, "vertex": CONTENTS}
KEY = {"authorization": "Bearer k", "anthropic-version": "2023-06-01"}
RETRY = datetime(2026, 3, 2, 12, 34, 56, tzinfo=UTC)


def limited(provider, fault, at="2026-03-02T12:00:00Z"):
    """The 429 of a vendor, and the wait that the journal read from it."""
    address, more = VENDORS[provider]
    body = BODIES.get(provider) or {"model": "a-model", "messages": HI, **more}
    with outage(replace(profile_of(), starts=datetime.fromisoformat(at))) as chaos:
        chaos.on(provider).inject(fault)
        reply = httpx2.post(f"https://{address}", json=body, headers=KEY)
        assert reply.status_code == 429
        return reply, chaos.journal[0].retry_after


@pytest.mark.parametrize("provider", ["anthropic", "openai", "azure-openai", "groq"])
def test_b17_the_default_is_a_header_where_the_vendor_sends_one(provider):
    reply, wait = limited(provider, rate_limited())
    assert (reply.headers["retry-after"], wait) == ("20", 20.0)


def test_b17_gemini_says_it_in_the_body():
    reply, wait = limited("gemini", rate_limited())
    assert "retry-after" not in reply.headers
    assert wait == 20.0


@pytest.mark.parametrize("provider", ["openrouter", "deepseek", "bedrock", "vertex"])
def test_b17_the_default_is_no_wait_where_the_vendor_sends_none(provider):
    reply, wait = limited(provider, rate_limited())
    assert not {"retry-after", "retry-after-ms", "x-amz-retry-after"} & set(reply.headers)
    assert wait is None or provider == "openrouter"  # whose x-ratelimit-reset is a time
    assert "retryDelay" not in reply.text


@pytest.mark.parametrize("provider", ["openrouter", "bedrock"])
def test_b17_a_wait_that_the_test_gives_is_sent_by_every_vendor(provider):
    assert limited(provider, rate_limited(5))[1]


@pytest.mark.parametrize("provider", VENDORS)
def test_b17_a_datetime_is_sent_as_an_http_date(provider):
    reply, _ = limited(provider, rate_limited(retry_after=RETRY))
    assert reply.headers["retry-after"] == "Mon, 02 Mar 2026 12:34:56 GMT"
    assert "retry-after-ms" not in reply.headers


def test_b17_an_sdk_waits_until_the_date():
    with outage(profile_of()) as chaos:
        soon = chaos.profile.when(chaos.now) + timedelta(seconds=31)
        chaos.on("openai").inject(rate_limited(retry_after=soon), times=1)
        openai.OpenAI(max_retries=1).chat.completions.create(model="gpt-5.4", messages=HI)
        first, second = chaos.journal
    assert 29 <= second.at - first.at <= 32


def test_b17_a_profile_and_json_may_give_the_date(tmp_path):
    written = tmp_path / "a-date.toml"
    text = (PROFILES / "anthropic-absurd-retry-after.toml").read_text()
    written.write_text(text.replace("retry_after = 13262", "retry_after = 2026-03-02T12:34:56Z"))
    (window,) = load(written).windows
    assert window.faults[0].fault == rate_limited(retry_after="2026-03-02T12:34:56+00:00")


def test_b17_a_date_without_a_time_zone_is_refused():
    with pytest.raises(UsageError, match="retry_after must be a datetime with a time zone"):
        rate_limited(retry_after=RETRY.replace(tzinfo=None))


def test_the_default_is_a_wait_that_was_seen(answer, fault_context):
    assert rate_limited().on_answer(answer, fault_context).retry_after == 20.0


def test_a_wait_of_none_omits_the_header(answer, fault_context):
    assert rate_limited(retry_after=None).on_answer(answer, fault_context).retry_after is None


@pytest.mark.parametrize("wait", [0, 13262, 86400, "27h", timedelta(hours=27)])
def test_absurd_waits_are_legal(wait, answer, fault_context):
    assert rate_limited(retry_after=wait).on_answer(answer, fault_context).retry_after >= 0


def test_equal_waits_are_equal_faults_however_they_are_written():
    assert rate_limited(retry_after="2m") == rate_limited(retry_after=120)
    assert len({rate_limited(retry_after="2m"), rate_limited(retry_after=120)}) == 1


def test_it_is_shown_as_it_was_written():
    assert repr(rate_limited(retry_after=7)) == "rate_limited(retry_after=7)"
    assert repr(rate_limited()) == "rate_limited()"


def test_its_wait_may_come_first():
    assert rate_limited(7) == rate_limited(retry_after=7)
