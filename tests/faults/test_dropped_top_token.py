from __future__ import annotations

import pytest

from chaos_llm.faults import dropped_top_token
from chaos_llm.protocol.markers import find, find_references
from chaos_llm.protocol.messages import Completion, Document, Refusal


def test_small_words_are_others_and_the_rest_stays(fault_context):
    text = Completion("We keep it at the branch for two weeks and deliver on Monday.")
    applied = dropped_top_token(share=1).on_answer(text, fault_context)
    assert applied.text == "We keep this on a branch of two weeks or deliver at Monday."


def test_a_share_of_them_changes_and_at_least_one(answer, fault_context):
    few = dropped_top_token(share=0.001).on_answer(answer, fault_context)
    changed = [
        old for old, new in zip(answer.text.split(), few.text.split(), strict=True) if old != new
    ]
    assert len(changed) == 1


def test_the_token_and_the_reference_stay(answer, fault_context):
    applied = dropped_top_token(share=1).on_answer(answer, fault_context)
    assert applied != answer
    assert find(applied.text) == find(answer.text)
    assert find_references(applied.text) == find_references(answer.text)


def test_the_same_key_gives_the_same_text(answer, fault_context):
    fault = dropped_top_token()
    assert fault.on_answer(answer, fault_context) == fault.on_answer(answer, fault_context)


@pytest.mark.parametrize(
    "other", [Refusal("quota"), Document({}), Completion("Yes."), Completion()]
)
def test_a_text_without_small_words_is_unchanged(other, fault_context):
    assert dropped_top_token().on_answer(other, fault_context) is other
