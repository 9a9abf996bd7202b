from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.waiting import slowness

from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.markers import find, find_references, reference, reference_from, token
from chaos_llm.server.runs.call_tracking import last_token


@given(st.integers())
def test_a_token_is_found_and_a_reference_is_not_taken_for_one(key):
    mark, end = token(KeyedRandom(key)), reference(KeyedRandom(key))
    text = f"Your order {mark}: it comes. Reference {end}."
    assert find(text) == (mark,)
    assert find_references(text) == (end,)
    assert re.fullmatch(r"[A-Z]{2}-\d{5}", mark)


@given(st.integers(0, (1 << 64) - 1))
def test_every_number_gives_a_reference(number):
    spelt = reference_from(number)
    assert find_references(spelt) == (spelt,)
    assert find(spelt) == ()


def test_the_same_draw_makes_the_same_token():
    assert token(KeyedRandom("a")) == token(KeyedRandom("a"))
    assert len({token(KeyedRandom(n)) for n in range(500)}) >= 499


def test_tokens_are_found_once_each_and_in_order():
    assert find("KX-48213, AB-12345 and KX-48213 again") == ("KX-48213", "AB-12345")


def test_a_token_is_found_in_text_that_is_still_json():
    assert find('{"content":"Hello\\nKX-48213"}') == ("KX-48213",)


def test_longer_words_and_numbers_are_no_tokens():
    assert find("AKX-48213 KX-482131 K-48213 7KX-48213 kx-48213 KX-4821 KX48213 -12345") == ()


def test_a_token_is_found_at_either_end_and_beside_hyphens():
    assert find("KX-48213") == ("KX-48213",)
    assert find("--KX-48213-AB-12345-") == ("KX-48213", "AB-12345")


def test_a_reference_that_was_cut_is_not_found():
    assert find_references("Reference R7-20931-") == ()
    assert find_references("Reference R7-20931-Kx") == ()


@given(st.text(alphabet="AX19- k", max_size=60))
def test_the_fast_search_finds_what_the_pattern_finds(text):
    expected = re.findall(r"(?<![A-Z0-9])[A-Z]{2}-\d{5}(?!\d)", text)
    assert find(text) == tuple(dict.fromkeys(expected))


@given(st.text(alphabet="AX19- k", max_size=60), st.integers(4050, 4120))
def test_a_long_text_is_searched_as_a_short_one_is(text, length):
    long = " " * length + text
    assert find(long) == find(text)


@pytest.mark.parametrize("text", ["-" * 3_000_000, "-1234" * 700_000], ids=["bare", "in numbers"])
def test_e_tokens_at_either_end_of_millions_of_hyphens_are_found_soon(text):
    began = time.process_time()
    assert find(f"KX-48213 {text} AB-12345") == ("KX-48213", "AB-12345")
    assert last_token(f"KX-48213 {text} AB-12345 {'-' * 3000}".encode()) == "AB-12345"
    assert last_token(f"KX-48213 {text}".encode()) == "KX-48213"
    # CPU time, with a wide margin: a look at each in Python took a second a million.
    assert time.process_time() - began < 2 * slowness()


@given(st.text(alphabet="AX19-k", max_size=40), st.integers(65_500, 65_600))
def test_the_last_token_is_found_wherever_it_lies(text, length):
    body = f"{text}{' ' * length}"
    assert last_token(body.encode()) == "".join(find(text)[-1:]) or len(set(find(text))) > 1
