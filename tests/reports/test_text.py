"""What a failing test shows."""

from __future__ import annotations

import time

import pytest
from support.apps.bots import ask, ask_once
from support.apps.defended import Cached
from support.small_profiles import HOUR, MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.checks import Finding
from chaos_llm.faults import auth_expired, overloaded, truncated_answer
from chaos_llm.profiles.model import Post, StatusPage
from chaos_llm.reports.text import findings_text

PAGES = {"anthropic": StatusPage("anthropic", (Post(10 * MINUTE, "investigating"),))}
BAD_DAY = profile_of(window(ends=HOUR), status_pages=PAGES)


def timeline(app=ask_once, profile=BAD_DAY, width=100, **options):
    with outage(profile, seed=3) as chaos:
        chaos.replay(app, **{"every": "1m", **options})
        return chaos.timeline(width)


def test_a_timeline_has_the_profile_the_seed_and_a_legend():
    lines = timeline().splitlines()
    assert lines[0] == (
        "a-bad-day, seed 3 · from 02 March 2026 11:50 UTC · one column is 1 min 12 s"
    )
    starts = [line[:17].strip() for line in lines[2:9]]
    assert starts == [
        "", "", "anthropic hit", "status page", "anthropic load", "users got", "unanswered",
    ]  # fmt: skip
    assert "users got: P primary 40, x failed 60" in lines
    assert "requests: anthropic 100" in lines
    assert "faults planned: 60 (applied 60)" in lines
    legend = lines[lines.index("faults planned: 60 (applied 60)") + 1 :]
    assert [line.partition(":")[0] for line in legend if not line.startswith("  ")] == [
        "hit", "load", "status page", "first failures of each kind",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_no_line_is_wider_than_the_terminal(width):
    text = timeline(lambda question: ask_once(question + "?" * 200), width=width)
    assert max(map(len, text.splitlines())) <= width
    assert max(map(len, text.splitlines())) > width - 12


def test_the_first_failures_are_listed_once_for_each_kind():
    def fails_in_turn(question, turns=[]):  # noqa: B006 - a memory
        turns.append(question)
        if len(turns) % 5 == 0:
            raise KeyError("no such\norder")
        if len(turns) % 5 == 1:
            return None
        if len(turns) % 5 == 2:
            return "We are sorry."
        return ask(question)

    lines = timeline(fails_in_turn, warmup=0).splitlines()
    shown = lines[lines.index("first failures of each kind:") + 1 :]
    assert shown[:3] == [
        "  12:00:00 call 0, failed after 0 s: None",
        "  12:01:00 call 1, degraded after 0 s: 'We are sorry.'",
        shown[2],
    ]
    assert shown[2].startswith("  12:02:00 call 2, failed after ")
    assert "OverloadedError: Error code: 529" in shown[2]
    assert shown[3] == "  … and 1 more kinds"


def test_where_all_were_answered_nothing_went_wrong():
    assert "first failures of each kind" not in timeline(Cached(ask_once), None)


def test_silently_corrupted_answers_are_listed_as_exposure():
    text = timeline(profile=profile_of(window(truncated_answer())))
    assert "silently corrupted answers, which no app can detect, were shown in" in text
    assert "60 calls, first in call 10" in text


def test_each_replay_has_a_timeline():
    with outage(BAD_DAY) as chaos:
        chaos.replay(ask_once, calls=5, until="10m", recovery=0)
        chaos.replay(ask_once, calls=5)
        assert chaos.timeline().count("a-bad-day, seed 0 · from 02 March 2026") == 2


def test_without_a_replay_the_requests_are_listed_one_a_line():
    with outage(BAD_DAY) as chaos:
        chaos.on("anthropic").inject(auth_expired(), times=1)
        with pytest.raises(Exception, match="401"):
            ask("hi")
        chaos.on("anthropic").heal()
        time.sleep(90)
        ask("hi")
        lines = chaos.timeline().splitlines()
    assert lines[0] == "a-bad-day: 2 requests, times in UTC"
    assert lines[1].startswith(
        "  12:00:00 #0 anthropic 401 complete after 0 s: auth_expired applied, overloaded masked"
    )
    assert lines[2] == "  12:01:30 #1 anthropic 200 complete after 0 s: healthy"


def test_of_many_requests_the_last_are_listed():
    with outage() as chaos:
        for _ in range(45):
            ask_once()
        lines = chaos.timeline(60).splitlines()
    assert lines[1] == "  … 5 earlier ones are left out"
    assert len(lines) == 42
    assert max(map(len, lines)) <= 60


def test_one_request_is_one_request():
    with outage(BAD_DAY) as chaos:
        with pytest.raises(Exception, match="529"):
            ask_once()
        assert chaos.timeline().startswith("a-bad-day: one request, times in UTC")


def test_findings_are_listed_failures_first():
    findings = [
        Finding("one", "not applicable", "nothing to see"),
        Finding("two", "pass", "all well", why="never told"),
        Finding("three", "fail", "too much", at=90.0, why="it hurts"),
        Finding("four", "not judged", "hard to tell"),
        Finding("five", "fail", "too little"),
    ]
    assert findings_text(findings, BAD_DAY).splitlines() == [
        "FAIL           three: too much at 02 Mar 12:01:30 UTC",
        "               why it matters: it hurts",
        "FAIL           five: too little",
        "NOT JUDGED     four: hard to tell",
        "PASS           two: all well",
        "NOT APPLICABLE one: nothing to see",
    ]
    assert (
        findings_text([], BAD_DAY, "no fault was applied")
        == "nothing was tested: no fault was applied"
    )


def test_faults_are_counted_by_effect():
    profile = profile_of(window(overloaded(), name="one"), window(overloaded(), name="two"))
    assert "faults planned: 120 (applied 60, masked 60)" in timeline(profile=profile)
