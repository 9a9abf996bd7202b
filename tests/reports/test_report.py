"""Plain numbers."""

from __future__ import annotations

import pytest
from support.judging import Replay
from support.small_profiles import HOUR, MINUTE, profile_of, window

from chaos_llm.analysis.call import OUTCOMES
from chaos_llm.faults import cut_stream, latency, overloaded, truncated_answer
from chaos_llm.reports.report import Report

BAD_HOUR = profile_of(window(ends=HOUR))


replay = Replay(BAD_HOUR, {"every": "1m", "warmup": "10m", "recovery": "10m"})


def test_outcomes_are_shares_of_the_calls():
    report = replay()
    assert report.calls == 80
    assert report.primary == report.answered == 20 / 80
    assert report.failed == 60 / 80
    assert report.counts == {"primary": 20, "failed": 60}
    assert sum(report.share(outcome) for outcome in OUTCOMES) == 1.0


def test_every_outcome_has_its_number():
    named = ("primary", "fallback", "cached", "stale", "degraded", "truncated", "corrupted")
    report = replay(outcome=lambda *_: next(names), profile=None, calls=12, every=None)
    for name in (*named, "error_text", "failed", "late", "missed", "unjudged"):
        if name != "failed":
            assert getattr(report, name) == 1 / 12, name
    assert report.answered == 3 / 12
    assert report.failed == 2 / 12  # with the missed ones


names = iter(OUTCOMES)


def test_the_longest_gap_is_from_when_a_call_was_due_until_one_was_answered():
    assert replay().longest_downtime == HOUR
    assert replay(until="20m").longest_downtime == 30 * MINUTE  # it does not end
    assert replay(profile=None).longest_downtime == 0.0


def test_the_longest_of_several_gaps_counts():
    waves = profile_of(
        *(window(begins=n * HOUR, ends=n * HOUR + n * 5 * MINUTE, name=f"{n}") for n in (1, 2, 3))
    )
    assert replay(profile=waves).longest_downtime == 15 * MINUTE


def test_requests_are_numbers_by_provider():
    report = replay()
    assert report.requests("anthropic") == 80
    assert report.requests("openai") == 0


def test_planned_faults_are_counted_by_effect():
    profile = profile_of(
        window(latency(seconds=1), name="slow", ends=HOUR),
        window(cut_stream(), name="torn", ends=HOUR),
        window(overloaded(), name="busy", ends=HOUR),
        window(overloaded(), name="busier", ends=HOUR),
    )
    report = replay(profile=profile)
    assert report.planned == 240
    assert report.effects() == {"applied": 120, "unsupported": 60, "masked": 60}


def test_exposure_is_the_share_of_calls_shown_a_silently_corrupted_answer():
    assert (
        replay(profile=profile_of(window(truncated_answer(), ends=HOUR))).corruption_shown
        == 60 / 80
    )
    assert replay().corruption_shown == 0.0


def test_the_repr_of_a_report_is_one_line():
    assert str(replay()) == "80 calls: primary 20, failed 60; longest downtime 3600 s"


def test_findings_are_kept():
    report = replay(every="30s")
    with pytest.raises(AssertionError):
        report.check()
    assert [finding.verdict for finding in report.findings].count("fail") == 1


def test_a_report_without_a_call_divides_by_nothing():
    report = replay(calls=1, every=None)
    empty = Report(type(report.run)(
        report.run.overrides, [], [], report.run.evidence, 0.0, HOUR
    ))  # fmt: skip
    assert (empty.answered, empty.longest_downtime, empty.calls) == (0.0, 0.0, 0)
    assert "users got: nothing" in empty.timeline()
