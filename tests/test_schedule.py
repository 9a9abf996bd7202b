"""The schedule of calls: fixed before the first of them is made."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.small_profiles import HOUR, MINUTE, STARTS, profile_of, window

from chaos_llm.decisions.plan import Plan
from chaos_llm.decisions.start_position import offset
from chaos_llm.errors import UsageError
from chaos_llm.profiles.model import Target
from chaos_llm.replay.schedule import ScheduleStretch, slots, stretches

HALF = HOUR / 2


def plan(*windows, **more):
    return Plan(profile_of(*windows, **more), seed=1)


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ("21:16", 9 * HOUR + 16 * MINUTE),  # the profile starts at noon
        ("21:16:30", 9 * HOUR + 16.5 * MINUTE),
        ("9:00", 21 * HOUR),  # the next day: it is past nine already
        (time(21, 16), 9 * HOUR + 16 * MINUTE),
        (time(21, 16, tzinfo=timezone(timedelta(hours=2))), 7 * HOUR + 16 * MINUTE),
        (datetime(2026, 3, 3, 12, tzinfo=UTC), 24 * HOUR),
        (datetime(2026, 3, 3, 12), 24 * HOUR),
        (datetime(2026, 3, 3, 12, tzinfo=timezone(timedelta(hours=2))), 22 * HOUR),
        ("9h30m", 9.5 * HOUR),
        (timedelta(hours=2), 2 * HOUR),
        (90, 90.0),
    ],
    ids=str,
)
def test_a_moment_is_a_time_of_day_in_utc_a_datetime_or_a_time_from_the_start(until, expected):
    assert offset(until, plan(), now=0.0) == expected


def test_a_time_of_day_is_the_next_one_from_here():
    later = 10 * HOUR  # ten in the evening
    assert offset("21:16", plan(), later) == 33 * HOUR + 16 * MINUTE
    assert offset("22:00", plan(), later) == 34 * HOUR
    assert offset("22:01", plan(), later) == 10 * HOUR + MINUTE


@pytest.mark.parametrize("wrong", ["9pm", "25:00", "12:60", "soon", "", -5, [21]])
def test_a_wrong_time_is_refused_with_the_right_forms(wrong):
    with pytest.raises(UsageError, match=r"write a time of day in UTC \('21:16'\)"):
        offset(wrong, plan(), now=0.0)


def played(a_plan, until, skip, begins=-10 * MINUTE, after=HALF):
    return stretches(a_plan, begins, until, until + after, skip)


def test_everything_is_replayed_without_a_long_quiet_stretch():
    busy = plan(window(ends=HOUR), window(begins=2 * HOUR, ends=3 * HOUR))
    assert played(busy, 3 * HOUR, HOUR) == (ScheduleStretch(-10 * MINUTE, 3.5 * HOUR),)


def test_the_middle_of_a_long_quiet_stretch_is_left_out():
    waves = plan(window(ends=HOUR), window(begins=5 * HOUR, ends=6 * HOUR))
    assert played(waves, 6 * HOUR, HOUR) == (
        ScheduleStretch(-10 * MINUTE, 1.5 * HOUR),
        ScheduleStretch(4.5 * HOUR, 6.5 * HOUR),
    )


def test_without_skip_quiet_everything_is_replayed():
    waves = plan(window(ends=HOUR), window(begins=5 * HOUR, ends=6 * HOUR))
    assert played(waves, 6 * HOUR, None) == (ScheduleStretch(-10 * MINUTE, 6.5 * HOUR),)


def test_overlapping_windows_are_not_quiet_between_their_edges():
    waves = plan(
        window(ends=5 * HOUR),
        window(begins=HOUR, ends=2 * HOUR),
        window(begins=4 * HOUR, ends=6 * HOUR),
    )
    assert len(played(waves, 6 * HOUR, MINUTE)) == 1


def test_a_quiet_stretch_before_the_first_window_is_shortened_too():
    late = plan(window(begins=5 * HOUR, ends=6 * HOUR))
    assert played(late, 6 * HOUR, HOUR) == (
        ScheduleStretch(-10 * MINUTE, 0.5 * HOUR),
        ScheduleStretch(4.5 * HOUR, 6.5 * HOUR),
    )


def test_warmup_and_recovery_are_replayed_in_full():
    short = plan(window(ends=HOUR))
    assert played(short, HOUR, MINUTE, begins=-2 * HOUR, after=3 * HOUR) == (
        ScheduleStretch(-2 * HOUR, 4 * HOUR),
    )


def test_a_documented_window_does_not_end_a_quiet_stretch():
    shown = window(begins=HOUR, ends=5 * HOUR, on=Target("anthropic", "web"))
    waves = plan(window(ends=HOUR), shown, window(begins=5 * HOUR, ends=6 * HOUR))
    assert len(played(waves, 6 * HOUR, HOUR)) == 2


def due(stretch, **more):
    sent = {"users": 1, "every": None, "calls": None, "first": 0, **more}
    return slots(stretch if isinstance(stretch, tuple) else (stretch,), **sent)


def test_calls_are_due_at_even_distances():
    made = due(ScheduleStretch(-60.0, 60.0), every=30.0)
    assert [slot.due for slot in made] == [-60.0, -30.0, 0.0, 30.0]
    assert [slot.number for slot in made] == [0, 1, 2, 3]


def test_a_number_of_calls_is_spread_over_the_replayed_stretches():
    made = due(ScheduleStretch(0.0, 100.0), calls=4)
    assert [slot.due for slot in made] == [0.0, 25.0, 50.0, 75.0]
    assert len(due(ScheduleStretch(0.0, 100.0))) == 200


def test_no_call_is_due_in_skipped_stretches():
    made = due((ScheduleStretch(0.0, 60.0), ScheduleStretch(1000.0, 1060.0)), every=30.0)
    assert [slot.due for slot in made] == [0.0, 30.0, 1000.0, 1030.0]


def test_users_with_one_period_begin_at_different_times():
    made = due(ScheduleStretch(0.0, 60.0), users=3, every=30.0)
    assert [(slot.due, slot.user) for slot in made] == [
        (0.0, 0), (10.0, 1), (20.0, 2), (30.0, 0), (40.0, 1), (50.0, 2),
    ]  # fmt: skip


def test_call_numbers_continue_those_of_the_replay_before():
    assert [slot.number for slot in due(ScheduleStretch(0.0, 60.0), every=30.0, first=7)] == [7, 8]


@given(
    calls=st.integers(1, 300),
    users=st.integers(1, 40),
    lengths=st.lists(st.floats(0.5, 1e5), min_size=1, max_size=4),
)
def test_there_are_exactly_as_many_calls_as_requested(calls, users, lengths):
    spans, begins = [], 0.0
    for length in lengths:
        spans.append(ScheduleStretch(begins, begins + length))
        begins += 2 * length
    made = due(tuple(spans), calls=calls, users=users)
    assert len(made) == calls
    assert [slot.number for slot in made] == list(range(calls))
    assert [slot.due for slot in made] == sorted(slot.due for slot in made)
    assert all(any(s.begins <= slot.due <= s.ends for s in spans) for slot in made)
    per_user = [sum(slot.user == user for slot in made) for user in range(users)]
    assert max(per_user) - min(per_user) <= 1


def test_the_plan_starts_when_its_profile_does():
    assert plan().profile.when(offset("21:16", plan(), 0.0)) == STARTS.replace(hour=21, minute=16)
