"""`stays_available` demands a share of answered calls."""

from __future__ import annotations

import pytest
from support.apps.bots import ask_once
from support.apps.defended import APOLOGY, Defended
from support.apps.failover import Keeps, found, long_day

from chaos_llm.checks import stays_available
from chaos_llm.errors import UsageError
from chaos_llm.faults import overloaded


def test_lost_calls_fail_and_the_first_one_is_reported():
    finding = found(stays_available(0.99), ask_once, overloaded())
    assert finding.verdict == "fail"
    assert finding.seen == "50 % of 40 calls got an answer"
    assert finding.at == 0.0


def test_a_share_that_is_reached_passes():
    assert found(stays_available(0.5), ask_once, overloaded()).verdict == "pass"
    assert found(stays_available(1), Defended(), overloaded()).verdict == "pass"


def test_an_apology_is_no_answer():
    finding = found(stays_available(0.9), Defended(lambda question: APOLOGY), overloaded())
    assert finding.verdict == "fail"


def test_stale_answers_count_if_permitted():
    assert long_day(Keeps(), stays_available(0.9)).verdict == "fail"
    assert long_day(Keeps(), stays_available(0.9, stale_counts=True)).verdict == "pass"


def test_it_is_not_judged_where_no_call_can_be():
    finding = found(stays_available(0.9), Defended(), overloaded(), outcome=lambda *_: "unjudged")
    assert finding.verdict == "not judged"


@pytest.mark.parametrize("share", [99, "most"])
def test_a_share_is_between_0_and_1(share):
    with pytest.raises(UsageError, match="0 to 1"):
        stays_available(share)
