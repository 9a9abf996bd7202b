"""Hypothesis strategies for outages: find one that breaks the app, and shrink it.

    @given(outages(providers=["anthropic", "openai"], longest="12h"))
    def test_no_outage_loses_an_answer(profile):
        with outage(profile) as chaos:
            assert chaos.replay(SupportBot().answer, calls=40).failed == 0

Examples shrink to outages that a person would write: few windows, one simple fault, a share of 1,
short and round durations, the first provider.
"""

from __future__ import annotations

from chaos_llm.property_testing.strategies._faults import faults
from chaos_llm.property_testing.strategies._mutations import mutations_of
from chaos_llm.property_testing.strategies._outages import climb, months, outages
from chaos_llm.property_testing.strategies._windows import windows

__all__ = ["climb", "faults", "months", "mutations_of", "outages", "windows"]
