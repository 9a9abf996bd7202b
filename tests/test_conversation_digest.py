"""What a request asks, in one number that is comparable across dialects."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chaos_llm.journal.conversation_digest import ConversationDigest, digest_of
from chaos_llm.protocol.messages import Request, Tool

RULES = "You answer for our shop."
SCHEMA = {"type": "object", "properties": {"reply": {}, "mood": {}}}
ANTHROPIC = {
    "system": [{"type": "text", "text": RULES}],
    "messages": [
        {"role": "user", "content": "Where is it?"},
        {"role": "assistant", "content": [{"type": "text", "text": "Which one?"}]},
        {"role": "user", "content": "The red one."},
    ],
}
OPENAI = {
    "messages": [
        {"role": "system", "content": RULES},
        {"role": "user", "content": [{"type": "text", "text": "Where is it?"}]},
        {"role": "assistant", "content": "Which one?"},
        {"role": "user", "content": "The red one."},
    ],
}
RESPONSES = {"instructions": RULES, "input": OPENAI["messages"][1:]}
GEMINI = {
    "systemInstruction": {"parts": [{"text": RULES}]},
    "contents": [
        {"parts": [{"text": "Where is it?"}]},
        {"role": "model", "parts": [{"text": "Which one?"}]},
        {"role": "user", "parts": [{"text": "The red one."}]},
    ],
}
CONVERSE = {
    "system": [{"text": RULES}],
    "messages": [
        {"role": each["role"], "content": [{"text": each["content"]}]}
        for each in (OPENAI["messages"][2], OPENAI["messages"][3])
    ],
}
CONVERSE["messages"].insert(0, {"role": "user", "content": [{"text": "Where is it?"}]})
DIALECTS = [ANTHROPIC, OPENAI, RESPONSES, GEMINI, CONVERSE]


def request(body, **more):
    return Request("p", "a", "api", "", "", prompt="The red one.", body=body, **more)


@pytest.mark.parametrize("body", DIALECTS, ids=range(len(DIALECTS)))
def test_one_conversation_has_one_digest_in_all_wire_formats(body):
    conversation_digest = digest_of(request(body))
    assert conversation_digest == digest_of(request(ANTHROPIC))
    assert conversation_digest.turns == 3
    assert conversation_digest.system


def test_spaces_and_divided_turns_do_not_count():
    divided = {
        "system": RULES + "\n\n",
        "messages": [
            {"role": "user", "content": "Where"},
            {"role": "user", "content": " is it?"},
            *ANTHROPIC["messages"][1:],
        ],
    }
    assert digest_of(request(divided)) == digest_of(request(ANTHROPIC))


def test_other_texts_have_another_digest():
    other = digest_of(request({**ANTHROPIC, "system": "You are a pirate."}))
    assert other.system != digest_of(request(ANTHROPIC)).system
    assert other.history == digest_of(request(ANTHROPIC)).history
    fewer = digest_of(request({**ANTHROPIC, "messages": ANTHROPIC["messages"][2:]}))
    assert (fewer.turns, fewer.prompt) == (1, other.prompt)


def test_a_schema_is_the_same_as_the_one_tool_that_must_be_called():
    form = digest_of(request(OPENAI, schema=SCHEMA))
    tool = digest_of(request(OPENAI, tools=(Tool("give", SCHEMA),), forced_tool="give"))
    assert form == tool
    assert form.schema


def test_a_schema_without_fields_is_no_schema():
    assert digest_of(request(OPENAI, schema={"type": "object"})).schema == 0


def test_tools_are_compared_by_their_names_in_any_order():
    tools = (Tool("look_up", {}), Tool("refund", {}))
    one = digest_of(request(OPENAI, tools=tools))
    assert one == digest_of(request(OPENAI, tools=tools[::-1]))
    assert one.tool_count == 2
    assert one.tools != digest_of(request(OPENAI, tools=tools[:1])).tools


def test_a_history_that_the_provider_stores_is_unknown():
    assert digest_of(request({**RESPONSES, "previous_response_id": "resp_1"})).turns == 0


@pytest.mark.parametrize("body", [None, [], {}, {"messages": 7}, {"messages": [None, {"role": 3}]}])
def test_a_body_without_a_conversation_has_a_prompt_only(body):
    assert digest_of(request(body)) == ConversationDigest(
        prompt=digest_of(request(ANTHROPIC)).prompt
    )


def test_a_packed_digest_is_unpacked_as_it_was():
    conversation_digest = digest_of(request(ANTHROPIC, tools=(Tool("look_up", {}),), schema=SCHEMA))
    assert ConversationDigest.unpacked(conversation_digest.packed()) == conversation_digest
    assert ConversationDigest.unpacked(ConversationDigest().packed()) == ConversationDigest()
    most = replace(request(ANTHROPIC), tools=tuple(Tool(f"t{n}", {}) for n in range(300)))
    assert ConversationDigest.unpacked(digest_of(most).packed()).tool_count == 255
