from __future__ import annotations

import io
import json
import time

import anthropic
import openai
import pytest

from chaos_llm import outage
from chaos_llm.faults import stuck_batch
from chaos_llm.protocol.messages import Completion, Document, Refusal

HOURS = 3600
LINE = {
    "custom_id": "one",
    "method": "POST",
    "url": "/v1/chat/completions",
    "body": {"model": "gpt-5.2", "messages": [{"role": "user", "content": "Hi."}]},
}


def test_a_batch_of_claude_never_ends():
    params = {
        "model": "claude-opus-4-8",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "Hi."}],
    }
    with outage() as chaos:
        chaos.on("anthropic").inject(stuck_batch())
        client = anthropic.Anthropic()
        batch = client.messages.batches.create(requests=[{"custom_id": "one", "params": params}])
        time.sleep(12 * HOURS)
        stuck = client.messages.batches.retrieve(batch.id)
    assert stuck.processing_status == "in_progress"
    assert stuck.request_counts.processing == 1
    assert (stuck.ended_at, stuck.results_url) == (None, None)


def test_a_batch_of_openai_is_being_finalized_for_ever():
    with outage() as chaos:
        chaos.on("openai").inject(stuck_batch())
        client = openai.OpenAI()
        lines = io.BytesIO(json.dumps(LINE).encode())
        file = client.files.create(file=("batch.jsonl", lines), purpose="batch")
        batch = client.batches.create(
            input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
        )
        time.sleep(12 * HOURS)
        stuck = client.batches.retrieve(batch.id)
    assert (stuck.status, stuck.output_file_id) == ("finalizing", None)


@pytest.mark.parametrize(
    "other",
    [Refusal("quota"), Completion("Hi."), Document([]), Document({"object": "list"})],
)
def test_another_reply_is_unchanged(other, fault_context):
    assert stuck_batch().on_answer(other, fault_context) is other
