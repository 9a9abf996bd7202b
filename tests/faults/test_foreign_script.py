from __future__ import annotations

import json
import unicodedata
from dataclasses import replace

import pytest

from chaos_llm.errors import UsageError
from chaos_llm.faults import foreign_script
from chaos_llm.faults.fault import Strike
from chaos_llm.protocol.keyed_random import Die
from chaos_llm.protocol.markers import find, find_references
from chaos_llm.protocol.messages import Completion, Document, Refusal


def scripts(text):
    return {unicodedata.name(letter).split()[0] for letter in text if letter.isalpha()} - {"LATIN"}


def test_words_of_one_other_script_stand_among_the_english_ones(answer, strike):
    seen = set()
    for number in range(30):
        die = Die("throw", number)
        struck = foreign_script().on_answer(answer, Strike(strike.request, die))
        assert len(scripts(struck.text)) == 1
        assert len(struck.text.split()) == len(answer.text.split())
        seen |= scripts(struck.text)
    assert seen == {"THAI", "CJK"}


def test_the_token_and_the_reference_stay(answer, strike):
    struck = foreign_script(share=1).on_answer(answer, strike)
    assert find(struck.text) == find(answer.text)
    assert find_references(struck.text) == find_references(answer.text)


def test_the_share_is_of_the_words_and_at_least_one(answer, strike):
    def foreign(share):
        text = foreign_script(share=share).on_answer(answer, strike).text
        return sum(not word.isascii() for word in text.split())

    assert foreign(0.001) == 1
    assert foreign(0.25) < foreign(0.5) < foreign(1)


def test_the_same_strike_says_the_same_again(answer, strike):
    assert foreign_script().on_answer(answer, strike) == foreign_script().on_answer(answer, strike)


def test_json_stays_json_and_keeps_its_keys(answer, strike):
    said = {"was it sent at all": answer.text, "state": "in good order", "sent": True, "days": [3]}
    struck = foreign_script(share=1).on_answer(replace(answer, text=json.dumps(said)), strike)
    sentence = json.loads(struck.text).pop("was it sent at all")
    assert json.loads(struck.text) == said | {"was it sent at all": sentence}
    assert scripts(sentence) <= {"THAI", "CJK"} != set()


@pytest.mark.parametrize("text", ["", "KX-48213", "Yes."])
def test_an_answer_without_words_between_others_is_not_struck(text, strike):
    said = Completion(text)
    assert foreign_script().on_answer(said, strike) is said


@pytest.mark.parametrize("other", [Refusal("quota"), Document({})])
def test_what_is_no_answer_of_a_model_is_not_struck(other, strike):
    assert foreign_script().on_answer(other, strike) is other


@pytest.mark.parametrize("share", [0, -1, 1.1, "half", True, None])
def test_the_share_is_over_nothing_and_up_to_all(share):
    with pytest.raises(UsageError, match=r"foreign_script\(share=.*a share of the words"):
        foreign_script(share=share)


def test_no_app_can_see_it_and_the_faults_behind_it_strike_too():
    assert foreign_script().silent
    assert not foreign_script().ends_reply
