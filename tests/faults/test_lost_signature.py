from __future__ import annotations

import anthropic
import httpx2
import openai
import pytest

from chaos_llm import outage
from chaos_llm.faults import lost_signature

QUESTION = {"role": "user", "content": "Where is my parcel?"}
TRACK = {"name": "track", "input_schema": {"type": "object", "properties": {}}}
GEMINI = (
    "https://generativelanguage.googleapis.com/v1beta/models/gemini-3-flash-preview:generateContent"
)
DECLARED = {"functionDeclarations": [{"name": "track", "description": "Track a parcel."}]}


def think(messages, **options):
    return anthropic.Anthropic(max_retries=0).messages.create(
        model="claude-opus-4-6",
        max_tokens=4000,
        thinking={"type": "adaptive"},
        tools=[TRACK],
        messages=messages,
        **options,
    )


def next_turn(message):
    """The conversation with the answer and its tool's result, as an app sends it back."""
    (call,) = [block for block in message.content if block.type == "tool_use"]
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "at the depot"}
    given = [block.model_dump(exclude_none=True) for block in message.content]
    return [
        QUESTION,
        {"role": "assistant", "content": given},
        {"role": "user", "content": [result]},
    ]


def test_b4_the_next_turn_of_a_claude_that_lost_its_signature_is_refused():
    with outage() as chaos:
        chaos.on("anthropic").inject(lost_signature(), times=1)
        first = think([QUESTION])
        assert [block.signature for block in first.content if block.type == "thinking"] == [""]
        with pytest.raises(anthropic.BadRequestError, match="Invalid `signature` in `thinking`"):
            think(next_turn(first))


def test_b4_the_next_turn_of_a_claude_with_its_signature_is_answered():
    with outage():
        assert think(next_turn(think([QUESTION]))).content


def test_b4_a_stream_of_thinking_has_no_signature_delta():
    with outage() as chaos:
        chaos.on("anthropic").inject(lost_signature())
        events = list(think([QUESTION], stream=True))
    deltas = {event.delta.type for event in events if event.type == "content_block_delta"}
    assert "thinking_delta" in deltas
    assert "signature_delta" not in deltas


def test_b4_gemini_3_wants_the_lost_signature_of_a_function_call_back():
    asked = {"role": "user", "parts": [{"text": "Where is my parcel?"}]}
    answer = {"functionResponse": {"name": "track", "response": {"at": "the depot"}}}
    with outage() as chaos:
        chaos.on("gemini").inject(lost_signature(), times=1)

        def ask(*contents):
            body = {"contents": contents, "tools": [DECLARED]}
            return httpx2.post(GEMINI, json=body, headers={"x-goog-api-key": "k"})

        said = ask(asked).json()["candidates"][0]["content"]
        assert "thoughtSignature" not in said["parts"][0]
        refused = ask(asked, said, {"role": "user", "parts": [answer]})
    assert refused.status_code == 400
    assert "is missing a `thought_signature`" in refused.json()["error"]["message"]


def test_b4_openai_s_reasoning_loses_its_ciphertext():
    with outage() as chaos:
        chaos.on("openai").inject(lost_signature())
        reply = openai.OpenAI(max_retries=0).responses.create(
            model="gpt-5-mini", input="hi", include=["reasoning.encrypted_content"], store=False
        )
    (reasoning,) = [item for item in reply.output if item.type == "reasoning"]
    assert not reasoning.encrypted_content


def test_it_has_no_effect_where_there_is_no_signature():
    with outage() as chaos:
        chaos.on("deepseek").inject(lost_signature())
        url = "https://api.deepseek.com/chat/completions"
        body = {"model": "deepseek-reasoner", "messages": [QUESTION]}
        reply = httpx2.post(url, json=body, headers={"authorization": "Bearer k"})
        assert reply.json()["choices"][0]["message"]["reasoning_content"]
        assert [effect.effect for effect in chaos.journal[0].fault_effects] == ["no_effect"]


def test_an_answer_without_thinking_stays_as_it_is(answer, fault_context):
    assert lost_signature().on_answer(answer, fault_context) == answer
