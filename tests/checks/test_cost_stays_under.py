"""`cost_stays_under` compares the tokens, or the money, per call with a limit."""

from __future__ import annotations

import pytest
from support.apps.bots import MODEL, ask_once
from support.apps.defended import Defended
from support.apps.failover import found

from chaos_llm.checks import cost_stays_under
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.faults import cut_stream, overloaded

PRICES = {"anthropic": (3.0, 15.0), "openai": (30.0, 150.0)}


def greedy(question):
    """Asks three times, to choose the best answer."""
    return max([ask_once(question) for _ in range(3)], key=len)


def test_tokens_for_each_call_are_counted():
    assert found(cost_stays_under(120), ask_once, cut_stream()).verdict == "pass"
    finding = found(cost_stays_under(120), greedy, cut_stream())
    assert finding.verdict == "fail"
    assert finding.seen.endswith(" tokens were billed per call")


def test_refusals_cost_nothing():
    lost = found(cost_stays_under(1e9, per="run"), ask_once, overloaded())
    kept = found(cost_stays_under(1e9, per="run"), ask_once, cut_stream())
    lost_tokens, kept_tokens = (
        float(f.seen.partition(" ")[0].replace(",", "")) for f in (lost, kept)
    )
    assert lost_tokens < 0.6 * kept_tokens


def test_a_dearer_fallback_is_seen_in_money():
    limit = cost_stays_under(0.0035, prices=PRICES)
    assert found(limit, ask_once, overloaded()).verdict == "pass"
    assert found(limit, Defended(), overloaded()).verdict == "fail"


def test_a_models_own_price_comes_first():
    prices = {**PRICES, MODEL: (3000.0, 15000.0)}
    assert found(cost_stays_under(0.1, prices=prices), ask_once, overloaded()).verdict == "fail"


def test_a_provider_without_a_price_cannot_be_judged():
    check = cost_stays_under(1, prices={"anthropic": (3, 15)})
    finding = found(check, Defended(), overloaded())
    assert finding.verdict == "not judged"
    assert finding.seen == "prices= has no price for openai"


def test_it_is_not_applicable_where_nothing_was_billed():
    finding = found(cost_stays_under(10), ask_once, overloaded(), warmup="0s", recovery="0s")
    assert finding.verdict == "not applicable"


def test_nonsense_is_refused():
    with pytest.raises(UsageError, match="above 0"):
        cost_stays_under(0)
    with pytest.raises(UnknownName):
        cost_stays_under(1, per="day")
    with pytest.raises(UsageError, match="input, output"):
        cost_stays_under(1, prices={"anthropic": 3})
