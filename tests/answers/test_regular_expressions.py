"""A pattern is found where `re` finds it, and no pattern takes long."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chaos_llm.answers.json_schema.budget import Budget, TooHard
from chaos_llm.answers.json_schema.regular_expressions import Unsupported, is_found

PLENTY = 1_000_000
LETTERS = "aAbB1_ \n-é"

atoms = st.sampled_from(
    [*"abAB1_-", ".", r"\d", r"\w", r"\s", r"\D", r"\W", r"\S", "[ab]", "[^a]", r"[^\w]", "[A-Z1]",
     "^", "$", r"\b", r"\B", r"\A", r"\Z", "(?i:ab)", "é"]
)  # fmt: skip
repeats = st.sampled_from(["", "*", "+", "?", "{2}", "{1,2}", "{0,3}?", "*?", "+?"])


def _larger(inner):
    group = inner.map("(?:{})".format) | inner.map("({})".format)
    ahead = inner.map("(?={})".format) | inner.map("(?!{})".format)
    repeated = st.tuples(group, repeats).map("".join)
    choice = st.tuples(inner, inner).map("|".join).map("(?:{})".format)
    return st.lists(repeated | choice | ahead | inner, min_size=1, max_size=3).map("".join)


patterns = st.recursive(atoms, _larger, max_leaves=8)


@settings(max_examples=800, deadline=None)
@given(patterns, st.text(LETTERS, max_size=7), st.sampled_from(["", "(?i)", "(?m)", "(?s)"]))
def test_a_pattern_is_found_where_re_finds_it(pattern, text, flags):
    assume(text or r"\B" not in pattern)  # until 3.14 `re` finds it everywhere but in nothing
    try:
        expected = re.search(flags + pattern, text) is not None
    except re.error:
        with pytest.raises(Unsupported):
            is_found(flags + pattern, text, Budget(PLENTY))
    else:
        assert is_found(flags + pattern, text, Budget(PLENTY)) is expected


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"(?<=a)b", "ab"),
        (r"(?<!a)b", "ab"),
        (r"(?<=ab)c", "xabc"),
        (r"(?>a+)b", "aab"),
        (r"a{3,}", "aaaa"),
        (r"(?i)straße", "STRAßE"),
        (r"[\d\s]+$", "1 2"),
        (r"[^\d]", "12"),
        (r"(?i)[^A]", "a"),
    ],
)
def test_the_syntax_of_real_patterns_is_supported(pattern, text):
    assert is_found(pattern, text, Budget(PLENTY)) is (re.search(pattern, text) is not None)


@pytest.mark.parametrize(
    "pattern", [r"(a)\1", r"\p{L}", "(", "(" * 1500, "a{99999999999}", "[z-a]"]
)
def test_a_pattern_that_needs_backtracking_is_unsupported(pattern):
    with pytest.raises(Unsupported):
        is_found(pattern, "aa", Budget(PLENTY))


# From the reports that the field's own linters are tested with: each is exponential in `re`.
HOSTILE = ("^(.*)*x$", "^(.+)+[.]pdf$", "^(a+)+$", "(a|a)*$b", "^(([a-z])+.)+[A-Z]([a-z])+$",
           "^(a|aa)+$", r"(\w*)*\d$", "(x+x+)+y", r"^(?:(?:a*)*)*b$", "(.*?,){11}P")  # fmt: skip


@pytest.mark.parametrize("pattern", HOSTILE)
@pytest.mark.parametrize("text", ["a" * 300 + "!", "x" * 300, "," * 300])
def test_e_no_pattern_costs_more_steps_than_pattern_times_text(pattern, text):
    budget = Budget(PLENTY)
    is_found(pattern, text, budget)
    assert PLENTY - budget.left < 40 * len(pattern) * len(text)


def test_a_budget_ends_the_search():
    with pytest.raises(TooHard):
        is_found("(a|b|ab)*c", "ab" * 200, Budget(100))
