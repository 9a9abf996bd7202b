"""Outcomes of apps by what they return: texts, fields, translations, streams, objects, tools."""

from __future__ import annotations

import codecs
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import anthropic
import openai
import pydantic
import pytest
from support.apps.bots import MODEL, SECOND_MODEL, claude
from support.apps.defended import gpt
from support.chat_messages import from_user
from support.small_profiles import HOUR, profile_of, window

from chaos_llm import outage
from chaos_llm.faults import (
    cut_stream,
    empty_answer,
    html_in_200,
    overloaded,
    truncated_answer,
)

SCHEMA = {
    "type": "object",
    "properties": {"reply": {"type": "string"}, "urgent": {"type": "boolean"}},
    "required": ["reply", "urgent"],
    "additionalProperties": False,
}
ORDER = {
    "type": "object",
    "properties": {"number": {"type": "integer"}},
    "required": ["number"],
    "additionalProperties": False,
}
ERRORS = (anthropic.APIError, openai.APIError)


class Ticket(pydantic.BaseModel):
    reply: str
    urgent: bool = False


@dataclass
class Answer:
    text: str
    vendor: str = "anthropic"


def message(question: str, **more: Any) -> Any:
    """Claude's whole reply, as the SDK has it."""
    return claude(max_retries=0).messages.create(
        model=MODEL, max_tokens=300, messages=from_user(question), **more
    )


def completion(question: str, **more: Any) -> Any:
    """GPT's."""
    return gpt().chat.completions.create(model=SECOND_MODEL, messages=from_user(question), **more)


def text(question: str) -> str:
    return "".join(block.text for block in message(question).content)


def gpt_text(question: str) -> str:
    return completion(question).choices[0].message.content


def in_json(question: str) -> str:
    form = {"format": {"type": "json_schema", "schema": SCHEMA}}
    return message(question, output_config=form).content[0].text


def gpt_json(question: str) -> str:
    form = {"type": "json_schema", "json_schema": {"name": "ticket", "schema": SCHEMA}}
    return completion(question, response_format=form).choices[0].message.content


def stream(question: str) -> Any:
    """Pieces of an answer; an end too early is taken for the end."""
    with claude(max_retries=0).messages.stream(
        model=MODEL, max_tokens=300, messages=from_user(question)
    ) as pieces:
        yield from pieces.text_stream


def gpt_stream(question: str) -> Any:
    for chunk in completion(question, stream=True):
        yield chunk.choices[0].delta.content or ""


def translated(question: str) -> str:
    """A second request turns the answer into another language."""
    return text(f"Translate into French: {text(question)}")


def gpt_translated(question: str) -> str:
    return gpt_text(f"Translate into French: {gpt_text(question)}")


def order_of(question: str) -> dict[str, int]:
    """The result of a tool that the model had called: nothing of its words is in it."""
    tool = {"name": "find_order", "description": "Find an order.", "input_schema": ORDER}
    reply = message(question, tools=[tool], tool_choice={"type": "tool", "name": "find_order"})
    (use,) = [block for block in reply.content if block.type == "tool_use"]
    return {"order": use.input["number"] % 1000, "shipped": True}


def gpt_order_of(question: str) -> dict[str, int]:
    function = {"name": "find_order", "description": "Find an order.", "parameters": ORDER}
    choice = {"type": "function", "function": {"name": "find_order"}}
    reply = completion(
        question, tools=[{"type": "function", "function": function}], tool_choice=choice
    )
    (call,) = reply.choices[0].message.tool_calls
    return {"order": json.loads(call.function.arguments)["number"] % 1000, "shipped": True}


@dataclass(frozen=True)
class Shape:
    """An app on Claude, the same on GPT, and how it would show an error.

    `seen` says whether the model's words reach what it returns. `cut` is what comes of an answer
    that the provider cuts and calls complete, `empty` of one without a word.
    """

    name: str
    ask: Callable[[str], Any]
    ask_gpt: Callable[[str], Any]
    show: Callable[[str], Any]
    seen: bool = True
    cut: str = "truncated"
    empty: str = "failed"


def ciphered(answer: str) -> str:
    """Words of which none is left: a translation by other means."""
    return codecs.encode(answer, "rot13")


SHAPES = [
    Shape("text", text, gpt_text, str),
    Shape(
        "parsed text",
        lambda q: json.loads(in_json(q))["reply"],
        lambda q: json.loads(gpt_json(q))["reply"],
        str,
        cut="failed",
    ),
    Shape(
        "parsed flag",
        lambda q: json.loads(in_json(q))["urgent"],
        lambda q: json.loads(gpt_json(q))["urgent"],
        str,
        seen=False,
        cut="failed",
    ),
    Shape("translated by a request", translated, gpt_translated, str),
    Shape(
        "translated by hand",
        lambda q: ciphered(text(q)),
        lambda q: ciphered(gpt_text(q)),
        str,
        seen=False,
        cut="primary",
    ),
    Shape("stream", stream, gpt_stream, str),
    Shape(
        "dict",
        lambda q: {"a": {"b": text(q)}},
        lambda q: {"a": {"b": gpt_text(q)}},
        lambda error: {"a": error},
    ),
    Shape(
        "dataclass",
        lambda q: Answer(text(q)),
        lambda q: Answer(gpt_text(q), "openai"),
        Answer,
    ),
    Shape(
        "pydantic",
        lambda q: Ticket.model_validate_json(in_json(q)),
        lambda q: Ticket.model_validate_json(gpt_json(q)),
        lambda error: Ticket(reply=error),
        cut="failed",
    ),
    Shape("response of the SDK", message, completion, str),
    Shape("tool's result", order_of, gpt_order_of, lambda error: {"error": error}, seen=False),
]
EVERY = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
WITH_A_TEXT = pytest.mark.parametrize("shape", SHAPES[:-1], ids=lambda shape: shape.name)


