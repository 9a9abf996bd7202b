from __future__ import annotations

from chaos_llm.faults import refusal
from chaos_llm.protocol.messages import Usage


def test_the_model_declines_with_its_stop_reason(answer, fault_context):
    applied = refusal().on_answer(answer, fault_context)
    assert applied.text == "I'm sorry, but I can't help with that."
    assert (applied.stop, applied.usage) == ("refusal", Usage(9, 10))


def test_a_tool_is_not_called(calling, fault_context):
    assert refusal().on_answer(calling, fault_context).tool_calls == ()


def test_the_words_can_be_chosen(answer, fault_context):
    assert refusal("No.").on_answer(answer, fault_context).text == "No."
