"""Does anything go on after the app has given up?"""

from __future__ import annotations

import asyncio
import re

import anthropic
import anyio
import pytest
from support.apps.bots import MODEL, ask_once
from support.apps.defended import APOLOGY, claude_async
from support.small_profiles import MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.checks import respects_cancellation
from chaos_llm.faults import hang, overloaded


async def ask(question):
    message = await claude_async(0).messages.create(
        model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}]
    )
    return message.content[0].text


async def swallows(question):
    """Ask again whatever happens, a cancellation included."""
    for _ in range(2):
        try:
            return await ask(question)
        except BaseException:
            continue
    return APOLOGY


async def retries(question):
    for _ in range(2):
        try:
            return await ask(question)
        except anthropic.APIError:
            continue
    return APOLOGY


async def by_timeout(work, question):
    async with asyncio.timeout(20):
        return await work(question)


async def by_wait_for(work, question):
    return await asyncio.wait_for(work(question), 20)


async def by_fail_after(work, question):
    with anyio.fail_after(20):
        return await work(question)


def found(work, deadline, fault=None):
    async def app(question):
        try:
            return await deadline(work, question)
        except TimeoutError:
            return APOLOGY

    with outage(profile_of(window(fault or hang(), ends=20 * MINUTE)), seed=3) as chaos:
        return respects_cancellation()(chaos.replay(app, every="5m").run)


DEADLINES = [by_timeout, by_wait_for, by_fail_after]


@pytest.mark.parametrize("deadline", DEADLINES)
def test_c13_a_request_that_begins_after_the_apps_own_deadline_fails(deadline):
    finding = found(swallows, deadline)
    assert finding.verdict == "fail"
    assert re.fullmatch(
        r"(\d) requests in \1 calls began after the app had cancelled them, first in call 2 to "
        "anthropic, 20 s after it began",
        finding.seen,
    )


@pytest.mark.parametrize("deadline", DEADLINES)
def test_c13_an_app_that_stops_at_its_deadline_passes(deadline):
    finding = found(retries, deadline)
    assert finding.verdict == "pass"


@pytest.mark.parametrize("deadline", DEADLINES)
def test_it_is_not_applicable_if_nothing_was_cancelled(deadline):
    assert found(retries, deadline, overloaded()).verdict == "not applicable"


def test_it_is_not_applicable_to_a_sync_app():
    with outage(profile_of(window(overloaded(), ends=20 * MINUTE)), seed=3) as chaos:
        report = chaos.replay(ask_once, every="5m")
    assert respects_cancellation()(report.run).verdict == "not applicable"