def replay(app, fault=None, **options):
    with outage(profile_of(window(fault or overloaded())), seed=3) as chaos:
        return chaos.replay(app, **{"calls": 40, "warmup": "20m", "recovery": "20m", **options})


def outcomes(report, *, bad):
    """The outcomes of the bad hour, or of the time before it."""
    return {
        call.outcome
        for call in report.run.calls
        if (0 <= call.began < HOUR if bad else call.began < 0)
    }


def says_what_is_inferred(report, shape):
    """Outcomes without evidence in the return value say so, and those with it do not."""
    judged = [call for call in report.run.calls if call.error is None]
    if shape.seen:
        return not any(call.inferred for call in judged if call.outcome != "failed")
    return all(call.inferred or call.outcome == "error_text" for call in judged)


def or_else(shape, instead):
    """What the shape returns, or something else where that raises; streams are read to the end."""

    def app(question):
        try:
            value = shape.ask(question)
            return "".join(value) if shape.ask is stream else value
        except ERRORS as error:
            return instead(question, error)

    return app


@EVERY
def test_a_healthy_answer_is_the_primarys(shape):
    report = replay(shape.ask)
    assert outcomes(report, bad=False) == {"primary"}
    assert outcomes(report, bad=True) == {"failed"}
    assert says_what_is_inferred(report, shape)


@EVERY
def test_another_vendors_answer_is_a_fallback(shape):
    report = replay(or_else(shape, lambda question, _: shape.ask_gpt(question)))
    assert outcomes(report, bad=False) == {"primary"}
    assert outcomes(report, bad=True) == {"fallback"}
    assert report.answered == 1.0
    assert says_what_is_inferred(report, shape)


@EVERY
def test_a_repeated_answer_is_from_a_cache(shape):
    kept = {}

    def app(question):
        try:
            value = shape.ask(question)
            kept[question] = "".join(value) if shape.ask is stream else value
        except ERRORS:
            pass
        return kept[question]

    report = replay(app, prompts=["one, KX-11111", "two, KX-22222"], stale_after="30m")
    assert outcomes(report, bad=False) == {"primary"}
    assert outcomes(report, bad=True) == {"cached", "stale"}
    for call in report.run.calls:
        if call.outcome in ("cached", "stale"):
            assert (call.age > 1800) == (call.outcome == "stale")
    assert says_what_is_inferred(report, shape)


@WITH_A_TEXT
def test_an_answer_that_the_provider_cut_is_recognised_where_possible(shape):
    report = replay(shape.ask, truncated_answer())
    assert outcomes(report, bad=False) == {"primary"}
    assert outcomes(report, bad=True) == {shape.cut}
    shown = [call for call in report.run.calls if 0 <= call.began < HOUR and call.error is None]
    assert {call.number for call in report.run.corruption_shown} == {call.number for call in shown}


@EVERY
def test_an_empty_answer_is_none(shape):
    report = replay(shape.ask, empty_answer())
    assert outcomes(report, bad=True) == {shape.empty}


@EVERY
def test_an_error_shown_as_an_answer_is_recognised(shape):
    report = replay(or_else(shape, lambda _, error: shape.show(str(error))))
    assert outcomes(report, bad=False) == {"primary"}
    assert outcomes(report, bad=True) == {"error_text"}
    assert says_what_is_inferred(report, shape)


@EVERY
def test_an_empty_value_is_no_answer(shape):
    report = replay(or_else(shape, lambda *_: None))
    assert outcomes(report, bad=True) == {"failed"}


def test_c16_an_app_that_swallows_its_own_error_as_an_empty_text_failed_on_a_healthy_provider():
    def swallows(question):
        try:
            return text(question).no_such_method()
        except Exception:
            return ""

    report = replay(swallows, overloaded())
    assert {call.outcome for call in report.run.calls} == {"failed"}
    with pytest.raises(AssertionError, match="failed on a healthy provider, the first with ''"):
        report.check()


def test_an_app_that_never_returns_anything_got_nothing_where_nothing_came():
    def tells_nobody(question):
        with contextlib.suppress(*ERRORS):
            text(question)

    report = replay(tells_nobody, prompts=["one", "two"])
    assert outcomes(report, bad=False) == {"primary"}
    assert outcomes(report, bad=True) == {"failed"}
    assert all(call.inferred for call in report.run.calls)


def test_where_an_empty_answer_and_a_fallback_come_at_once_the_fallback_answered():
    def flag(question):
        return {"long": len(text(question).strip() or gpt_text(question)) > 0}

    report = replay(flag, empty_answer())
    assert outcomes(report, bad=False) == {"primary"}
    assert outcomes(report, bad=True) == {"fallback"}


def test_the_words_of_a_python_error_are_an_error_shown_as_an_answer():
    def careless(question):
        try:
            return message(question).content[0].text
        except Exception as error:
            return f"Oops: {error}"

    for fault in (html_in_200(), empty_answer()):
        report = replay(careless, fault)
        assert outcomes(report, bad=False) == {"primary"}
        assert outcomes(report, bad=True) == {"error_text"}


@pytest.mark.parametrize("by", ["close", "reset", "end"])
def test_a_stream_that_breaks_and_is_taken_for_whole_is_truncated(by):
    def careless(question):
        shown = []
        try:
            shown.extend(stream(question))
        except Exception:
            return "".join(shown)
        return "".join(shown)

    report = replay(careless, cut_stream(by=by))
    assert outcomes(report, bad=False) == {"primary"}
    assert outcomes(report, bad=True) == {"truncated"}
