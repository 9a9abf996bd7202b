"""The texts in the return values of an app."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import anthropic
import openai
import pydantic
import pytest
from support.apps.bots import MODEL, SECOND_MODEL

from chaos_llm import outage
from chaos_llm.protocol.markers import find_references
from chaos_llm.protocol.value_text import is_async_stream, is_stream, joined, text_of

HI = [{"role": "user", "content": "hi, order KX-48213"}]


@dataclass
class Reply:
    text: str
    parts: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class Slim:
    text: str
    _private: str = "hidden"


class Model(pydantic.BaseModel):
    text: str
    inner: dict[str, Any] = {}


class Mood(enum.Enum):
    GOOD = "good"


class OneSlot:
    __slots__ = "text"  # noqa: PLC0205 - Python allows it, so an app may do it

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return "OneSlot"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        (b"bytes", "bytes"),
        (None, ""),
        (7, ""),
        (True, ""),
        (Mood.GOOD, ""),
        ({"answer": "a", "score": 0.5}, "a"),
        (["a", ("b", {"c"})], "a\nb\nc"),
        (Reply("a", [{"b": "b"}]), "a\nb"),
        (Slim("a"), "a"),
        (OneSlot("a"), "a"),
        (Model(text="a", inner={"x": ["b"]}), "a\nb"),
        (SimpleNamespace(text="a"), "a"),
        (ValueError("what a user should not see"), "what a user should not see"),
    ],
    ids=repr,
)
def test_text_is_found_in_any_value(value, text):
    assert text_of(value) == text


def test_a_value_that_holds_itself_is_read_once():
    loop = SimpleNamespace(text="a")
    loop.myself = [loop, loop]
    assert text_of(loop) == "a"


def test_a_huge_graph_of_objects_is_not_read_to_its_end():
    deep = SimpleNamespace(text="a", rest=[SimpleNamespace(number=n) for n in range(100_000)])
    assert text_of(deep) == "a"


def test_the_pieces_of_a_text_stream_are_one_text():
    assert joined(["Ref", "erence"]) == "Reference"
    assert joined([b"Ref", b"erence"]) == b"Reference"


def test_each_field_of_streamed_objects_is_one_text():
    pieces = joined([{"id": "x", "delta": "R7-"}, {"id": "x", "delta": "20931-K."}, {"id": "x"}])
    assert text_of(pieces) == "xxx\nR7-20931-K."
    assert pieces[0]["delta"] == "R7-"  # as the app gave it


def test_an_empty_stream_is_no_text():
    assert text_of(joined([])) == ""


def test_streams_of_the_sdks_show_the_reference():
    with outage() as chaos:
        claude = anthropic.Anthropic().messages.create(
            model=MODEL, max_tokens=99, messages=HI, stream=True
        )
        gpt = openai.OpenAI().chat.completions.create(model=SECOND_MODEL, messages=HI, stream=True)
        found = [find_references(text_of(joined(list(stream)))) for stream in (claude, gpt)]
        assert found == [(exchange.reference,) for exchange in chaos.journal]


def test_return_values_of_the_sdks_show_the_reference():
    with outage() as chaos:
        answers = [
            anthropic.Anthropic().messages.create(model=MODEL, max_tokens=99, messages=HI),
            openai.OpenAI().chat.completions.create(model=SECOND_MODEL, messages=HI),
            openai.OpenAI().responses.create(model=SECOND_MODEL, input="hi"),
        ]
        found = [find_references(text_of(answer))[-1:] for answer in answers]
        assert found == [(exchange.reference,) for exchange in chaos.journal]


async def pieces():
    yield "a"


def test_streams_are_distinguished_from_collections():
    assert is_stream(letter for letter in "ab")
    assert is_async_stream(pieces())
    for value in ("ab", b"ab", ["a"], {"a": 1}, range(3), None):
        assert not is_stream(value)
        assert not is_async_stream(value)
