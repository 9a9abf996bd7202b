from __future__ import annotations

from dataclasses import replace

import pytest

from chaos_llm.faults import unknown_tool
from chaos_llm.protocol.messages import Completion, Document, Refusal, Tool, ToolCall


def offering(fault_context, *names):
    tools = tuple(Tool(name, {}) for name in names)
    return replace(fault_context, request=replace(fault_context.request, tools=tools))


def test_the_name_is_none_of_the_offered_tools(calling, fault_context):
    (call,) = unknown_tool().on_answer(calling, offering(fault_context, "pay")).tool_calls
    assert call == ToolCall("pay_v2", calling.tool_calls[0].arguments)


def test_a_name_can_be_chosen(calling, fault_context):
    (call,) = unknown_tool("refund").on_answer(calling, offering(fault_context, "pay")).tool_calls
    assert call.name == "refund"


@pytest.mark.parametrize("long", ["pay", "p" * 64])
def test_the_name_differs_in_any_case_and_is_short_enough(long, calling, fault_context):
    names = (long, f"{long[:60]}_v2", f"{long[:60]}_v3")
    given = replace(calling, tool_calls=(ToolCall(long, "{}"),))
    (call,) = unknown_tool(long).on_answer(given, offering(fault_context, *names)).tool_calls
    assert call.name == f"{long[:60]}_v4"
    assert len(call.name) <= 64


def test_a_call_of_an_unknown_tool_is_unchanged(calling, fault_context):
    assert unknown_tool().on_answer(calling, offering(fault_context, "refund")) == calling


@pytest.mark.parametrize("other", [Refusal("quota"), Document({}), Completion("Hello.")])
def test_an_answer_without_a_tool_call_is_unchanged(other, fault_context):
    assert unknown_tool().on_answer(other, offering(fault_context, "pay")) == other
