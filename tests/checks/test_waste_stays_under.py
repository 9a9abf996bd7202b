"""`waste_stays_under` limits the share of tokens billed for answers that no call returned."""

from __future__ import annotations

import pytest
from support.apps.bots import ask_once
from support.apps.defended import APOLOGY, ERRORS, Defended
from support.apps.failover import FallsOver, found, stream_claude

from chaos_llm.checks import waste_stays_under
from chaos_llm.errors import UsageError
from chaos_llm.faults import cut_stream, error_mid_stream, latency, overloaded


def impatient(question):
    return ask_once(question, timeout=5)


def asks_twice(question):
    """Takes the first answer for a failure, and asks the same again."""
    ask_once(question)
    return ask_once(question)


def share(finding):
    return float(finding.seen.partition(" %")[0])


@pytest.mark.parametrize("fault", [cut_stream(), error_mid_stream()], ids=repr)
def test_half_of_each_broken_stream_is_wasted(fault):
    finding = found(waste_stays_under(0.05), FallsOver(streamed=True), fault)
    assert finding.verdict == "fail"
    # the second model thinks before it answers, and that is billed, too
    assert 7 < share(finding) < 20


def test_an_answer_that_came_too_late_is_billed_as_a_whole():
    finding = found(waste_stays_under(0.2), impatient, latency(seconds=30))
    assert finding.verdict == "fail"
    assert share(finding) == pytest.approx(50, abs=1)
    assert finding.at == 0.0


def test_an_answer_that_is_requested_again_is_wasted():
    finding = found(waste_stays_under(0.2), asks_twice, latency(seconds=1))
    assert share(finding) == pytest.approx(50, abs=1)


def test_tokens_of_a_call_that_ends_in_an_apology_are_wasted():
    def two_steps(question):
        try:
            return ask_once(question) and next(stream_claude(question))
        except (*ERRORS, StopIteration):
            return APOLOGY

    assert share(found(waste_stays_under(0.2), two_steps, error_mid_stream(after=0))) > 30


@pytest.mark.parametrize("app", [ask_once, Defended()])
def test_refusals_are_not_billed(app):
    finding = found(waste_stays_under(0.01), app, overloaded())
    assert finding.verdict == "pass"
    assert finding.seen.startswith("0 % of ")


def test_it_is_not_applicable_where_nothing_was_billed():
    finding = found(waste_stays_under(0.5), ask_once, overloaded(), warmup="0s", recovery="0s")
    assert finding.verdict == "not applicable"


def test_a_share_is_between_0_and_1():
    with pytest.raises(UsageError, match="0 to 1"):
        waste_stays_under(20)
