from __future__ import annotations

from dataclasses import replace

import anthropic
import httpx
import openai
import pytest

from chaos_llm import outage
from chaos_llm.errors import Unsupported
from chaos_llm.faults import other_model

CODEX = "gpt-5.3-codex"
GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent"


@pytest.mark.parametrize("streamed", [False, True])
def test_the_reply_of_claude_names_another_model(streamed):
    with outage() as chaos:
        chaos.on("anthropic").inject(other_model("claude-haiku-4-5"))
        reply = anthropic.Anthropic().messages.create(
            model="claude-opus-4-8",
            max_tokens=9,
            messages=[{"role": "user", "content": "Hi."}],
            stream=streamed,
        )
        first = next(iter(reply)).message if streamed else reply
    assert first.model == "claude-haiku-4-5"


def test_the_responses_api_names_another_model_and_the_answer_is_whole():
    with outage() as chaos:
        chaos.on("openai").inject(other_model("gpt-5.2-2025-12-11"))
        reply = openai.OpenAI().responses.create(model=CODEX, input="Hi.")
    assert reply.model == "gpt-5.2-2025-12-11"
    assert reply.output_text


def test_gemini_names_it_in_its_own_field():
    with outage() as chaos:
        chaos.on("gemini").inject(other_model())
        asked = {"contents": [{"role": "user", "parts": [{"text": "Hi."}]}]}
        reply = httpx.post(GEMINI, json=asked, headers={"x-goog-api-key": "k"})
    assert reply.json()["modelVersion"] == "gemini-2.5-flash-mini"


def test_a_reply_that_names_no_model_cannot_show_it(whole, fault_context):
    asked = replace(fault_context, request=replace(fault_context.request, model="m"))
    with pytest.raises(Unsupported, match="names no model"):
        other_model().on_reply(whole, asked)


def test_a_request_without_a_model_is_unaffected(whole, fault_context):
    assert other_model().on_reply(whole, fault_context) is whole
