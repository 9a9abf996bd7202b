from __future__ import annotations

import json
from dataclasses import replace

import pytest

from chaos_llm.faults import other_pool_answer
from chaos_llm.faults.fault import Strike
from chaos_llm.protocol.keyed_random import Die
from chaos_llm.protocol.markers import find, find_references
from chaos_llm.protocol.messages import Completion, Document, Refusal


def struck_for(credential, answer, strike, throw=0):
    request = replace(strike.request, credential=credential)
    return other_pool_answer().on_answer(answer, Strike(request, Die("throw", throw))).text


def test_it_is_about_the_same_and_says_something_else(answer, strike):
    struck = other_pool_answer().on_answer(answer, strike)
    assert "It left on Monday" not in struck.text
    assert find(struck.text) == find(answer.text)
    assert find_references(struck.text) == find_references(answer.text)


def test_a_credential_meets_the_same_pool_each_time(answer, strike):
    assert len({struck_for("one", answer, strike, throw) for throw in range(20)}) == 1


def test_others_meet_other_pools(answer, strike):
    assert len({struck_for(str(number), answer, strike) for number in range(20)}) > 1


def test_an_answer_in_json_keeps_its_shape(answer, strike):
    said = replace(answer, text='{"answer": "It left on Monday.", "state": "sent"}')
    struck = json.loads(other_pool_answer().on_answer(said, strike).text)
    assert list(struck) == ["answer", "state"]
    assert struck["answer"] != "It left on Monday."
    assert struck["state"] == "sent"


@pytest.mark.parametrize("other", [Refusal("quota"), Document({}), Completion()])
def test_what_has_no_text_is_not_struck(other, strike):
    assert other_pool_answer().on_answer(other, strike) is other


def test_no_app_can_see_it_and_the_faults_behind_it_strike_too():
    assert other_pool_answer().silent
    assert not other_pool_answer().ends_reply
