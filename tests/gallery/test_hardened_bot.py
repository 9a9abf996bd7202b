"""False alarms count as much as misses: a bot with all its defences fails no check on any day.

What no app could see is exposure, and no failure.
"""

from __future__ import annotations

import pybreaker
import pytest

from chaos_llm import load, outage, profiles
from chaos_llm.demo.hardened_bot import HardenedBot

CALLS = 120  # a day in well under a second


class GptFirst(HardenedBot):
    """The same bot with its vendors changed over, for the days that are OpenAI's."""

    def __init__(self) -> None:
        super().__init__()
        second, first = self._ask_claude, self._ask_gpt
        breaker = pybreaker.CircuitBreaker(fail_max=3, reset_timeout=60)
        self._ask_claude = lambda question: breaker.call(first, question)
        self._ask_gpt = second


def hits(name, provider):
    """Whether anything on that day is meant for a provider."""
    targets = (target for window in load(name).windows for target in window.on)
    return any(target.provider in (provider, "*") for target in targets)


def days():
    """Each profile with the bot, and OpenAI's with the one that is OpenAI's."""
    for name in profiles.names():
        yield pytest.param(name, HardenedBot, id=name)
        if hits(name, "openai"):
            yield pytest.param(name, GptFirst, id=f"{name}, GPT first")


def played(name, make):
    with outage(name, seed=3) as chaos:
        return chaos.replay(make().answer, calls=CALLS)


@pytest.mark.exhaustive(sample=12)
@pytest.mark.parametrize(("name", "make"), list(days()))
def test_the_hardened_bot_fails_no_check(name, make):
    played(name, make).check(allow_no_faults=True)


@pytest.mark.parametrize(
    ("name", "make"),
    [("anthropic-529-storm", HardenedBot), ("openai-2025-06-10-gpu-network", GptFirst)],
)
def test_these_profiles_apply_faults_to_it(name, make):
    assert played(name, make).run.applied > 5
