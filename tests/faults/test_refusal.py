from __future__ import annotations

import pytest

from chaos_llm.errors import UsageError
from chaos_llm.faults import refusal
from chaos_llm.protocol.messages import Document, Refusal, Usage


def test_the_model_declines_and_says_that_it_does(answer, fault_context):
    applied = refusal().on_answer(answer, fault_context)
    assert applied.text == "I'm sorry, but I can't help with that."
    assert (applied.stop, applied.usage) == ("refusal", Usage(9, 10))


def test_a_tool_is_not_called(calling, fault_context):
    assert refusal().on_answer(calling, fault_context).tool_calls == ()


def test_the_words_can_be_chosen(answer, fault_context):
    assert refusal("No.").on_answer(answer, fault_context).text == "No."


@pytest.mark.parametrize("other", [Refusal("quota"), Document({})])
def test_what_is_no_answer_of_a_model_is_not_struck(other, fault_context):
    assert refusal().on_answer(other, fault_context) is other


@pytest.mark.parametrize("text", ["", " ", None, 5])
def test_it_has_words(text):
    with pytest.raises(UsageError, match=r"refusal\(text=.*what the model says"):
        refusal(text)


def test_an_app_sees_it_and_the_faults_behind_it_strike_too():
    assert not refusal().silent
    assert not refusal().ends_reply
