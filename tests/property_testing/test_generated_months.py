"""Months that Hypothesis draws."""

from __future__ import annotations

import pytest
from hypothesis import find, given, settings

from chaos_llm.errors import UnknownName
from chaos_llm.profiles.generated_month import month
from chaos_llm.property_testing.strategies import months


@given(months(providers=["openai"], incidents=4))
@settings(max_examples=20)
def test_a_month_is_one_of_these_providers_with_so_many_incidents(made):
    assert 1 <= len(made.windows) <= 4
    assert {target.provider for window in made.windows for target in window.on} == {"openai"}


def test_a_month_shrinks_to_one_incident_and_to_the_first_seed():
    found = find(months(providers=["anthropic"]), lambda made: bool(made.windows))

    assert found == month(0, providers=["anthropic"], incidents=1)


def test_it_is_shown_as_the_call_that_made_it():
    assert repr(months(providers=["openai"])) == "months(providers=('openai',))"


def test_a_provider_without_statistics_is_refused_when_the_strategy_is_made():
    with pytest.raises(UnknownName, match="unknown provider with statistics 'xai'"):
        months(providers=["xai"])
