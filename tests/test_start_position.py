"""The position at which an outage begins: a window, a time, the peak."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from support.small_profiles import HOUR, MINUTE, profile_of, window

from chaos_llm.decisions.plan import Plan
from chaos_llm.decisions.start_position import PEAK, peak, place
from chaos_llm.errors import UnknownName
from chaos_llm.profiles.model import Share, Target
from chaos_llm.protocol.messages import Request
from chaos_llm.requests.correlation import Key

WAVES = (
    window(ends=HOUR, share=0.3, name="wave 1"),
    window(begins=2 * HOUR, ends=3 * HOUR, share=0.9, name="wave 2"),
    window(begins=4 * HOUR, ends=5 * HOUR, share=0.9, name="wave 3"),
)


def at(place_, *windows):
    return place(place_, Plan(profile_of(*(windows or WAVES)), seed=1))


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (None, 0.0),
        ("wave 2", 2 * HOUR),
        ("14:30", 2.5 * HOUR),
        ("2h", 2 * HOUR),
        (90, 90.0),
        (datetime(2026, 3, 2, 16, 15, tzinfo=UTC), 4.25 * HOUR),
        (PEAK, 2 * HOUR),
    ],
)
def test_a_start_position_is_a_window_or_a_time(where, expected):
    assert at(where) == expected


@pytest.mark.parametrize("wrong", ["wave2", "Wave 2 "])
def test_an_unknown_window_is_answered_with_the_known_ones_nearest_first(wrong):
    with pytest.raises(UnknownName, match=r"profile 'a-bad-day'.*nearest first: 'wave 2'"):
        at(wrong)


def test_a_window_with_a_range_as_start_begins_where_the_seed_puts_it():
    late = window(begins=(0.0, HOUR), ends=2 * HOUR, name="some time")
    places = {place("some time", Plan(profile_of(late), seed)) for seed in range(10)}
    assert len(places) == 10
    assert all(0 <= found < HOUR for found in places)


def test_the_peak_is_on_the_models_endpoints():
    logins = window(begins=0.0, share=1.0, on=Target("anthropic", "login"))
    assert at(PEAK, logins, *WAVES) == 2 * HOUR


def test_the_peak_of_a_changing_share_is_its_highest_point():
    rising = Share(((0.0, 0.1), (HOUR, 0.8), (2 * HOUR, 0.2)))
    assert at(PEAK, window(ends=2 * HOUR, share=rising)) == HOUR


def test_without_a_window_the_peak_is_the_start():
    assert place(PEAK, Plan(profile_of(), seed=1)) == 0.0


def test_the_peak_hits_the_first_request_whatever_the_draws():
    spared_at_first = 0
    for seed in range(60):
        shared = window(begins=MINUTE, share=0.3, sticky_by="client", sticky_for=5 * MINUTE)
        plan = Plan(profile_of(shared), seed)
        where = peak(plan)
        sent = Request("anthropic", "messages", "api", "", "/v1/messages")
        (draw,) = plan.decide(sent, Key(0, 0, "anthropic", "", 0), where).draws
        if draw.fault is None:
            assert where == MINUTE  # it spares its clients to its end
        spared_at_first += where > MINUTE
    assert spared_at_first > 30
