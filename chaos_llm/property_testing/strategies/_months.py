"""Generated months, whose incidents are as long, and told of as late, as those of a corpus."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from chaos_llm.profiles.generated_month import month
from chaos_llm.profiles.model import Profile
from chaos_llm.property_testing.strategies._arguments import count
from chaos_llm.property_testing.strategies._named import named

_SEEDS = 2**32 - 1


def months(
    *,
    providers: Sequence[str] = ("anthropic", "openai"),
    incidents: int = 8,
    days: float = 30,
) -> SearchStrategy[Profile]:
    """Months of up to so many incidents a provider; they shrink to fewer, and to the seed 0.

    Raises as chaos_llm.profiles.generated_month.month does, when the strategy is made.
    """
    month(0, providers=providers, incidents=count("incidents", incidents), days=days)
    drawn = st.builds(
        month,
        st.integers(0, _SEEDS),
        providers=st.just(tuple(providers)),
        incidents=st.integers(1, incidents),
        days=st.just(days),
    )
    return named(months, drawn, providers=tuple(providers), incidents=incidents, days=days)
