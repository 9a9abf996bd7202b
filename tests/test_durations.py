from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos_llm.durations import describe, seconds
from chaos_llm.errors import UsageError


@pytest.mark.parametrize(
    ("written", "length"),
    [
        (90, 90.0),
        (0, 0.0),
        (0.25, 0.25),
        (timedelta(minutes=2), 120.0),
        ("90s", 90.0),
        ("2m", 120.0),
        ("2 min", 120.0),
        ("1h30m", 5400.0),
        ("1h 30min", 5400.0),
        ("1.5h", 5400.0),
        ("500ms", 0.5),
        ("1s500ms", 1.5),
        ("2d", 172800.0),
        (" 10s ", 10.0),
    ],
)
def test_durations_are_read_in_all_forms(written, length):
    assert seconds(written) == length
    assert isinstance(seconds(written), float)


@pytest.mark.parametrize(
    "wrong",
    [
        *("", " ", "90", "s", "-5s", "5 parsecs", "30s1m", "1m1m", "1h30", "1e3s", "1ms1"),
        *(-1, float("inf"), float("nan"), True, None, [1], timedelta(seconds=-1)),
    ],
)
def test_a_malformed_duration_is_refused_with_the_right_forms(wrong):
    with pytest.raises(UsageError, match=r"is not a duration: write seconds .*1h30m") as mistake:
        seconds(wrong)
    assert repr(wrong) in str(mistake.value)


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (0, "0 s"),
        (0.0004, "0.4 ms"),
        (0.2, "200 ms"),
        (0.9996, "1 s"),
        (1.5, "1.5 s"),
        (59.9, "59.9 s"),
        (59.96, "1 min"),
        (60, "1 min"),
        (150, "2 min 30 s"),
        (3600, "1 h"),
        (13262, "3 h 41 min 2 s"),
        (86400, "1 d"),
        (97205, "1 d 3 h 5 s"),
        (-150, "-2 min 30 s"),
        (float("inf"), "for ever"),
    ],
)
def test_a_duration_is_described_in_common_units(length, said):
    assert describe(length) == said


@given(st.integers(0, 10**7))
def test_the_description_of_whole_seconds_is_read_back(length):
    assert seconds(describe(length)) == length


@given(st.floats(0, 1e7))
def test_a_description_is_exact_to_its_last_digit(length):
    assert seconds(describe(length)) == pytest.approx(length, rel=0.01, abs=1e-6)
