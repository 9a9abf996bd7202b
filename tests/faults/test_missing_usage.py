from __future__ import annotations

from dataclasses import replace

from chaos_llm.faults import missing_usage


def test_the_answer_stays_and_reports_no_usage(answer, fault_context):
    assert missing_usage().on_answer(answer, fault_context) == replace(answer, tells_usage=False)


def test_the_billed_tokens_stay_the_same(answer, fault_context):
    assert missing_usage().on_answer(answer, fault_context).usage == answer.usage
