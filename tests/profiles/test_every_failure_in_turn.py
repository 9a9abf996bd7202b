"""The exercise: each kind of failure in turn, on a provider of one's choice."""

from __future__ import annotations

import anthropic
import pytest
from support.apps.bots import ask_once
from support.apps.defended import ask_gpt
from support.apps.failover import FallsOver

from chaos_llm import outage
from chaos_llm.analysis.failovers import FAILURE_KINDS, failure_kind
from chaos_llm.checks import falls_back
from chaos_llm.demo.naive_bot import NaiveBot
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.reports.report import CheckFailed

ONE, TWO = "every-failure-in-turn", "every-failure-in-turn-two-providers"


def kinds(report):
    return {failure_kind(exchange) for exchange in report.run.api} - {""}


@pytest.mark.parametrize("streamed", [False, True])
def test_c14_every_kind_of_failure_occurs_within_an_hour(streamed):
    with outage(ONE, seed=1) as chaos:
        report = chaos.replay(FallsOver(streamed=streamed), every="20s", recovery="5m")
    missing = set(FAILURE_KINDS) - kinds(report)
    assert missing <= ({"an error in a 200"} if streamed else {"a stream that broke off"})


def test_c14_a_fallback_for_server_errors_only_fails():
    def app(question):
        try:
            return ask_once(question)
        except anthropic.InternalServerError:
            return ask_gpt(question)

    with outage(ONE, seed=1) as chaos:
        report = chaos.replay(app, every="30s")
    finding = falls_back()(report.run)
    assert finding.verdict == "fail"
    assert finding.seen.endswith("one was tried after a server error")


def test_the_naive_bot_fails_the_default_checks():
    with outage(ONE, seed=1) as chaos, pytest.raises(CheckFailed):
        chaos.replay(NaiveBot().answer, every="30s").check()


def test_it_is_played_on_the_provider_that_is_chosen():
    with outage(ONE, seed=1, provider="openai") as chaos:
        report = chaos.replay(ask_gpt, every="1m")
    assert {e.provider for e in report.run.api if e.applied} == {"openai"}
    assert "a server error" in kinds(report)


def test_both_of_two_providers_fail_and_never_at_once():
    with outage(TWO, seed=1, provider="openai,anthropic") as chaos:
        report = chaos.replay(FallsOver(), every="30s")
    hit = [(e.at, e.provider) for e in report.run.api if e.applied]
    assert {provider for at, provider in hit if at < 1800} <= {"openai"}
    assert {provider for at, provider in hit if at >= 1800} == {"anthropic"}


def test_more_providers_than_the_profile_hits_are_refused():
    with pytest.raises(UsageError, match="hits one provider, anthropic; got openai, gemini"):
        outage(ONE, provider="openai,gemini")
    with pytest.raises(UnknownName):
        outage(ONE, provider="nobody")


def test_the_option_chooses_the_provider(pytester):
    pytester.makepyfile(
        f"""
        import pytest
        from support.apps.defended import ask_gpt

        @pytest.mark.chaos("{ONE}")
        def test_it(chaos):
            report = chaos.replay(ask_gpt, calls=30)
            assert {{e.provider for e in report.run.api if e.applied}} == {{"openai"}}
        """
    )
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytester.runpytest_inprocess("--chaos-provider", "openai").assert_outcomes(passed=1)
