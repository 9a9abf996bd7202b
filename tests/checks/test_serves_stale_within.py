"""`serves_stale_within` demands stale answers, up to an age."""

from __future__ import annotations

import pytest
from support.apps.bots import ask_once
from support.apps.defended import Cached
from support.apps.failover import QUESTIONS, Keeps, found, long_day
from support.small_profiles import HOUR

from chaos_llm.checks import serves_stale_within
from chaos_llm.errors import UsageError
from chaos_llm.faults import overloaded


def test_answers_within_the_age_pass():
    finding = long_day(Keeps(), serves_stale_within("12h"))
    assert finding.verdict == "pass"
    assert "got an answer from a cache; the oldest one was" in finding.seen


def test_an_answer_that_is_too_old_fails():
    finding = long_day(Keeps(), serves_stale_within("2h"))
    assert finding.verdict == "fail"
    assert finding.seen.endswith(" old")
    assert finding.at > HOUR


def test_an_app_that_keeps_its_answers_no_longer_passes():
    assert long_day(Keeps(age=2 * HOUR), serves_stale_within("2h")).verdict == "pass"


def test_answers_that_were_there_and_not_given_fail():
    prompts = [*QUESTIONS, "May I return it?", "Do you deliver abroad?"]
    finding = long_day(Keeps(only="open"), serves_stale_within("12h"), prompts)
    assert finding.verdict == "fail"
    assert (
        "got no answer although their prompt had been answered within 12 h before; " in finding.seen
    )


@pytest.mark.parametrize("app", [ask_once, Cached(ask_once, keep=300)], ids=["none", "short"])
def test_it_is_not_applicable_without_a_memory_that_is_used(app):
    def fresh(number):
        return f"question {number}"

    finding = found(serves_stale_within(), app, overloaded(), prompts=fresh)
    assert finding.verdict == "not applicable"


def test_a_cache_without_stale_serving_need_not_serve_expired_answers():
    finding = long_day(Cached(ask_once, keep=3000), serves_stale_within())
    assert finding.verdict == "pass"


def test_an_age_is_a_duration():
    with pytest.raises(UsageError):
        serves_stale_within("old")
