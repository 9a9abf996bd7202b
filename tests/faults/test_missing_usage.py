from __future__ import annotations

from dataclasses import replace

import pytest

from chaos_llm.faults import missing_usage
from chaos_llm.protocol.messages import Document, Refusal


def test_the_answer_stays_and_tells_no_usage(answer, fault_context):
    assert missing_usage().on_answer(answer, fault_context) == replace(answer, tells_usage=False)


def test_what_is_billed_is_billed(answer, fault_context):
    assert missing_usage().on_answer(answer, fault_context).usage == answer.usage


@pytest.mark.parametrize("other", [Refusal("quota"), Document({})])
def test_what_is_no_answer_of_a_model_is_not_struck(other, fault_context):
    assert missing_usage().on_answer(other, fault_context) is other


def test_the_faults_behind_it_strike_too():
    assert not missing_usage().ends_reply
