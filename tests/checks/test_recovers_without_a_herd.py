"""`recovers_without_a_herd` limits the burst of requests after a recovery."""

from __future__ import annotations

import asyncio
import random

import pytest
from support.apps.bots import ask
from support.apps.defended import APOLOGY, ERRORS, Defended, DefendedAsync, agent, ask_async_once
from support.judging import NUMBERED, Judge
from support.small_profiles import BAD_TIME, MINUTE, profile_of, window

from chaos_llm.checks import recovers_without_a_herd
from chaos_llm.errors import UsageError
from chaos_llm.faults import hang

found = Judge(
    recovers_without_a_herd(),
    BAD_TIME,
    {"every": "1m", "users": 2, "prompts": NUMBERED, "warmup": "10m", "recovery": "20m"},
)


class Queue:
    """What could not be answered is asked again in the background, all at once or bit by bit."""

    def __init__(self, every, spread=0.0):
        self.every, self.spread, self.left, self.worker = every, spread, [], None

    async def answer(self, question):
        self.worker = self.worker or asyncio.create_task(self.work())
        try:
            return await ask_async_once(question)
        except ERRORS:
            self.left.append(question)
            return APOLOGY

    async def work(self):
        while True:
            await asyncio.sleep(self.every)
            for question in tuple(self.left):
                try:
                    await ask_async_once(question)
                except ERRORS:
                    break
                self.left.remove(question)
                await asyncio.sleep(self.spread and random.uniform(1, 2) * self.spread)


def test_a_queue_that_is_released_at_once_fails():
    finding = found(Queue(every=30).answer)
    assert finding.verdict == "fail"
    assert finding.seen.startswith("anthropic got 4")
    assert ", 2.0 in a healthy one" in finding.seen
    assert 19 * MINUTE < finding.at < 25 * MINUTE


def test_a_queue_that_is_released_bit_by_bit_passes():
    finding = found(Queue(every=30, spread=20).answer)
    assert finding.verdict == "pass"
    assert finding.seen.startswith("the largest rate after a recovery: ")


def test_more_can_be_permitted():
    check = recovers_without_a_herd(times=40)
    assert found(Queue(every=30).answer, check=check).verdict == "pass"


@pytest.mark.parametrize("users", [1, 20])
def test_a_breaker_passes(users):
    assert found(DefendedAsync().answer, users=users).verdict == "pass"
    assert found(Defended(), users=1, every="10s").verdict == "pass"


def test_an_sdk_with_its_defaults_passes():
    assert found(ask, users=1, every="10s").verdict == "pass"


def test_an_agent_makes_as_many_requests_as_ever():
    app = lambda question: agent(question, steps=12)  # noqa: E731
    assert found(app, users=1, every="30s").verdict == "pass"


def test_a_few_waiting_users_are_no_herd():
    async def patient(question):
        while True:
            try:
                return await ask_async_once(question)
            except ERRORS:
                await asyncio.sleep(5)

    assert (
        found(patient, profile_of(window(hang(seconds=5), ends=20 * MINUTE)), users=5).verdict
        == "pass"
    )


def test_many_users_that_return_in_step_are_a_herd():
    async def patient(question):
        while True:
            try:
                return await ask_async_once(question)
            except ERRORS:
                await asyncio.sleep(5)

    finding = found(patient, users=40, every="30m", warmup="1h")
    assert finding.verdict == "fail"


def test_retries_of_the_next_failure_are_no_herd():
    async def stubborn(question):
        for _ in range(30):
            try:
                return await ask_async_once(question)
            except ERRORS:
                await asyncio.sleep(1)
        return APOLOGY

    again = window(begins=23 * MINUTE, ends=30 * MINUTE)
    twice = profile_of(window(ends=20 * MINUTE), again)
    assert found(stubborn, twice, users=1).verdict == "pass"


def test_it_is_not_applicable_without_a_recovery():
    finding = found(DefendedAsync().answer, until="10m", recovery=0)
    assert finding.verdict == "not applicable"
    assert finding.seen == "no provider recovered while calls were made"


def test_without_a_warm_up_it_cannot_be_judged():
    finding = found(ask, users=1, warmup=0)
    assert finding.verdict == "not judged"
    assert finding.seen == "no healthy call shows the normal rate; see warmup="


@pytest.mark.parametrize("times", [0.5, True])
def test_wrong_arguments_are_refused_when_the_check_is_made(times):
    with pytest.raises(UsageError, match="times= is a multiple of the healthy rate"):
        recovers_without_a_herd(times=times)
    with pytest.raises(UsageError, match="'soon' is not a duration"):
        recovers_without_a_herd(within="soon")
