"""An app that swallows an error of its own, and says sorry to users whose answers had come."""

from __future__ import annotations

import pytest
from support.apps.bots import ask_once
from support.apps.defended import APOLOGY
from support.small_profiles import MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.analysis.healthy_failures import healthy_failures
from chaos_llm.checks import answers_are_whole, never_waits_past
from chaos_llm.reports.report import CheckFailed

SORRY = "Sorry, something went wrong."


def replayed(app, answers=None):
    with outage(profile_of(window(ends=20 * MINUTE)), seed=3) as chaos:
        if answers is not None:
            chaos.on("anthropic").answers(answers)
        return chaos.replay(app, every="1m", warmup="10m", recovery="10m")


def catching_everything(work, instead=SORRY, shown=str):
    def app(question):
        try:
            return shown(work(question))
        except Exception:
            return instead

    return app


def mistaken(question):
    return ask_once(question)["text"]


@pytest.mark.parametrize(
    "instead",
    [SORRY, "Leider ist das gerade nicht möglich.", {"reply": "We can't answer now.", "code": 7}],
    ids=["text", "german", "object"],
)
def test_c16_an_apology_for_every_answer_fails(instead):
    report = replayed(catching_everything(mistaken, instead))
    assert set(report.counts) == {"degraded"}
    with pytest.raises(CheckFailed) as failure:
        report.check()
    assert str(failure.value).startswith(
        f"all 10 calls before the first fault failed on a healthy provider, the first with "
        f"{instead!r}, although its answer had arrived: the app may have swallowed an error of "
        "its own"
    )


def test_c16_an_apology_of_an_app_that_cannot_even_ask_fails():
    report = replayed(catching_everything(lambda question: ask_once(question.no_such_field)))
    with pytest.raises(CheckFailed) as failure:
        report.check()
    assert str(failure.value).startswith(
        f"all {len(report.run.calls)} calls failed on a healthy provider, the first with "
        f"{SORRY!r}; none of them asked a provider: the app may have swallowed an error of its own"
    )


def mistaken_in_most_calls():
    numbers = iter(range(1000))

    def app(question):
        answer = ask_once(question)
        return answer if next(numbers) % 3 == 0 else answer["text"]

    return app


@pytest.mark.parametrize("shown", [SORRY, None], ids=["said", "raised"])
def test_c16_an_app_that_fails_in_most_healthy_calls_fails(shown):
    app = mistaken_in_most_calls()
    report = replayed(app if shown is None else catching_everything(app, shown))
    with pytest.raises(CheckFailed, match="6 of 10 calls before the first fault failed"):
        report.check(answers_are_whole())


def test_an_apology_for_a_failed_request_only_passes():
    report = replayed(catching_everything(ask_once))
    assert not healthy_failures(report.run).failed
    report.check(answers_are_whole())


@pytest.mark.parametrize(
    "app",
    [
        catching_everything(ask_once, "neutral", lambda answer: "neutral"),
        catching_everything(ask_once, "Thank you for your letter.", lambda answer: "Thank you."),
    ],
    ids=["label", "receipt"],
)
def test_a_label_or_a_receipt_for_every_answer_is_not_judged(app):
    report = replayed(app)
    assert not healthy_failures(report.run).failed
    (finding,) = report.check(answers_are_whole(), never_waits_past())[:1]
    assert finding.verdict == "not judged"


def test_an_apology_that_the_model_has_made_is_an_answer():
    report = replayed(ask_once, answers=APOLOGY)
    assert not healthy_failures(report.run).failed
    assert report.counts["primary"] == 20
