from __future__ import annotations

import json
from dataclasses import replace

import pytest

from chaos_llm.faults import broken_tool_arguments
from chaos_llm.protocol.messages import Completion, Document, Refusal, ToolCall


@pytest.mark.parametrize("arguments", ['{"to": "bob", "amount": 1000}', '{"a": {}}', "{}"])
def test_the_arguments_are_no_json(arguments, calling, fault_context):
    given = replace(calling, tool_calls=(ToolCall("pay", arguments),))
    (call,) = broken_tool_arguments().on_answer(given, fault_context).tool_calls
    assert call.name == "pay"
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(call.arguments)


def test_they_are_in_the_quotes_of_python(calling, fault_context):
    (call,) = broken_tool_arguments().on_answer(calling, fault_context).tool_calls
    assert call.arguments == "{'to': 'bob', 'amount': 1000}"


@pytest.mark.parametrize("other", [Refusal("quota"), Document({}), Completion("Hello.")])
def test_an_answer_without_a_tool_call_is_unchanged(other, fault_context):
    assert broken_tool_arguments().on_answer(other, fault_context) == other
