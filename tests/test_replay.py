"""Replays one after another: their options, their stretches and their reports."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest
import trio
from support.apps.bots import ask_async, ask_once
from support.small_profiles import HOUR, MINUTE, STARTS, profile_of, window

from chaos_llm import CheckFailed, outage
from chaos_llm.checks import Finding, never_caches_the_outage, retries_stay_under, stops_calling
from chaos_llm.errors import HorizonReached, UnknownName, UsageError
from chaos_llm.faults import cut_stream, hang

BAD_HOUR = profile_of(window(ends=HOUR))


def replay(app=str.upper, profile=BAD_HOUR, at=None, **options):
    with outage(profile, at=at) as chaos:
        return chaos.replay(app, **options)


def span(report):
    return report.run.begins, report.run.ends


def test_a_replay_has_a_warmup_and_a_recovery():
    report = replay(ask_once, calls=100)
    assert span(report) == (-10 * MINUTE, 1.5 * HOUR)
    for call in report.run.calls:
        assert call.answered == (not 0 <= call.began < HOUR)


def test_warmup_and_recovery_have_the_given_lengths():
    assert span(replay(warmup="1h", recovery=0, calls=2)) == (-HOUR, HOUR)
    assert span(replay(warmup=0, recovery="2h", calls=2)) == (0.0, 3 * HOUR)


def test_the_wall_clock_shows_the_time_of_the_outage():
    seen = []

    def app(question):
        seen.append(datetime.now(UTC))

    replay(app, every="30m", warmup="30m", recovery="30m")
    assert [(moment - STARTS).total_seconds() for moment in seen] == [-1800, 0, 1800, 3600]


@pytest.mark.parametrize("until", ["12:20", "20m", 1200, datetime(2026, 3, 2, 12, 20, tzinfo=UTC)])
def test_the_recovery_begins_at_until(until):
    assert span(replay(until=until, calls=2)) == (-10 * MINUTE, 50 * MINUTE)


def test_quiet_stretches_are_skipped_and_the_clock_advances_over_them():
    waves = profile_of(window(ends=HOUR), window(begins=9 * HOUR, ends=10 * HOUR, name="again"))
    times = [call.began for call in replay(profile=waves, every="10m").run.calls]
    assert not [at for at in times if 1.5 * HOUR <= at < 8.5 * HOUR]
    assert len([at for at in times if HOUR <= at < 1.5 * HOUR]) == 3
    assert len([at for at in times if 8.5 * HOUR <= at < 9 * HOUR]) == 3
    everything = replay(profile=waves, every="10m", skip_quiet=None).run.calls
    assert len(everything) == (10 * MINUTE + 10.5 * HOUR) / (10 * MINUTE)


def test_without_a_profile_a_replay_is_forty_healthy_minutes():
    report = replay(ask_once, None, calls=4)
    assert span(report) == (-10 * MINUTE, 30 * MINUTE)
    assert report.primary == 1.0


def test_an_outage_with_a_start_position_has_no_warmup():
    assert span(replay(at="30m", calls=2)) == (0.5 * HOUR, 1.5 * HOUR)
    assert span(replay(at="a window", until="12:10", calls=2)) == (0.0, 40 * MINUTE)


def test_requests_before_a_replay_are_not_wound_back():
    with outage(BAD_HOUR) as chaos:
        time.sleep(MINUTE)
        assert span(chaos.replay(str.upper, calls=2)) == (MINUTE, 1.5 * HOUR)


def test_a_second_replay_begins_where_the_first_ended():
    with outage(BAD_HOUR) as chaos:
        first = chaos.replay(ask_once, calls=10, until="20m", recovery=0)
        second = chaos.replay(ask_once, calls=10)
    assert span(first) == (-10 * MINUTE, 20 * MINUTE)
    assert second.run.begins == pytest.approx(first.run.calls[-1].ended)
    assert second.run.ends == 1.5 * HOUR
    assert [call.number for call in second.run.calls] == list(range(10, 20))
    assert first.requests("anthropic") == second.requests("anthropic") == 10
    assert first.run.exchanges[-1].number + 1 == second.run.exchanges[0].number
    assert second.primary > 0  # learned from the lead-in of the first


def test_a_replay_after_the_end_of_the_profile_is_recovery_only():
    with outage(BAD_HOUR) as chaos:
        chaos.replay(ask_once, calls=2)
        time.sleep(HOUR)
        report = chaos.replay(ask_once, calls=5, recovery="10m")
    assert report.run.ends - report.run.begins == 10 * MINUTE
    assert report.primary == 1.0


def test_a_prompt_is_new_once_in_an_outage():
    with outage(BAD_HOUR) as chaos:
        for expected in ([True, False, False], [False, False, False]):
            report = chaos.replay(ask_once, prompts="hello", calls=3)
            assert [call.fresh for call in report.run.calls] == expected


@pytest.mark.asyncio
async def test_in_a_running_loop_replay_is_awaited():
    with outage(BAD_HOUR) as chaos:
        report = await chaos.replay(ask_async, calls=10, users=5)
    assert len(report.run.calls) == 10


def test_replay_runs_on_trio_too():
    async def run():
        with outage(BAD_HOUR) as chaos:
            return await chaos.replay(ask_async, calls=10, users=5)

    assert len(trio.run(run).run.calls) == 10


@pytest.mark.asyncio
async def test_two_replays_at_once_are_refused():
    with outage(BAD_HOUR) as chaos:
        one, other = await asyncio.gather(
            chaos.replay(ask_async, calls=5),
            chaos.replay(ask_async, calls=5),
            return_exceptions=True,
        )
    assert len(one.run.calls) == 5
    assert isinstance(other, UsageError)
    assert "users=" in str(other)


def test_outside_of_its_outage_a_replay_is_refused():
    chaos = outage(BAD_HOUR)
    with pytest.raises(UsageError, match=r"with outage\(\.\.\.\) as chaos"):
        chaos.replay(ask_once)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"calls": 5, "every": "1m"}, "calls= or every=, not both"),
        ({"calls": 0}, "calls= is a whole number, 1 or more"),
        ({"calls": 2.5}, "calls= is a whole number"),
        ({"users": 0}, "users= is a whole number, 1 or more"),
        ({"users": None}, "users= is a whole number"),
        ({"users": True}, "users= is a whole number"),
        ({"every": 0}, "cannot be 0"),
        ({"every": "often"}, "'often' is not a duration"),
        ({"warmup": -1}, "-1 is not a duration"),
        ({"recovery": "soon"}, "'soon' is not a duration"),
        ({"skip_quiet": "never"}, "'never' is not a duration"),
        ({"deadline": "little"}, "'little' is not a duration"),
        ({"stale_after": "very"}, "'very' is not a duration"),
        ({"until": "late"}, "'late' is not a time of a profile"),
        ({"until": datetime(2026, 3, 1, tzinfo=UTC)}, "before the replay begins"),
        ({"outcome": "primary"}, "outcome= is a function"),
        ({"on_call": 7}, "on_call= is a function"),
        ({"prompts": []}, "prompts= is a text"),
        ({"until": 0, "warmup": 0, "recovery": 0}, "no call is due"),
    ],
    ids=lambda value: "" if isinstance(value, str) else ",".join(value),
)
def test_wrong_options_are_refused_before_anything_is_called(options, says):
    called = []
    with pytest.raises(UsageError, match=says):
        replay(called.append, **options)
    assert not called


def test_an_unknown_option_is_answered_with_the_known_ones_nearest_first():
    with pytest.raises(UnknownName, match="nearest first: 'prompts'"):
        replay(promts="hello")


def test_several_users_of_a_sync_function_need_threads():
    with (
        outage(BAD_HOUR, threads="refuse") as chaos,
        pytest.raises(UsageError, match="async function, or users=1"),
    ):
        chaos.replay(ask_once, users=2)
    assert {call.user for call in replay(ask_once, users=2, calls=20).run.calls} == {0, 1}


def sleeps_for_ever(question):
    while True:
        time.sleep(600)


async def sleeps_for_ever_async(question):
    while True:
        await asyncio.sleep(600)


def waits_for_ever(question):
    return ask_once(question, timeout=None)


def never_comes_back(question):
    try:
        sleeps_for_ever(question)
    except Exception:
        return "unreachable"


@pytest.mark.parametrize(
    "app", [sleeps_for_ever, sleeps_for_ever_async, waits_for_ever, never_comes_back]
)
def test_an_app_that_never_returns_ends_in_a_clear_error_at_the_horizon(app):
    with pytest.raises(HorizonReached, match="ran past the horizon"):
        replay(app, profile_of(window(hang(), begins=-HOUR, ends=HOUR)), calls=3)


def test_after_a_replay_its_horizon_no_longer_holds():
    with outage(BAD_HOUR) as chaos:
        chaos.replay(str.upper, calls=2)
        time.sleep(7 * 86400)


def test_a_check_fails_if_no_fault_was_applied():
    report = replay(ask_once, None, calls=5)
    with pytest.raises(CheckFailed, match="no fault was applied to any request"):
        report.check()
    with pytest.raises(CheckFailed, match="nothing was tested"):
        report.check(retries_stay_under(3))
    findings = report.check(allow_no_faults=True)
    assert {finding.verdict for finding in findings} == {"not applicable"}


def test_an_unsupported_fault_is_not_an_applied_one():
    report = replay(ask_once, profile_of(window(cut_stream())), calls=5)
    assert report.effects() == {"unsupported": report.planned}
    with pytest.raises(CheckFailed, match="no fault was applied"):
        report.check()


@pytest.mark.parametrize("allow_no_faults", [False, True])
def test_a_check_fails_if_nothing_was_applicable(allow_no_faults):
    report = replay(ask_once, prompts="question {}".format, calls=20)
    with pytest.raises(CheckFailed, match="no check could judge"):
        report.check(never_caches_the_outage(), allow_no_faults=allow_no_faults)


def test_a_failed_check_reports_the_finding_its_time_and_its_reason():
    report = replay(ask_once, every="30s")
    with pytest.raises(CheckFailed) as failed:
        report.check(stops_calling("anthropic"), retries_stay_under(3))
    first, asked, second, third = str(failed.value).splitlines()
    assert first.startswith("FAIL")
    assert asked.strip().startswith("first: call ")
    assert "calls in a row used anthropic while it was down" in first
    assert first.endswith("at 02 Mar 12:04:00 UTC")
    assert second.strip().startswith("why it matters: ")
    assert third == "1 passed; report.findings has it"
    assert [finding.verdict for finding in report.findings] == ["fail", "pass"]


@pytest.mark.parametrize("wrong", ["stops_calling", stops_calling, None])
def test_anything_but_a_check_is_refused(wrong):
    with pytest.raises(UsageError, match=r"stops_calling\("):
        replay(ask_once, calls=5).check(wrong)


def test_a_plain_function_is_a_check():
    def two_calls_at_least(run):
        return Finding("two calls", "pass" if len(run.calls) > 1 else "fail", "so many")

    assert replay(ask_once, calls=5).check(two_calls_at_least)
