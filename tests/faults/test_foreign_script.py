from __future__ import annotations

import json
import unicodedata
from dataclasses import replace

import pytest

from chaos_llm.faults import foreign_script
from chaos_llm.faults.fault import FaultContext
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.markers import find, find_references
from chaos_llm.protocol.messages import Completion


def scripts(text):
    return {unicodedata.name(letter).split()[0] for letter in text if letter.isalpha()} - {"LATIN"}


def test_words_of_one_other_script_stand_among_the_english_ones(answer, fault_context):
    seen = set()
    for number in range(30):
        rng = KeyedRandom("throw", number)
        applied = foreign_script().on_answer(answer, FaultContext(fault_context.request, rng))
        assert len(scripts(applied.text)) == 1
        assert len(applied.text.split()) == len(answer.text.split())
        seen |= scripts(applied.text)
    assert seen == {"THAI", "CJK"}


def test_the_token_and_the_reference_stay(answer, fault_context):
    applied = foreign_script(share=1).on_answer(answer, fault_context)
    assert find(applied.text) == find(answer.text)
    assert find_references(applied.text) == find_references(answer.text)


def test_the_share_is_of_the_words_and_at_least_one(answer, fault_context):
    def foreign(share):
        text = foreign_script(share=share).on_answer(answer, fault_context).text
        return sum(not word.isascii() for word in text.split())

    assert foreign(0.001) == 1
    assert foreign(0.25) < foreign(0.5) < foreign(1)


def test_the_same_key_gives_the_same_text(answer, fault_context):
    assert foreign_script().on_answer(answer, fault_context) == foreign_script().on_answer(
        answer, fault_context
    )


def test_json_stays_json_and_keeps_its_keys(answer, fault_context):
    message = {
        "was it sent at all": answer.text,
        "state": "in good order",
        "sent": True,
        "days": [3],
    }
    applied = foreign_script(share=1).on_answer(
        replace(answer, text=json.dumps(message)), fault_context
    )
    sentence = json.loads(applied.text).pop("was it sent at all")
    assert json.loads(applied.text) == message | {"was it sent at all": sentence}
    assert scripts(sentence) <= {"THAI", "CJK"} != set()


@pytest.mark.parametrize("text", ["", "KX-48213", "Yes."])
def test_an_answer_without_inner_words_is_unchanged(text, fault_context):
    message = Completion(text)
    assert foreign_script().on_answer(message, fault_context) is message
