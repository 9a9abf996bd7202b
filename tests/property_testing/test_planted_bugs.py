"""A search finds each of eight planted bugs, and the shortest outage that shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, settings
from support.apps import planted_bugs as apps

from chaos_llm import Report, outage
from chaos_llm.checks import retries_stay_under
from chaos_llm.faults import auth_expired, cut_stream, rate_limited, server_error, wrong_refusal
from chaos_llm.faults.fault import Fault
from chaos_llm.profiles.model import Profile, Share, Target, WeightedFault, Window
from chaos_llm.property_testing.strategies import outages

ENOUGH = 200  # examples
SEARCH = settings(
    max_examples=ENOUGH,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
BLAMED = {400, 401, 403, 404}  # what says nothing about other questions


def refuses_unasked(report: Report) -> bool:
    """Nothing failed but what a client is blamed for, and others were turned away for it."""
    statuses = {e.status for e in report.run.api if e.failed}
    turned_away = (c for c in report.run.calls if c.error and not report.run.evidence.of(c))
    return bool(statuses) and statuses <= BLAMED and any(turned_away)


def forgets(report: Report) -> bool:
    """A call is not answered although an earlier one with the same question was."""
    answered: set[str] = set()
    for call in report.run.calls:
        if call.error and call.prompt in answered:
            return True
        if call.answered:
            answered.add(call.prompt)
    return False


def loses_an_answer(report: Report) -> bool:
    return report.failed > 0


def hammers(report: Report) -> bool:
    return retries_stay_under(3)(report.run).verdict == "fail"


def stampedes(report: Report) -> bool:
    """After a minute of silence several requests at once, and all of them fail."""
    at_once = Counter(e.at for e in report.run.api if e.failed)
    times = sorted(at_once)
    failed_before = {
        later
        for earlier, later in pairwise(times)
        if later - earlier >= 60
        and at_once[earlier] >= 3
        and not any(e.ok and earlier <= e.at <= later for e in report.run.api)
    }
    return any(at_once[time] > 1 for time in failed_before)


def logs_in_again_and_again(report: Report) -> bool:
    logins = Counter(e.call for e in report.run.exchanges if e.surface == "login")
    return max(logins.values(), default=0) > 2


def shows_half(report: Report) -> bool:
    return report.truncated > 0


def keeps_users_waiting(report: Report) -> bool:
    return max(call.seconds for call in report.run.calls) > 30


@dataclass(frozen=True)
class Planted:
    """An app, what is wrong with it, and the shortest outage in which that shows."""

    app: Callable[[], Any]
    shows: Callable[[Report], bool]
    fault: Fault
    lasts: float
    longest: str = "12h"
    replay: dict[str, Any] = field(default_factory=dict)

    def search(self, seed: int) -> tuple[Profile, int]:
        """The shortest outage that a search finds, and how many examples it took to find one."""
        tried, first = 0, 0

        def breaks(profile: Profile) -> bool:
            nonlocal tried, first
            tried += 1
            with outage(profile) as chaos:
                shows = self.shows(chaos.replay(self.app().answer, calls=20, **self.replay))
            first = first or (tried if shows else 0)
            return shows

        drawn = outages(providers=["anthropic"], longest=self.longest)
        return find(drawn, breaks, settings=SEARCH, random=Random(seed)), first

    @property
    def shortest(self) -> tuple[Window, ...]:
        return (
            Window(
                "window 1",
                (0.0, 0.0),
                (self.lasts, self.lasts),
                (Target("anthropic"),),
                Share.constant(1.0),
                (WeightedFault(1.0, self.fault),),
            ),
        )


PLANTED = {
    "a breaker that counts 4xx": Planted(
        apps.BreakerCountsRefusals, refuses_unasked, wrong_refusal(), 1.0
    ),
    "a cache without stale serving": Planted(
        apps.CacheWithoutStale, forgets, server_error(), 1.0,
        replay={"prompts": "Where is order KX-48213?"},
    ),
    "a fallback in the same outage domain": Planted(
        apps.FallbackInTheSameDomain, loses_an_answer, server_error(), 1.0
    ),
    "retries without a cap": Planted(
        apps.RetriesWithoutCap, hammers, server_error(), 10.0, longest="10m"
    ),
    "a stampede on a half-open breaker": Planted(
        apps.HalfOpenStampede, stampedes, server_error(), 600.0
    ),
    "a login loop": Planted(
        apps.LoginLoop, logs_in_again_and_again, auth_expired(), 10.0
    ),
    "a stream accepted without its end": Planted(
        apps.StreamWithoutEnd, shows_half, cut_stream(by="end"), 1.0
    ),
    "a retry-after over the deadline": Planted(
        apps.WaitsAsToldTo, keeps_users_waiting, rate_limited(retry_after=60), 1.0
    ),
}  # fmt: skip


@pytest.mark.exhaustive(sample=1)
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", PLANTED)
def test_the_shortest_outage_that_shows_the_bug_is_found(name, seed):
    planted = PLANTED[name]
    found, examples = planted.search(seed)
    assert found.windows == planted.shortest
    assert 0 < examples <= ENOUGH


@pytest.mark.parametrize("name", PLANTED)
def test_the_bug_does_not_show_with_healthy_providers(name):
    planted = PLANTED[name]
    with outage() as chaos:
        report = chaos.replay(planted.app().answer, calls=20, **planted.replay)
    assert report.answered == 1
    assert not planted.shows(report)
