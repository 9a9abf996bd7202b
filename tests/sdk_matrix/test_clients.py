"""The clients of the SDK matrix read a healthy answer in full, so anything less is a result."""

from __future__ import annotations

from contextlib import suppress
from json import JSONDecodeError

import pytest

from chaos_llm import outage
from chaos_llm.faults import hang, rate_limited, reset_connection
from chaos_llm.sdk_matrix.cells import Cell, compared, measure, raised
from chaos_llm.sdk_matrix.client import CONVERSATION, LIMIT, QUESTION, REFUSALS, TOOL_USE
from chaos_llm.sdk_matrix.clients import CLIENTS

HERE = [client for client in CLIENTS if not client.missing]
ASKED = [(client, way) for client in HERE for way in client.ways if way != REFUSALS]


@pytest.fixture(scope="module")
def made():
    return {client.name: client.new_client() for client in HERE}


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("client", "way"), ASKED, ids=[f"{client.name}-{way}" for client, way in ASKED]
)
@pytest.mark.parametrize("scene", [QUESTION, CONVERSATION, TOOL_USE], ids=["text", "turns", "tool"])
def test_a_healthy_answer_is_read_whole(made, client, way, scene):
    scene = scene.called_by(way)
    with outage() as chaos:
        chaos.on(client.provider).answers(scene.answer)
        assert "".join(getattr(client, way)(made[client.name], scene)) == scene.whole
        assert [(each.provider, each.ok) for each in chaos.journal] == [(client.provider, True)]


@pytest.mark.parametrize("client", HERE, ids=lambda client: client.name)
@pytest.mark.parametrize(("fault", "until"), [(rate_limited(), 0), (hang(), LIMIT)], ids=repr)
def test_a_client_tries_once_and_waits_for_its_limit(made, client, fault, until):
    with outage() as chaos:
        chaos.on(client.provider).inject(fault)
        with suppress(Exception):
            list(client.plain(made[client.name], QUESTION))
        assert (len(chaos.journal), chaos.now) == (1, until)


@pytest.mark.parametrize(
    ("told", "word"),
    [("It left.", "whole"), ("It l", "part"), ("", "nothing"), ("left.", "wrong")],
)
def test_the_text_read_is_compared_with_the_whole_answer(told, word):
    assert compared(told, "It left.") == word


def test_an_exception_has_the_shortest_name_that_imports_it():
    assert raised(JSONDecodeError("", "", 0)) == "json.JSONDecodeError"
    assert raised(ValueError("")) == "ValueError"


def test_a_cell_without_an_applied_fault_says_so():
    fault = reset_connection(larger_than=99_999)
    client = HERE[0]
    assert measure(client, fault, "plain") == Cell(client.name, repr(fault), "plain", "no_effect")
