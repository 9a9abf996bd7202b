from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaos_llm.faults import truncated_tool_arguments
from chaos_llm.protocol.messages import Completion, Document, Refusal, ToolCall


def applied(arguments, calling, fault_context):
    answer = replace(calling, tool_calls=(ToolCall("pay", json.dumps(arguments)),))
    (call,) = truncated_tool_arguments().on_answer(answer, fault_context).tool_calls
    return json.loads(call.arguments)


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        ({"to": "bob", "amount": 1000}, {"to": "bob", "amount": 1}),
        ({"amount": -250}, {"amount": -2}),
        ({"order": "KX-48213"}, {"order": "KX-4"}),
        ({"to": "robert", "urgent": True}, {"to": "rob"}),
        ({"amount": 7, "urgent": True}, {"amount": 7}),
        ({"ids": [1, 2, 3, 4], "rate": 0.5}, {"ids": [1, 2]}),
        ({"amount": 0}, {}),
        ({"deep": {"a": 1}}, {}),
    ],
)
def test_they_stop_inside_the_last_value_that_can_be_cut(arguments, left, calling, fault_context):
    assert applied(arguments, calling, fault_context) == left


def test_the_last_call_is_the_one(calling, fault_context):
    first, last = ToolCall("a", '{"n": 100}'), ToolCall("b", '{"n": 100}')
    answer = replace(calling, tool_calls=(first, last))
    calls = truncated_tool_arguments().on_answer(answer, fault_context).tool_calls
    assert calls == (first, ToolCall("b", '{"n": 1}'))


scalars = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arguments=st.dictionaries(st.text(), scalars | st.lists(scalars), min_size=1))
def test_there_is_always_less_and_it_can_be_read(arguments, calling, fault_context):
    left = applied(arguments, calling, fault_context)
    assert left != arguments
    assert list(left) == list(arguments)[: len(left)]


@pytest.mark.parametrize("arguments", ["{}", "[1000]", "{'to': 'bob'}", ""])
def test_arguments_without_a_value_to_cut_are_unchanged(arguments, calling, fault_context):
    answer = replace(calling, tool_calls=(ToolCall("pay", arguments),))
    assert truncated_tool_arguments().on_answer(answer, fault_context) == answer


@pytest.mark.parametrize("other", [Refusal("quota"), Document({}), Completion("Hello.")])
def test_an_answer_without_a_tool_call_is_unchanged(other, fault_context):
    assert truncated_tool_arguments().on_answer(other, fault_context) is other
