"""A provider that was left alone is asked again by one call, and not by all at once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from chaos_llm.analysis.run import Interval, Run
from chaos_llm.checks.check import Check, Finding, known_provider, whole_number
from chaos_llm.journal.journal import Exchange

_SOON = 1e-6  # seconds; the call that probes began when its request did
_CHANCE = 0.05  # a row of calls that go elsewhere is no accident where it is rarer than that


class Probe(NamedTuple):
    """The first request to a provider after it was left alone.

    `beside` is how many other calls asked it before this one's had failed for good, `chances` how
    many calls were made meanwhile.
    """

    first: Exchange
    beside: int
    chances: int


@dataclass(frozen=True, repr=False)
class ProbesWithOneRequest(Check):
    """A provider that is down and was left alone is asked again by `at_most` one call at a time.

    Left alone it was where calls went elsewhere meanwhile. A probe lasts from its first request
    until its call has failed on the provider for good, so an SDK's retries of it are part of it.
    Not judged where no other call came while one was under way.
    """

    why: ClassVar[str] = (
        "a half-open breaker that lets everybody through hits a provider that is barely up with "
        "all users at once, and all of them wait for it"
    )
    provider: str
    at_most: int = 1

    def __post_init__(self) -> None:
        known_provider(self.provider)
        whole_number("at_most", self.at_most)

    def __call__(self, run: Run) -> Finding:
        intervals = run.times_down(self.provider)
        probes = [probe for interval in intervals for probe in self._probes(run, interval)]
        if not probes:
            seen = f"{self.provider} was not left alone and then asked again while it was down"
            return self.not_applicable(seen)
        worst = max(probes, key=lambda probe: probe.beside)
        count = worst.beside + 1
        if count > self.at_most:
            seen = f"{count} calls probed {self.provider} at once after it had been left alone"
            return self.failed(seen, worst.first.at)
        if not any(probe.chances for probe in probes):
            return self.not_judged(
                f"no other call came while {self.provider} was being probed; more users= would tell"
            )
        times = "once" if len(probes) == 1 else f"{len(probes)} times"
        each = "one call" if count == 1 else f"{count} calls at most"
        return self.passed(f"{self.provider} was probed {times}, by {each} each time")

    def _probes(self, run: Run, interval: Interval) -> Iterator[Probe]:
        asks = self._asks(run, interval)
        began = sorted(call.began for call in run.calls if call.outcome != "missed")
        passing_by, elsewhere = self._passing_by(run), run.evidence.probability_unused(self.provider)
        asked, under_way_until = [first.at for first, _ in asks], interval.begins
        for index, (first, ends) in enumerate(asks):
            passed_by = _between(passing_by, under_way_until, first.at)
            if passed_by and first.failed and elsewhere**passed_by <= _CHANCE:
                beside = max(0, bisect_left(asked, ends) - index - 1)
                chances = _between(began, first.at + _SOON, ends)
                yield Probe(first, beside, max(chances, beside))
            under_way_until = max(under_way_until, ends)

    def _asks(self, run: Run, interval: Interval) -> list[tuple[Exchange, float]]:
        """The first request of each call to the provider, and when its last one had ended."""
        firsts: dict[int, Exchange] = {}
        ends: dict[int, float] = {}
        for made in run.to(self.provider):
            if made.call >= 0:
                firsts.setdefault(made.call, made)
                ends[made.call] = max(made.until, ends.get(made.call, made.until))
        return [(made, ends[call]) for call, made in firsts.items() if made.at in interval]

    def _passing_by(self, run: Run) -> list[float]:
        """When calls began that went elsewhere."""
        calls = (call for call in run.calls if run.shows_routing(call))
        return sorted(call.began for call in calls if not run.of(call, self.provider))


def _between(times: list[float], since: float, until: float) -> int:
    return max(0, bisect_left(times, until) - bisect_left(times, since))
