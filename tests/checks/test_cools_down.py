"""Is a provider that failed left alone for a steady time?"""

from __future__ import annotations

import itertools
import time

import anthropic
import pytest
from support.apps.bots import ask_once
from support.apps.defended import Defended, ask_claude_or_gpt, ask_gpt
from support.small_profiles import HOUR, profile_of, window

from chaos_llm import outage
from chaos_llm.checks import cools_down
from chaos_llm.errors import UnknownName
from chaos_llm.faults import overloaded, rate_limited


class Cooldown:
    """Leave Claude alone after a failure, for the next of these times."""

    def __init__(self, *times):
        self.times, self.until = itertools.cycle(times), 0.0

    def __call__(self, question):
        if time.monotonic() >= self.until:
            try:
                return ask_once(question)
            except anthropic.APIError:
                self.until = time.monotonic() + next(self.times)
        return ask_gpt(question)


def found(app, fault=None, check=None):
    with outage(profile_of(window(fault or overloaded(), ends=HOUR)), seed=3) as chaos:
        return (check or cools_down("anthropic"))(chaos.replay(app, every="10s").run)


def test_a_cooldown_that_ends_early_now_and_then_fails():
    finding = found(Cooldown(300, 300, 20))
    assert finding.verdict == "fail"
    assert (
        finding.seen
        == "anthropic was left alone for 4 min 50 s or longer, and later for at most 20 s"
    )


def test_a_cooldown_that_is_shorter_than_the_retry_after_fails():
    finding = found(Cooldown(60), rate_limited(retry_after=600))
    assert finding.verdict == "fail"
    assert (
        finding.seen == "anthropic was called again 1 min after it had asked for a pause of 10 min"
    )


@pytest.mark.parametrize("times", [(60,), (60, 120, 240, 480, 960, 1920), (60, 50, 70)])
def test_a_cooldown_that_is_steady_or_grows_passes(times):
    assert found(Cooldown(*times)).verdict == "pass"


def test_a_breaker_passes():
    assert found(Defended()).verdict == "pass"


def test_a_cooldown_as_long_as_the_retry_after_passes():
    assert found(Cooldown(600), rate_limited(retry_after=600)).verdict == "pass"


def test_one_pause_is_too_few_to_judge():
    assert found(Cooldown(3000)).verdict == "not judged"


def test_it_is_not_applicable_to_an_app_that_leaves_nothing_alone():
    assert found(ask_claude_or_gpt).verdict == "not applicable"


def test_an_unknown_provider_is_refused():
    with pytest.raises(UnknownName):
        cools_down("nobody")


def test_a_provider_that_was_never_asked_was_not_left_alone():
    finding = found(ask_claude_or_gpt, check=cools_down("gemini"))
    assert (finding.verdict, finding.seen) == ("not applicable", "gemini was never asked")
