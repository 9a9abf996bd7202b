"""Batches whose length a test has set: they complete then, or expire after a day."""

from __future__ import annotations

import json
import time

import anthropic
import openai
import pytest
from support.batches import begun

from chaos_llm import outage
from chaos_llm.errors import UsageError

HOUR = 3600
MESSAGES = [{"role": "user", "content": "Where is order KX-48213?"}]
PARAMS = {"model": "claude-opus-4-8", "max_tokens": 99, "messages": MESSAGES}


@pytest.fixture
def chaos():
    with outage() as running:
        yield running


def lines_of(client, file_id):
    return [json.loads(line) for line in client.files.content(file_id).text.splitlines()]


def test_openais_batch_completes_when_it_is_said_to(chaos):
    chaos.on("openai").batches_take("20h")
    client = openai.OpenAI()
    batch = begun(client)
    statuses = []
    for hours in (1, 18.9, 0.2):
        time.sleep(hours * HOUR)
        statuses.append(client.batches.retrieve(batch.id).status)
    assert statuses == ["in_progress", "in_progress", "completed"]
    done = client.batches.retrieve(batch.id)
    assert done.completed_at - done.created_at == pytest.approx(20 * HOUR, abs=1)
    assert (done.error_file_id, done.expired_at) == (None, None)


def test_openais_batch_expires_with_half_of_its_answers(chaos):
    chaos.on("openai").batches_take("48h")
    client = openai.OpenAI()
    batch = begun(client)
    time.sleep(25 * HOUR)
    late = client.batches.retrieve(batch.id)
    assert (late.status, late.completed_at) == ("expired", None)
    assert late.expired_at == late.expires_at
    counts = late.request_counts
    assert (counts.total, counts.completed, counts.failed) == (2, 1, 1)
    (answered,) = lines_of(client, late.output_file_id)
    (expired,) = lines_of(client, late.error_file_id)
    assert (answered["custom_id"], expired["custom_id"]) == ("question-0", "question-1")
    assert answered["response"]["status_code"] == 200
    assert (expired["response"], expired["error"]["code"]) == (None, "batch_expired")


def test_anthropics_batch_expires_with_half_of_its_results(chaos):
    chaos.on("anthropic").batches_take("48h")
    client = anthropic.Anthropic()
    requests = [{"custom_id": name, "params": PARAMS} for name in ("a", "b")]
    batch = client.messages.batches.create(requests=requests)
    time.sleep(23 * HOUR)
    assert client.messages.batches.retrieve(batch.id).processing_status == "in_progress"
    time.sleep(2 * HOUR)
    ended = client.messages.batches.retrieve(batch.id)
    assert (ended.processing_status, ended.ended_at) == ("ended", ended.expires_at)
    assert (ended.request_counts.succeeded, ended.request_counts.expired) == (1, 1)
    results = {
        each.custom_id: each.result.type for each in client.messages.batches.results(ended.id)
    }
    assert results == {"a": "succeeded", "b": "expired"}


@pytest.mark.parametrize(("provider", "length"), [("gemini", "1h"), ("openai", "10s")])
def test_what_cannot_be_a_length_is_refused(chaos, provider, length):
    with pytest.raises(UsageError, match="batch"):
        chaos.on(provider).batches_take(length)
