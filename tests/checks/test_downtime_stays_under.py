"""`downtime_stays_under` limits the longest time in which no call was answered."""

from __future__ import annotations

from support.apps.bots import ask_once
from support.apps.defended import Defended
from support.apps.failover import found

from chaos_llm.checks import downtime_stays_under
from chaos_llm.faults import latency, overloaded


def test_a_long_downtime_fails_with_the_time_it_began():
    finding = found(downtime_stays_under("5m"), ask_once, overloaded())
    assert finding.verdict == "fail"
    assert finding.seen == "no call was answered for 20 min"
    assert finding.at == 0.0


def test_a_longer_limit_passes():
    assert found(downtime_stays_under("25m"), ask_once, overloaded()).verdict == "pass"


def test_a_fallback_leaves_no_gap():
    finding = found(downtime_stays_under("5s"), Defended(), overloaded())
    assert finding.verdict == "pass"
    assert finding.seen == "the longest time without an answer was 0 s"


def test_a_gap_that_does_not_end_counts_to_the_end():
    finding = found(downtime_stays_under("15m"), ask_once, overloaded(), until="20m", recovery="0s")
    assert finding.verdict == "fail"


def test_slow_answers_are_answers():
    assert found(downtime_stays_under("1m"), ask_once, latency(seconds=3)).verdict == "pass"


def test_calls_that_could_not_be_judged_are_no_downtime():
    def judge(value, prompt):
        return "unjudged" if "7" in prompt else True

    some = found(downtime_stays_under("2m"), Defended(), overloaded(), outcome=judge)
    assert some.verdict == "pass"
    none = found(
        downtime_stays_under("2m"), Defended(), overloaded(), outcome=lambda *_: "unjudged"
    )
    assert none.verdict == "not judged"
    assert none.seen == "no call could be judged; see outcome="
