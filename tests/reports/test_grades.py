"""What outcomes mean to users: rescued, safe failure, unsafe."""

from __future__ import annotations

import pytest
from support.apps.bots import ask, ask_once
from support.apps.defended import ERRORS, Cached, Defended, apologise
from support.judging import Replay
from support.small_profiles import BAD_TIME, HOUR, MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.analysis.call import OUTCOMES
from chaos_llm.faults import overloaded, truncated_answer
from chaos_llm.reports.grades import GRADES

replay = Replay(BAD_TIME, {"every": "1m", "warmup": "10m", "recovery": "10m"})


def shows_errors(question):
    try:
        return ask_once(question)
    except ERRORS as error:
        return str(error)


def early_and_late(number):
    return f"question {number} before the outage" if number < 10 else "the same, KX-11111"


def test_with_healthy_providers_every_call_is_fine():
    report = replay(profile=None, calls=8, every=None)
    assert report.grade == "fine"
    assert report.grades == {"fine": 8}


def test_a_call_answered_by_another_provider_was_rescued():
    report = replay(Defended())
    assert report.grade == "rescued"
    assert report.grades == {"fine": 20, "rescued": 20}


def test_a_call_answered_after_a_retry_was_rescued():
    with outage() as chaos:
        chaos.on("anthropic").inject(overloaded(), times=1)
        report = chaos.replay(ask, calls=4)
    assert report.grades == {"fine": 3, "rescued": 1}
    assert report.grade_of(report.run.calls[0]) == "rescued"


@pytest.mark.parametrize("app", [ask_once, Defended(apologise)], ids=["exception", "apology"])
def test_a_call_with_a_visible_failure_is_a_safe_failure(app):
    report = replay(app)
    assert report.grade == "safe failure"
    assert report.grades == {"fine": 20, "safe failure": 20}


def test_an_error_that_is_shown_as_an_answer_is_unsafe():
    report = replay(shows_errors)
    assert report.grade == "unsafe"
    assert report.grades["unsafe"] == 20


def test_a_bad_result_from_a_cache_is_unsafe_after_the_outage():
    app = Cached(Defended(apologise), keep=HOUR)
    report = replay(app, recovery="40m", prompts=early_and_late)
    after = [c for c in report.run.calls if c.began >= 31 * MINUTE]
    assert {c.outcome for c in after} == {"degraded"}
    assert {report.grade_of(call) for call in after} == {"unsafe"}
    assert report.grade_of(report.run.calls[10]) == "safe failure"


def test_silent_corruption_is_exposure_and_not_counted_against_the_app():
    report = replay(profile=profile_of(window(truncated_answer(), ends=20 * MINUTE)))
    assert report.grade == "corruption shown"
    assert report.grades == {"fine": 20, "corruption shown": 20}


def test_the_worst_call_is_the_grade_of_all():
    order = ["primary", "fallback", "failed", "unjudged", "error_text"]
    grades = []
    for outcome in order:
        text = iter(["primary", outcome])
        report = replay(ask_once, None, calls=2, every=None, outcome=lambda *_, s=text: next(s))
        grades.append(report.grade)
    assert grades == ["fine", "rescued", "safe failure", "unjudged", "unsafe"]
    assert [GRADES.index(grade) for grade in grades] == sorted(map(GRADES.index, grades))


def test_every_outcome_has_a_grade_and_each_call_one():
    names = iter(OUTCOMES)
    report = replay(ask_once, None, calls=12, every=None, outcome=lambda *_: next(names))
    assert report.grades.total() == 12
    assert set(report.grades) == {"fine", "rescued", "safe failure", "unjudged", "unsafe"}


def test_a_report_without_a_call_is_not_judged():
    report = replay(calls=1, every=None)
    run = type(report.run)(report.run.overrides, [], [], report.run.evidence, 0.0, HOUR)
    assert type(report)(run).grade == "unjudged"
