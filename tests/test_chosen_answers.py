"""Structured answers that a test chooses: dicts, models, dataclasses and tool calls."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import anthropic
import openai
import pytest
from pydantic import BaseModel
from support.apps.bots import MODEL, SECOND_MODEL, ask_once

from chaos_llm import outage, tool_call
from chaos_llm.errors import HarnessError, UsageError


class Order(BaseModel):
    number: str
    pieces: int


@dataclass
class Note:
    text: str


ORDER = Order(number="KX-48213", pieces=2)
TOOL = {"name": "order", "description": "An order.", "input_schema": Order.model_json_schema()}


@pytest.mark.parametrize("answer", [ORDER, ORDER.model_dump()])
def test_a_model_or_a_dict_is_sent_as_the_json_of_structured_output(answer):
    with outage() as chaos:
        chaos.on("openai").answers(answer)
        reply = openai.OpenAI().chat.completions.parse(
            model=SECOND_MODEL,
            messages=[{"role": "user", "content": "Which order?"}],
            response_format=Order,
        )
    assert reply.choices[0].message.parsed == ORDER


def test_where_a_tool_is_forced_a_dict_is_its_arguments():
    with outage() as chaos:
        chaos.on("anthropic").answers(ORDER)
        reply = anthropic.Anthropic().messages.create(
            model=MODEL,
            max_tokens=300,
            tools=[TOOL],
            tool_choice={"type": "tool", "name": "order"},
            messages=[{"role": "user", "content": "Which order?"}],
        )
    assert reply.content[0].input == {"number": "KX-48213", "pieces": 2}


def test_a_list_may_mix_texts_dicts_and_dataclasses():
    with outage() as chaos:
        chaos.on("anthropic").answers(["one", {"two": 2}, Note("three")])
        texts = [ask_once() for _ in range(4)]
    assert texts[0] == "one"
    assert [json.loads(text) for text in texts[1:]] == [{"two": 2}, *[{"text": "three"}] * 2]


def test_a_function_may_return_a_dict():
    with outage() as chaos:
        chaos.on("anthropic").answers(lambda request: {"asked": request.prompt})
        assert json.loads(ask_once("hello")) == {"asked": "hello"}


def test_a_tool_call_is_an_answer():
    with outage() as chaos:
        chaos.on("anthropic").answers([tool_call("order", number="KX-1", name="Ada"), "Done."])
        reply = anthropic.Anthropic().messages.create(
            model=MODEL,
            max_tokens=300,
            tools=[TOOL],
            messages=[{"role": "user", "content": "Which order?"}],
        )
        assert reply.stop_reason == "tool_use"
        assert (reply.content[0].name, reply.content[0].input) == (
            "order",
            {"number": "KX-1", "name": "Ada"},
        )
        assert ask_once() == "Done."


@pytest.mark.parametrize("answer", [7, [], [None], Order])
def test_what_is_no_answer_is_refused(answer):
    def refuse() -> None:
        with outage() as chaos:
            chaos.on("anthropic").answers(answer)
            ask_once()

    with pytest.raises((UsageError, HarnessError)):
        refuse()


def test_a_class_is_refused_where_it_is_given():
    with outage() as chaos, pytest.raises(UsageError, match=r"and not its class: Order\(\.\.\.\)"):
        chaos.on("anthropic").answers(Order)


def test_a_dict_that_is_no_json_is_refused():
    with pytest.raises(UsageError, match="cannot be written as JSON"), outage() as chaos:
        chaos.on("anthropic").answers({"when": object()})
    with pytest.raises(HarnessError, match="cannot be written as JSON"), outage() as chaos:
        chaos.on("anthropic").answers(lambda request: {"share": float("nan")})
        ask_once()


def test_models_dates_and_amounts_inside_a_dict_are_written_as_json():
    with outage() as chaos:
        chaos.on("anthropic").answers(
            {"orders": [ORDER], "due": date(2026, 3, 2), "sum": Decimal("3.50")}
        )
        assert json.loads(ask_once()) == {
            "orders": [{"number": "KX-48213", "pieces": 2}],
            "due": "2026-03-02",
            "sum": "3.50",
        }


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: tool_call("refund", {"order": "K1"}), "its arguments by name"),
        (lambda: tool_call({"name": "refund"}), "the tool's name"),
        (lambda: tool_call("refund", order=object()), "arguments of a tool call cannot be written"),
    ],
    ids=["dict", "schema", "object"],
)
def test_a_tool_call_that_cannot_be_sent_is_refused_where_it_is_made(make, says):
    with pytest.raises(UsageError, match=says):
        make()
