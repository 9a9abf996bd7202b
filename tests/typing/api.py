"""The public names as a user's code has them: type-checked, never run."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import assert_type

import pytest

import chaos_llm
from chaos_llm import ChaosWarning, CheckFailed, Outage, Report, load, outage
from chaos_llm.checks import (
    Check,
    Finding,
    never_caches_the_outage,
    retries_stay_under,
    returns_to,
    stops_calling,
)
from chaos_llm.faults import FAULTS, Fault, hang, overloaded, rate_limited
from chaos_llm.profiles import names, with_tag
from chaos_llm.profiles.model import Profile
from chaos_llm.reports.grades import Grade
from chaos_llm.server.launch.server_handle import ServedOutage


def answer(prompt: str) -> str:
    return prompt


async def answer_later(prompt: str) -> str:
    return prompt


@pytest.mark.chaos("anthropic-2026-03-02-three-waves", at="wave 1: logins fail")
def in_a_test(chaos: Outage) -> None:
    report = chaos.replay(answer, every="30s", until="21:16", users=3)
    assert_type(report, Report)
    assert_type(report.calls, int)
    assert_type(report.answered, float)
    assert_type(report.longest_downtime, float)
    assert_type(report.requests("anthropic"), int)
    assert_type(report.grade, Grade)
    assert_type(report.grades, Counter[Grade])
    assert_type(report.grade_of(report.run.calls[0]), Grade)
    assert_type(report.json(calls=True), str)
    assert_type(report.html(), str)
    findings = report.check(
        stops_calling("anthropic", within_calls=8),
        retries_stay_under(3),
        returns_to("anthropic", within="10m"),
        never_caches_the_outage(),
    )
    assert_type(findings, list[Finding])
    report.check(allow_no_faults=True)


async def in_an_async_test(chaos: Outage) -> None:
    report = await chaos.replay(answer_later, calls=40, warmup=timedelta(minutes=10), recovery=0)
    assert_type(report, Report)


def by_hand(chaos: Outage) -> None:
    anthropic = chaos.on("anthropic", surface="login", model="claude-*")
    anthropic.inject(rate_limited(retry_after=7), times=2)
    anthropic.inject(overloaded())
    anthropic.heal()
    assert_type(chaos.journal.gaps("anthropic"), list[float])
    assert_type(chaos.now, float)
    assert_type(chaos.timeline(width=80), str)
    assert_type(chaos.side_effect("mail", "to whom"), None)
    assert_type(chaos.side_effect(what_may_be_caught)(), None)


def without_pytest() -> None:
    with outage("anthropic-529-storm", seed=7) as chaos:
        assert_type(chaos, Outage)
    with chaos_llm.outage() as healthy:
        assert_type(healthy.seed, int)
    assert_type(load("anthropic-529-storm"), Profile)
    assert_type(names(), tuple[str, ...])
    assert_type(with_tag("5xx"), tuple[str, ...])


def what_may_be_caught() -> None:
    assert issubclass(CheckFailed, AssertionError)
    assert issubclass(ChaosWarning, UserWarning)


def catalogues(name: str) -> tuple[type[Fault], Fault, Check]:
    return FAULTS[name], hang(), retries_stay_under(3)


def with_a_server(chaos_server: ServedOutage) -> None:
    chaos_server.on("anthropic").inject(overloaded(), times=2).answers(["One.", "Two."])
    assert_type(chaos_server.advance("10m"), float)
    assert_type(chaos_server.url, str)
    assert_type(chaos_server.env, dict[str, str])
    assert_type(chaos_server.run("other").journal[0].status, int)
