"""Unix times are rounded as Python's own `round` does it."""

from __future__ import annotations

import math

from hypothesis import example, given
from hypothesis import strategies as st

from chaos_llm.protocol.unix_times import rounded

TIMES = st.floats(0.0, 4e9)
# Halves of a microsecond, and what is next to them.
HALVES = st.builds(
    lambda whole, toward: math.nextafter((whole + 0.5) / 1e6, toward),
    st.integers(0, 2_000_000_000_000_000),
    st.sampled_from([-math.inf, 0.0, math.inf]),
)


@given(TIMES | HALVES | st.floats(-1e12, 1e12))
@example(1_772_451_420.0)
@example(253_402_300_799.999_999)
@example(-0.000_000_5)
def test_a_time_is_rounded_to_microseconds(seconds):
    assert rounded(seconds) == round(seconds, 6)
