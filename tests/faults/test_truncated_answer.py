from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaos_llm.faults import truncated_answer
from chaos_llm.protocol.markers import find, find_references
from chaos_llm.protocol.messages import Completion, Document, Refusal, ToolCall


def test_the_text_stops_in_mid_sentence(answer, fault_context):
    applied = truncated_answer().on_answer(answer, fault_context)
    assert answer.text.startswith(applied.text)
    assert 0.4 < len(applied.text) / len(answer.text) <= 0.5
    assert applied.text[-1].isalnum()


@pytest.mark.parametrize("keep", [0.3, 0.5, 0.9, 0.999])
def test_it_keeps_the_token_and_loses_the_reference(keep, answer, fault_context):
    applied = truncated_answer(keep).on_answer(answer, fault_context)
    assert find(applied.text) == ("KX-48213",)
    assert find_references(applied.text) == ()


def test_a_cut_between_sentences_moves_into_one(fault_context):
    message = Completion("First. Second. Third.")
    applied = truncated_answer(0.69).on_answer(message, fault_context)
    assert applied.text == "First. Second"


def test_by_default_the_stop_reason_hides_the_cut(answer, fault_context):
    calling = replace(answer, stop="tool")
    assert truncated_answer().on_answer(calling, fault_context).stop == "end"
    assert truncated_answer(admits=True).on_answer(calling, fault_context).stop == "length"


def test_only_with_a_normal_stop_reason_no_app_can_see_it():
    assert truncated_answer().silent
    assert not truncated_answer(admits=True).silent


def test_tool_calls_behind_the_text_are_lost(answer, fault_context):
    calling = replace(answer, tool_calls=(ToolCall("f", "{}"),), stop="tool")
    assert truncated_answer().on_answer(calling, fault_context).tool_calls == ()


def test_fewer_tokens_are_billed(answer, fault_context):
    applied = truncated_answer(0.25).on_answer(answer, fault_context)
    assert (applied.usage.input_tokens, applied.usage.output_tokens) == (9, 5)


@pytest.mark.parametrize(
    "other",
    [Refusal("quota"), Document({}), Completion(tool_calls=(ToolCall("f", "{}"),), stop="tool")],
)
def test_an_answer_without_text_is_unchanged(other, fault_context):
    assert truncated_answer().on_answer(other, fault_context) is other


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(), keep=st.floats(0.001, 0.999))
def test_a_truncated_text_is_always_a_shorter_beginning(text, keep, fault_context):
    applied = truncated_answer(keep).on_answer(Completion(text), fault_context)
    assert text.startswith(applied.text)
    assert len(applied.text) < len(text) or len(text) <= 1
