from __future__ import annotations

import json
from dataclasses import replace

import pytest

from chaos_llm.errors import Unsupported
from chaos_llm.faults import lost_history
from chaos_llm.protocol.markers import find, find_references
from chaos_llm.protocol.messages import Completion, Document, Refusal


def after(turns, fault_context):
    return replace(fault_context, request=replace(fault_context.request, turns=turns))


def test_the_model_thinks_that_the_conversation_has_just_begun(answer, fault_context):
    applied = lost_history().on_answer(answer, after(3, fault_context))
    assert "the beginning of our conversation" in applied.text
    assert find(applied.text) == find(answer.text)
    assert find_references(applied.text) == find_references(answer.text)


def test_a_first_message_has_nothing_to_lose(answer, fault_context):
    assert lost_history().on_answer(answer, after(1, fault_context)) is answer


def test_a_format_without_turns_does_not_support_it(answer, fault_context):
    with pytest.raises(Unsupported, match="the length of the conversation is unknown"):
        lost_history().on_answer(answer, fault_context)


def test_an_answer_in_json_keeps_its_shape(answer, fault_context):
    message = replace(answer, text='{"answer": "It left on Monday.", "state": "sent"}')
    applied = json.loads(lost_history().on_answer(message, after(3, fault_context)).text)
    assert list(applied) == ["answer", "state"]
    assert applied["answer"] != "It left on Monday."
    assert applied["state"] == "sent"


@pytest.mark.parametrize("other", [Refusal("quota"), Document({}), Completion()])
def test_an_answer_without_text_is_unchanged(other, fault_context):
    assert lost_history().on_answer(other, after(3, fault_context)) is other
