"""With `climb` a search maximises a number: it finds worse outages, and not only different ones."""

from __future__ import annotations

import time

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from support.apps import planted_bugs

from chaos_llm import outage
from chaos_llm.property_testing.strategies import climb, outages

EXAMPLES = 400
SEARCH = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.target],
    suppress_health_check=list(HealthCheck),
)


def asks_again_where_it_is_overloaded(question):
    """Eight times, and only for an HTTP 529: one of many faults, which a search has to meet."""
    for tries in range(8):
        try:
            return planted_bugs.ask_claude(question)
        except httpx.HTTPStatusError as refused:
            if refused.response.status_code != 529:
                raise
            time.sleep(2**tries)
    raise ConnectionError("asked eight times")


def most_requests_a_call(number, *, climbing):
    """The highest amplification that a search comes to."""
    found = []

    @seed(number)
    @SEARCH
    @given(outages(providers=["anthropic"]))
    def search(profile):
        with outage(profile) as chaos:
            report = chaos.replay(asks_again_where_it_is_overloaded, calls=12)
        if climbing:
            climb(report)
        found.append(len(report.run.api) / report.calls)

    search()
    assert len(found) == EXAMPLES
    return max(found)


@pytest.mark.exhaustive(sample=0)
@pytest.mark.parametrize("number", range(2))
def test_a_search_that_climbs_finds_twice_the_amplification_with_as_many_examples(number):
    at_random = most_requests_a_call(number, climbing=False)
    assert most_requests_a_call(number, climbing=True) > 2 * at_random
