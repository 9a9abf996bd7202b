from __future__ import annotations

from chaos_llm.faults import overloaded
from chaos_llm.protocol.messages import Refusal


def test_it_is_overloaded_without_a_retry_after(answer, fault_context):
    refusal = overloaded().on_answer(answer, fault_context)
    assert refusal == Refusal("overloaded")
    assert refusal.retry_after is None


def test_its_status_is_left_to_the_dialect(answer, fault_context):
    assert overloaded().on_answer(answer, fault_context).status is None
