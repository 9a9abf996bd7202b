"""Closed loop: failures that rise with the load, and a retry storm that outlives its cause."""

from __future__ import annotations

import httpx
import pytest
from support.small_profiles import HOUR, MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.errors import UsageError
from chaos_llm.faults import server_error
from chaos_llm.profiles.capacity import Capacity, Load

pytestmark = pytest.mark.exhaustive(of_file=5)  # each plays hours of load

URL = "https://api.anthropic.com/v1/messages"
HEADERS = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
CAUSE_ENDS = 20 * MINUTE


@pytest.mark.parametrize(
    ("capacity", "met", "fails"),
    [
        (Capacity(requests=60), 30, 0.0),
        (Capacity(requests=60), 60, 0.0),
        (Capacity(requests=60), 120, 0.5),  # every second one is over it
        (Capacity(requests=60), 600, 0.9),
        (Capacity(requests=60, collapses_at=180), 120, 0.5),
        (Capacity(requests=60, collapses_at=180), 180, 1.0),
        (Capacity(requests=60, collapses_at=180), 1000, 1.0),
    ],
)
def test_requests_over_the_capacity_fail(capacity, met, fails):
    assert capacity.overload(met) == pytest.approx(fails)


def test_a_capacity_in_times_is_of_the_healthy_load():
    capacity = Capacity(times=2)

    assert capacity.overload(20, healthy=10) == 0.0
    assert capacity.overload(40, healthy=10) == 0.5


def test_a_capacity_relative_to_an_unknown_load_is_ignored():
    assert Capacity(times=2).overload(1, healthy=None) == 1.0


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "one of them"),
        ({"requests": 1, "times": 1}, "one of them"),
        ({"requests": 0}, "over 0"),
        ({"times": float("inf")}, "over 0"),
        ({"requests": 1, "per": 0}, "duration over 0"),
        ({"requests": 5, "collapses_at": 5}, "over the capacity of 5"),
    ],
)
def test_a_wrong_capacity_is_refused(given, says):
    with pytest.raises(UsageError, match=says):
        Capacity(**given)


def test_a_load_is_what_was_met_in_the_span_before_the_last_whole_step():
    load = Load(per=60.0, healthy_until=0.0)
    for second in range(120):
        load.count(float(second))

    assert load.at(60.0) == 60
    assert load.at(69.9) == 60  # the last whole step is still at 60
    assert load.at(70.0) == 60
    assert load.at(125.0) == 60  # those from 60 to 119
    assert load.at(1000.0) == 0


def test_the_order_of_simultaneous_requests_does_not_matter():
    one, other = Load(60.0, 0.0), Load(60.0, 0.0)
    for at in (1.0, 2.0, 2.0, 5.0):
        one.count(at)
    for at in (2.0, 5.0, 1.0, 2.0):
        other.count(at)

    assert [one.at(t) for t in range(100)] == [other.at(t) for t in range(100)]


def test_the_healthy_load_is_that_before_anything_failed():
    load = Load(per=60.0, healthy_until=600.0)
    for second in range(0, 600, 6):
        load.count(float(second))
    for second in range(600, 1200):
        load.count(float(second))

    assert load.healthy == pytest.approx(10, rel=0.05)
    assert Load(per=60.0, healthy_until=30.0).healthy is None


def storm(**capacity):
    """Twenty minutes of failures, and three hours of a provider that stands so much."""
    return profile_of(
        window(server_error(), name="the cause", ends=CAUSE_ENDS),
        window(
            server_error(),
            name="the storm",
            begins=CAUSE_ENDS,
            ends=3 * HOUR,
            capacity=Capacity(**capacity),
        ),
    )


STORM = storm(times=1.5, collapses_at=3)


def asker(retries):
    """An app that asks again at once, so many times."""
    client = httpx.Client(headers=HEADERS)

    def ask(prompt):
        body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": prompt}]}
        for _ in range(retries + 1):
            answer = client.post(URL, json=body)
            if answer.is_success:
                return answer.json()["content"][0]["text"]
        answer.raise_for_status()
        return ""

    return ask


def replayed(app, profile=STORM, **options):
    with outage(profile, seed=1) as chaos:
        report = chaos.replay(app, every="10s", warmup="10m", recovery="0s", **options)
    return report, chaos


def failed_late(report):
    """The share of the calls that fail in the last hour, two after the cause has gone."""
    late = [call for call in report.run.calls if call.due >= 2 * HOUR]
    return sum(call.outcome == "failed" for call in late) / len(late)


def test_a_retry_storm_outlives_its_cause_by_hours():
    report, _ = replayed(asker(retries=5))

    assert failed_late(report) == 1.0


def test_without_retries_the_provider_recovers_with_the_cause():
    report, chaos = replayed(asker(retries=0))

    assert failed_late(report) == 0.0
    after = [e for e in chaos.journal if e.at > CAUSE_ENDS + 2 * MINUTE]
    assert after
    assert not any(e.applied for e in after)


def test_an_excess_without_a_collapse_lets_the_capacity_through():
    report, chaos = replayed(asker(retries=5), storm(times=1.5))

    assert failed_late(report) == 0.0  # one of six requests gets through
    share = {t.share for e in chaos.journal for t in e.decision.draws if t.window == "the storm"}
    assert len(share) > 2  # the journal has the share under the load of that time


def test_a_report_shows_that_the_provider_stays_down_under_its_load():
    stormy, _ = replayed(asker(retries=5))
    calm, _ = replayed(asker(retries=0))

    assert stormy.run.times_down("anthropic")[-1].ends == pytest.approx(3 * HOUR, abs=MINUTE)
    assert calm.run.times_down("anthropic")[-1].ends < CAUSE_ENDS + 5 * MINUTE


def test_without_a_warm_up_the_window_has_its_full_effect():
    with outage(STORM, seed=1, at="the storm") as chaos, pytest.raises(httpx.HTTPStatusError):
        asker(retries=0)("hi")
    assert chaos.journal[0].decision.draws[0].share == 1.0


async def ask_async(prompt):
    async with httpx.AsyncClient(headers=HEADERS) as client:
        body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": prompt}]}
        for _ in range(6):
            answer = await client.post(URL, json=body)
            if answer.is_success:
                return answer.json()["content"][0]["text"]
        answer.raise_for_status()
    return ""


def decisions(chaos):
    return [
        (
            e.user,
            e.call,
            e.attempt,
            e.at,
            tuple((t.share, t.fault is None) for t in e.decision.draws),
        )
        for e in sorted(chaos.journal, key=lambda e: (e.at, e.user, e.call, e.attempt))
    ]


def test_sync_async_and_threads_meet_the_same_load():
    options = {"every": "1m", "users": 4, "warmup": "10m", "recovery": "0s"}
    with outage(STORM, seed=2) as chaos:
        chaos.replay(asker(retries=5), **options)
    threads = decisions(chaos)
    with outage(STORM, seed=2) as chaos:
        chaos.replay(ask_async, **options)

    assert decisions(chaos) == threads
