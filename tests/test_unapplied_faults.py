"""An injected fault that was never applied is said aloud when the outage ends."""

from __future__ import annotations

import warnings
from contextlib import suppress

import anthropic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.apps.bots import ask_once

from chaos_llm import ChaosWarning, CheckFailed, outage
from chaos_llm.checks import Finding
from chaos_llm.faults import cut_stream, latency, overloaded


def ask_once_with(*faults, **where) -> None:
    """Two requests to Claude; the faults are injected before them."""
    with outage() as chaos:
        chaos.on(where.pop("provider", "anthropic"), **where).inject(*faults)
        for _ in range(2):
            with suppress(anthropic.APIStatusError):
                ask_once()


def test_c18_a_fault_that_no_reply_can_have_is_warned_about():
    with pytest.warns(ChaosWarning) as warned:
        ask_once_with(cut_stream())
    assert str(warned[0].message) == (
        "cut_stream() was injected into anthropic and never applied: it was planned for 2 "
        "requests, but their replies cannot have it (unsupported)"
    )
    assert warned[0].filename == __file__


def test_c18_where_no_request_came_it_says_where_requests_went():
    with pytest.warns(ChaosWarning, match="no request came there; anthropic got some$"):
        ask_once_with(overloaded(), provider="openai")


def test_c18_where_another_model_was_asked_it_names_the_model():
    says = "anthropic, model claude-opus.* never applied: none of the 2 requests"
    with pytest.warns(ChaosWarning, match=says):
        ask_once_with(overloaded(), model="claude-opus*")


def test_c18_a_fault_behind_another_one_is_named():
    with pytest.warns(ChaosWarning, match=r"^latency.*another fault came before it \(masked\)"):
        ask_once_with(overloaded(), latency("5s"))


def test_a_fault_that_was_applied_once_is_none():
    with warnings.catch_warnings(), outage() as chaos:
        warnings.simplefilter("error")
        chaos.on("anthropic").inject(overloaded(), times=5)
        with pytest.raises(Exception, match="529"):
            ask_once()


def test_a_failing_test_is_told_in_a_note():
    with pytest.raises(AssertionError) as failed, outage() as chaos:
        chaos.on("anthropic").inject(cut_stream())
        ask_once()
        raise AssertionError
    assert "cut_stream() was injected into anthropic and never applied" in failed.value.__notes__[0]


@given(st.just(overloaded()))
def test_in_an_example_of_hypothesis_it_is_normal(fault):
    with warnings.catch_warnings(), outage() as chaos:
        warnings.simplefilter("error")
        chaos.on("anthropic").inject(fault)


def test_a_check_that_fails_outside_of_the_fixture_shows_its_timeline():
    def never(run):
        return Finding("never", "fail", "always")

    with pytest.raises(CheckFailed) as failed, outage() as chaos:
        chaos.on("anthropic").inject(overloaded(), times=1)
        chaos.replay(ask_once, calls=5).check(never)
    assert "users got" in failed.value.__notes__[-1]
