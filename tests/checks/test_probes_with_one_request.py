"""`probes_with_one_request` fails where many calls probe a provider at once."""

from __future__ import annotations

import time

import pytest
from support.apps.bots import ask_once
from support.apps.defended import (
    APOLOGY,
    ERRORS,
    Defended,
    DefendedAsync,
    ask_async_once,
    ask_gpt_async,
)
from support.judging import NUMBERED, Judge
from support.small_profiles import MINUTE, profile_of, window

from chaos_llm.checks import probes_with_one_request
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.faults import hang, overloaded

HANGING = profile_of(window(hang(seconds=15), ends=10 * MINUTE))


found = Judge(
    probes_with_one_request("anthropic"),
    HANGING,
    {"every": "1m", "users": 15, "prompts": NUMBERED, "warmup": "3m", "recovery": "1m"},
)


class OneProbe:
    """A breaker whose half-open state lets one call through, or so many."""

    def __init__(self, probes=1, retries=0):
        self.probes, self.retries = probes, retries
        self.failures, self.opened, self.probing = 0, 0.0, 0

    async def answer(self, question):
        half_open = self.failures >= 3
        waits = time.monotonic() - self.opened < 60
        if half_open and (waits or self.probing >= self.probes):
            return await ask_gpt_async(question)
        self.probing += half_open
        try:
            answer = await ask_async_once(question, retries=self.retries)
        except ERRORS:
            self.failures, self.opened = self.failures + 1, time.monotonic()
            return await ask_gpt_async(question)
        finally:
            self.probing -= half_open
        self.failures = 0
        return answer


def test_a_breaker_that_lets_one_call_through_passes():
    finding = found(OneProbe().answer)
    assert finding.verdict == "pass"
    assert finding.seen.startswith("anthropic was probed ")
    assert finding.seen.endswith(" times while it was down, by one call")


def test_the_sdks_retries_are_part_of_the_probe():
    assert found(OneProbe(retries=1).answer).verdict == "pass"


def test_a_breaker_that_lets_all_calls_through_fails():
    finding = found(DefendedAsync().answer)
    assert finding.verdict == "fail"
    assert finding.seen == "4 calls probed anthropic at the same time while it was down"
    assert finding.at is not None


def test_a_few_at_once_can_be_allowed():
    assert found(OneProbe(probes=3).answer).verdict == "fail"
    check = probes_with_one_request("anthropic", at_most=3)
    assert found(OneProbe(probes=3).answer, check=check).verdict == "pass"


def test_requests_in_flight_when_the_breaker_opened_are_no_probes():
    slow = profile_of(window(hang(seconds=4), ends=10 * MINUTE))
    assert found(OneProbe(retries=2).answer, slow, every="20s").verdict == "pass"


def test_an_app_without_a_breaker_does_not_probe():
    finding = found(DefendedAsync(breaker=None).answer)
    assert finding.verdict == "not applicable"
    assert finding.seen == ("no call probed anthropic while it was down")


def test_one_user_cannot_be_judged():
    finding = found(Defended(), users=1, every="30s")
    assert finding.verdict == "not judged"
    assert "use more users=" in finding.seen


def test_refusals_that_come_at_once_leave_no_room_for_others():
    quick = profile_of(window(overloaded(), ends=10 * MINUTE))
    assert found(DefendedAsync().answer, quick).verdict == "not judged"


def test_requests_after_the_recovery_are_no_probes():
    short = profile_of(window(hang(seconds=15), ends=MINUTE))
    assert found(DefendedAsync().answer, short).verdict == "not applicable"


def test_it_is_not_applicable_to_a_provider_that_is_up():
    def app(question):
        return ask_once(question) if len(question) < 99 else APOLOGY

    finding = found(app, profile_of(), users=1)
    assert finding.verdict == "not applicable"


def test_wrong_arguments_are_refused_when_the_check_is_made():
    with pytest.raises(UnknownName, match="nearest first: 'anthropic'"):
        probes_with_one_request("antropic")
    with pytest.raises(UsageError, match="at_most= is a whole number"):
        probes_with_one_request("anthropic", at_most=0)
