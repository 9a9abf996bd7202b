"""`side_effects_happen_once` fails where a call repeats a side effect."""

from __future__ import annotations

import asyncio

import anthropic
import pytest
from support.apps.bots import MODEL, ask_once, claude
from support.apps.defended import ERRORS
from support.apps.failover import at_intervals, talk
from support.small_profiles import MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.checks import side_effects_happen_once
from chaos_llm.errors import UsageError
from chaos_llm.faults import overloaded

DAY = profile_of(window(overloaded(), ends=20 * MINUTE, share=0.5))
CHARGE = {
    "name": "charge",
    "description": "Charge a card.",
    "input_schema": {
        "type": "object",
        "properties": {"cents": {"type": "integer"}},
        "required": ["cents"],
    },
}


def found(make, **options):
    with outage(DAY, seed=3) as chaos:
        report = chaos.replay(make(chaos), **at_intervals(options))
        return side_effects_happen_once()(report.run)


def shop(chaos, *, again):
    """An agent that calls a tool and then answers; a failure may restart the whole run."""

    @chaos.side_effect
    def charge(**order):
        return "charged"

    def run(question, memory):
        text = claude(max_retries=0).messages.create(
            model=MODEL, max_tokens=300, messages=talk(question), tools=[CHARGE],
            tool_choice={"type": "tool", "name": "charge"},
        )  # fmt: skip
        (use,) = [block for block in text.content if block.type == "tool_use"]
        if "charged" not in memory:
            charge(**use.input)
            memory.add("charged")
        return ask_once(question)

    def app(question):
        memory = set()
        for _ in range(3):
            try:
                return run(question, memory if again == "step" else set())
            except anthropic.APIError:
                continue
        return "We cannot answer just now."

    return app


def test_a_run_that_restarts_from_the_beginning_charges_twice():
    finding = found(lambda chaos: shop(chaos, again="run"))
    assert finding.verdict == "fail"
    assert "charge 2 times, " in finding.seen or "charge 3 times, " in finding.seen
    assert finding.at >= 0.0


def test_an_agent_that_remembers_its_effects_passes():
    finding = found(lambda chaos: shop(chaos, again="step"))
    assert finding.verdict == "pass"
    assert finding.seen.startswith("no call repeated ")


def by_name(chaos, times):
    def app(question):
        for each in times:
            chaos.side_effect("mail", question, each)
        return ask_once(question)

    return app


def test_the_same_effect_with_the_same_arguments_fails():
    def app_of(chaos):
        def app(question):
            for _ in range(2):
                chaos.side_effect("mail", question)
                try:
                    return ask_once(question)
                except ERRORS:
                    continue
            return "sorry"

        return app

    finding = found(app_of)
    assert finding.verdict == "fail"
    assert "did mail 2 times, with the same arguments" in finding.seen


@pytest.mark.parametrize("times", [(1,), (1, 2), (1, 1)], ids=["one", "two", "always two alike"])
def test_an_effect_that_repeats_while_healthy_passes(times):
    assert found(lambda chaos: by_name(chaos, times)).verdict == "pass"


def test_one_effect_of_each_call_passes_and_async_functions_count():
    def app_of(chaos):
        @chaos.side_effect
        async def mail(to):
            await asyncio.sleep(1)

        async def app(question):
            await mail(question)
            await mail(question)
            return question

        return app

    with outage(DAY, seed=3) as chaos:
        report = chaos.replay(app_of(chaos), **at_intervals({}))
        assert {effect.name for effect in report.run.side_effects} == {"mail"}
        assert len(report.run.side_effects) == 2 * report.calls


def test_it_is_not_applicable_where_nothing_is_marked():
    finding = found(lambda chaos: ask_once)
    assert finding.verdict == "not applicable"


def test_arguments_are_compared_by_value_and_not_by_identity():
    class Card:
        pass

    def app_of(chaos):
        def app(question):
            for _ in range(2):
                chaos.side_effect("charge", Card())
                try:
                    return ask_once(question)
                except ERRORS:
                    continue
            return "sorry"

        return app

    assert "with the same arguments" in found(app_of).seen


def test_an_effect_is_a_function_or_a_name():
    with outage() as chaos, pytest.raises(UsageError, match=r"@chaos\.side_effect"):
        chaos.side_effect(7)
