"""Hypothesis strategies for outages: what breaks the app, and the shortest of what does.

    @given(outages(providers=["anthropic", "openai"], longest="12h"))
    def test_no_outage_loses_an_answer(profile):
        with outage(profile) as chaos:
            assert chaos.replay(SupportBot().answer, calls=40).failed == 0

What is drawn shrinks to what a person would have written: fewer windows, one fault, the plainest
one, a share of 1, short and round durations, the first provider.
"""

from __future__ import annotations

from chaos_llm.property_testing.strategies._climb import climb
from chaos_llm.property_testing.strategies._faults import faults
from chaos_llm.property_testing.strategies._months import months
from chaos_llm.property_testing.strategies._mutations import mutations_of
from chaos_llm.property_testing.strategies._outages import outages
from chaos_llm.property_testing.strategies._windows import windows

__all__ = ["climb", "faults", "months", "mutations_of", "outages", "windows"]
