from __future__ import annotations

import anthropic
import openai
import pytest

from chaos_llm import outage
from chaos_llm.faults import tool_call_as_text
from chaos_llm.protocol.messages import Completion, Document, Refusal, ToolCall

PAY = {"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]}


def test_the_call_is_markup_behind_a_stray_word(calling, fault_context):
    told = tool_call_as_text().on_answer(calling, fault_context)
    assert told.tool_calls == ()
    assert told.stop == "tool"
    assert told.text == (
        'court\n<invoke name="pay">\n<parameter name="to">bob</parameter>\n'
        '<parameter name="amount">1000</parameter>\n</invoke>'
    )


def test_arguments_that_are_no_object_stay_as_they_are(calling, fault_context):
    call = ToolCall("pay", '{"to": ')
    told = tool_call_as_text().on_answer(Completion(tool_calls=(call,)), fault_context)
    assert '<parameter name="arguments">{"to": </parameter>' in told.text


@pytest.mark.parametrize("other", [Refusal("quota"), Document({}), Completion("Hello.")])
def test_an_answer_without_a_tool_call_is_unchanged(other, fault_context):
    assert tool_call_as_text().on_answer(other, fault_context) is other


def test_b4_an_agent_on_claude_gets_a_200_that_stops_for_a_tool_and_calls_none():
    with outage() as chaos:
        chaos.on("anthropic").inject(tool_call_as_text())
        message = anthropic.Anthropic().messages.create(
            model="claude-opus-4-8",
            max_tokens=300,
            messages=[{"role": "user", "content": "Pay."}],
            tools=[{"name": "pay", "input_schema": PAY}],
            tool_choice={"type": "any"},
        )
    assert message.stop_reason == "tool_use"
    assert [block.type for block in message.content] == ["text"]
    assert '<invoke name="pay">' in message.content[0].text


def test_b4_an_agent_on_gpt_gets_no_tool_calls_either():
    with outage() as chaos:
        chaos.on("openai").inject(tool_call_as_text())
        (choice,) = openai.OpenAI().chat.completions.create(
            model="gpt-5.2",
            messages=[{"role": "user", "content": "Pay."}],
            tools=[{"type": "function", "function": {"name": "pay", "parameters": PAY}}],
            tool_choice="required",
        ).choices  # fmt: skip
    assert not choice.message.tool_calls
    assert '<invoke name="pay">' in choice.message.content
