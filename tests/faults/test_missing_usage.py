from __future__ import annotations

from dataclasses import replace

from chaos_llm.faults import missing_usage


def test_the_answer_stays_and_tells_no_usage(answer, fault_context):
    assert missing_usage().on_answer(answer, fault_context) == replace(answer, tells_usage=False)


def test_what_is_billed_is_billed(answer, fault_context):
    assert missing_usage().on_answer(answer, fault_context).usage == answer.usage
