"""A provider that is down is probed by one call at a time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from chaos_llm.analysis.run import Interval, Run
from chaos_llm.checks._by_model import judged_by_model
from chaos_llm.checks._limits import times
from chaos_llm.checks.check import Check, Finding, known_provider, whole_number
from chaos_llm.journal.journal import Exchange

_SOON = 1e-6  # seconds; leaves out the probing call itself, which begins with its request
_CHANCE = 0.05  # calls that use other providers are no coincidence if it is less likely than this


class Probe(NamedTuple):
    """The first request to a provider after the app had stopped calling it.

    Until the probing call had failed, `parallel` other calls sent the provider requests, of the
    `chances` calls that began meanwhile.
    """

    first: Exchange
    parallel: int
    chances: int


@dataclass(frozen=True, repr=False)
class ProbesWithOneRequest(Check):
    """A provider that is down is probed by at most `at_most` calls at the same time.

    A probe is the first request to the provider after calls had used other providers instead. It
    lasts until its call has failed on the provider for the last time, so an SDK's retries are part
    of the probe. Not judged if no other call began during a probe.
    """

    why: ClassVar[str] = (
        "a half-open breaker that lets all calls through sends the requests of all users at once "
        "to a provider that has barely recovered, and all of them wait for it"
    )
    provider: str
    at_most: int = 1

    def __post_init__(self) -> None:
        known_provider(self.provider)
        whole_number("at_most", self.at_most)

    def __call__(self, run: Run) -> Finding:
        return judged_by_model(run, self.provider, self._judge)

    def _judge(self, run: Run) -> Finding:
        intervals = run.times_down(self.provider)
        probes = [probe for interval in intervals for probe in self._probes(run, interval)]
        if not probes:
            seen = f"no call probed {self.provider} while it was down"
            return self.not_applicable(seen)
        worst = max(probes, key=lambda probe: probe.parallel)
        count = worst.parallel + 1
        if count > self.at_most:
            seen = f"{count} calls probed {self.provider} at the same time while it was down"
            return self.failed(seen, worst.first.at)
        if not any(probe.chances for probe in probes):
            return self.not_judged(
                f"no other call began while a call probed {self.provider}; use more users="
            )
        each = "one call" if count == 1 else f"at most {count} calls"
        often = times(len(probes))
        return self.passed(f"{self.provider} was probed {often} while it was down, by {each}")

    def _probes(self, run: Run, interval: Interval) -> Iterator[Probe]:
        firsts = self._first_requests(run, interval)
        began = sorted(call.began for call in run.calls if call.outcome != "missed")
        elsewhere_at, unused = (
            self._began_elsewhere(run),
            run.probability_unused(self.provider),
        )
        sent_at, busy_until = [first.at for first, _ in firsts], interval.begins
        settled = sorted((e.until, e.ok) for e in run.to(self.provider) if e.end != "open")
        for index, (first, ends) in enumerate(firsts):
            elsewhere = _between(elsewhere_at, busy_until, first.at)
            may_be_open = not _had_answered(settled, first.at)
            if elsewhere and first.failed and may_be_open and unused**elsewhere <= _CHANCE:
                parallel = max(0, bisect_left(sent_at, ends) - index - 1)
                chances = _between(began, first.at + _SOON, ends)
                yield Probe(first, parallel, max(chances, parallel))
            busy_until = max(busy_until, ends)

    def _first_requests(self, run: Run, interval: Interval) -> list[tuple[Exchange, float]]:
        """The first request of each call to the provider, and the end of its last one."""
        firsts: dict[int, Exchange] = {}
        ends: dict[int, float] = {}
        for sent in run.to(self.provider):
            if sent.call >= 0:
                firsts.setdefault(sent.call, sent)
                ends[sent.call] = max(sent.until, ends.get(sent.call, sent.until))
        return [(first, ends[call]) for call, first in firsts.items() if first.at in interval]

    def _began_elsewhere(self, run: Run) -> list[float]:
        """The times at which calls began that sent the provider no request."""
        calls = (call for call in run.calls if run.shows_routing(call))
        return sorted(call.began for call in calls if not run.of(call, self.provider))


def _had_answered(settled: list[tuple[float, bool]], at: float) -> bool:
    """Whether the provider's latest reply by that time was an answer, which closes a breaker."""
    before = bisect_right(settled, (at, True))
    return before > 0 and settled[before - 1][1]


def _between(times: list[float], since: float, until: float) -> int:
    return max(0, bisect_left(times, until) - bisect_left(times, since))
