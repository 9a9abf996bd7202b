"""The prompts of simulated users."""

from __future__ import annotations

from collections import Counter

import pytest

from chaos_llm.errors import UsageError
from chaos_llm.protocol.markers import find
from chaos_llm.replay.prompts import PromptBook

CALLS = range(400)


def test_each_prompt_contains_one_token():
    book = PromptBook(seed=1)
    for number in CALLS:
        text, token = book.prompt(number)
        assert find(text) == (token,)


def test_half_of_the_prompts_are_new_and_half_repeat():
    counts = Counter(PromptBook(seed=1).prompt(number) for number in CALLS)
    repeating = [count for count in counts.values() if count > 1]
    assert 4 < len(repeating) <= 8
    assert sum(repeating) / len(CALLS) == pytest.approx(0.5, abs=0.1)


def test_a_prompt_is_a_function_of_seed_and_number():
    book, again, other = PromptBook(1), PromptBook(1), PromptBook(2)
    prompts = [book.prompt(number) for number in CALLS]
    assert [again.prompt(number) for number in reversed(CALLS)] == prompts[::-1]
    assert all(other.prompt(number) != prompts[number] for number in CALLS)
    assert [book.prompt(7), book.prompt(7)] == [prompts[7], prompts[7]]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("hello", ["hello", "hello", "hello"]),
        (["a", "b"], ["a", "b", "a"]),
        (iter(["a", "b"]), ["a", "b", "a"]),
        ("question {}".format, ["question 0", "question 1", "question 2"]),
    ],
)
def test_given_prompts_are_used_in_turn(given, expected):
    book = PromptBook(1, given)
    assert [book.prompt(number) for number in range(3)] == [(text, "") for text in expected]


def test_a_token_in_a_given_prompt_is_used():
    assert PromptBook(1, "about KX-48213").prompt(0) == ("about KX-48213", "KX-48213")


@pytest.mark.parametrize("wrong", [[], [7], 7, ["fine", None], {}])
def test_wrong_prompts_are_refused(wrong):
    with pytest.raises(UsageError, match="prompts= is a text"):
        PromptBook(1, wrong)


def test_a_function_that_returns_no_text_is_refused():
    with pytest.raises(UsageError, match="got 7"):
        PromptBook(1, lambda number: 7).prompt(0)
