"""A failing test that draws outages ends soon after it was shrunk."""

from __future__ import annotations

import re

import pytest

FAILING = """
    from hypothesis import given, settings, strategies as st
    from chaos_llm.property_testing.strategies import outages

    played = []

    @settings(deadline=None, database=None, derandomize=True)
    @given({strategies}, st.integers())
    def test_it(drawn, number):
        played.append(1)
        assert not drawn

    def test_how_many_were_played():
        print(len(played), "examples played")
        assert not played
"""
EXPLAINED = "or any other generated value"


def played(result):
    """How many examples a run of FAILING has played."""
    result.assert_outcomes(failed=2)
    return int(re.search(r"(\d+) examples played", result.stdout.str())[1])


@pytest.mark.parametrize(
    "strategies",
    ["outages().map(bool)", "st.tuples(st.none(), outages())"],
    ids=["mapped", "in a tuple"],
)
def test_a_test_that_draws_outages_is_not_explained(run, strategies):
    result = run(FAILING.format(strategies=strategies))
    assert played(result) < 50
    assert EXPLAINED not in result.stdout.str()


def test_an_option_brings_the_explanation_back(run):
    result = run(FAILING.format(strategies="outages().map(bool)"), "--hypothesis-explain")
    assert played(result) > 100
    assert EXPLAINED in result.stdout.str()


def test_other_properties_keep_their_explanation(run):
    result = run(FAILING.format(strategies="st.just(1)"))
    assert played(result) > 100
    assert EXPLAINED in result.stdout.str()
