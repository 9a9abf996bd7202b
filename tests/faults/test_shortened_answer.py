from __future__ import annotations

import json
from dataclasses import replace

import pytest

from chaos_llm.faults import shortened_answer
from chaos_llm.protocol.markers import find, find_references
from chaos_llm.protocol.messages import Completion


def test_the_first_sentences_stay_and_the_last(answer, fault_context):
    applied = shortened_answer().on_answer(answer, fault_context)
    assert applied.text == "Your order KX-48213: It left on Monday. Reference R7-20931-K."
    assert applied.stop == "end"


def test_it_looks_whole(answer, fault_context):
    applied = shortened_answer(0.01).on_answer(answer, fault_context)
    assert find(applied.text) == find(answer.text)
    assert find_references(applied.text) == find_references(answer.text)


def test_fewer_tokens_are_billed(answer, fault_context):
    applied = shortened_answer().on_answer(answer, fault_context)
    assert applied.usage.input_tokens == 9
    assert 10 <= applied.usage.output_tokens < 20


def test_json_is_shortened_inside(answer, fault_context):
    message = replace(answer, text=json.dumps({"answer": answer.text}))
    applied = shortened_answer().on_answer(message, fault_context)
    assert json.loads(applied.text)["answer"] == (
        "Your order KX-48213: It left on Monday. Reference R7-20931-K."
    )


def test_each_text_of_a_json_object_is_shortened_for_itself(fault_context):
    message = {"a": "One of it. Two of it. Three.", "b": "Four of it. Five of it. Six."}
    applied = shortened_answer(0.5).on_answer(Completion(json.dumps(message)), fault_context)
    assert json.loads(applied.text) == {"a": "One of it. Three.", "b": "Four of it. Six."}


@pytest.mark.parametrize("text", ["", "One sentence.", "Two. Sentences."])
def test_a_short_text_is_unchanged(text, fault_context):
    message = Completion(text)
    assert shortened_answer().on_answer(message, fault_context) is message
