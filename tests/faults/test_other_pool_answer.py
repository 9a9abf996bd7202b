from __future__ import annotations

import json
from dataclasses import replace

import pytest

from chaos_llm.faults import other_pool_answer
from chaos_llm.faults.fault import FaultContext
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.markers import find, find_references
from chaos_llm.protocol.messages import Completion, Document, Refusal


def struck_for(credential, answer, fault_context, throw=0):
    request = replace(fault_context.request, credential=credential)
    return (
        other_pool_answer()
        .on_answer(answer, FaultContext(request, KeyedRandom("throw", throw)))
        .text
    )


def test_it_has_the_same_token_and_another_text(answer, fault_context):
    applied = other_pool_answer().on_answer(answer, fault_context)
    assert "It left on Monday" not in applied.text
    assert find(applied.text) == find(answer.text)
    assert find_references(applied.text) == find_references(answer.text)


def test_a_credential_gets_the_same_pool_each_time(answer, fault_context):
    assert len({struck_for("one", answer, fault_context, throw) for throw in range(20)}) == 1


def test_other_credentials_get_other_pools(answer, fault_context):
    assert len({struck_for(str(number), answer, fault_context) for number in range(20)}) > 1


def test_an_answer_in_json_keeps_its_shape(answer, fault_context):
    message = replace(answer, text='{"answer": "It left on Monday.", "state": "sent"}')
    applied = json.loads(other_pool_answer().on_answer(message, fault_context).text)
    assert list(applied) == ["answer", "state"]
    assert applied["answer"] != "It left on Monday."
    assert applied["state"] == "sent"


@pytest.mark.parametrize("other", [Refusal("quota"), Document({}), Completion()])
def test_an_answer_without_text_is_unchanged(other, fault_context):
    assert other_pool_answer().on_answer(other, fault_context) is other
