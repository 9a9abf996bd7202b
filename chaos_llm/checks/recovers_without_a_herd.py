"""Recovery causes no thundering herd."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from chaos_llm.analysis.run import Interval, Run
from chaos_llm.checks.check import Check, Finding
from chaos_llm.durations import Duration, describe, seconds
from chaos_llm.errors import UsageError

_MINUTE = 60.0  # seconds in which requests are counted
_STEP = 10.0  # seconds from the beginning of one such minute to the next
_EXTRA = 10  # requests above the healthy rate; fewer are no herd, however low that rate is


class Minute(NamedTuple):
    """The requests of one minute after a recovery, and how many its healthy calls would send."""

    begins: float
    requests: int
    healthy: float

    @property
    def extra(self) -> float:
        """Requests above the healthy rate."""
        return self.requests - self.healthy


@dataclass(frozen=True, repr=False)
class RecoversWithoutAHerd(Check):
    """After a recovery no provider gets more than `times` the requests of a healthy minute.

    Each minute until `within` after the recovery is checked, up to the next failure, which has
    retries of its own. The healthy rate is learned from the warm-up before the first fault: its
    requests per minute, or per call if more calls are made.
    Fewer than ten requests above that rate are no herd. Retries of calls count like requests that a
    queue releases in the background. Not judged without a healthy warm-up.
    """

    why: ClassVar[str] = (
        "requests that were held back and all sent at once overload a provider that has just "
        "recovered, and cause the next outage"
    )
    times: float = 3.0
    within: Duration = "5m"

    def __post_init__(self) -> None:
        seconds(self.within)
        if isinstance(self.times, bool) or not self.times >= 1:
            raise UsageError(
                f"times= is a multiple of the healthy rate, 1 or more; got {self.times!r}"
            )

    def __call__(self, run: Run) -> Finding:
        used = [provider for provider in run.providers if run.evidence.uses(provider)]
        recovered = [(p, interval) for p in used for interval in run.recoveries(p, _MINUTE)]
        if not recovered:
            return self.not_applicable("no provider recovered while calls were made")
        if not run.evidence.healthy:
            return self.not_judged("no healthy call shows the normal rate; see warmup=")
        minutes = [(p, minute) for p, up in recovered for minute in self._minutes(run, p, up)]
        herds = [
            (p, minute)
            for p, minute in minutes
            if minute.requests > self.times * minute.healthy and minute.extra >= _EXTRA
        ]
        provider, worst = max(herds or minutes, key=lambda pair: pair[1].extra)
        rate = f"{worst.requests} requests in a minute, {worst.healthy:.1f} in a healthy one"
        if not herds:
            return self.passed(f"the largest rate after a recovery: {provider} got {rate}")
        since = max(up.begins for p, up in recovered if p == provider and up.begins <= worst.begins)
        when = f"{describe(worst.begins - since)} after it recovered"
        return self.failed(f"{provider} got {rate}, {when}", worst.begins)

    def _minutes(self, run: Run, provider: str, up: Interval) -> list[Minute]:
        sent = [exchange.at for exchange in run.to(provider)]
        calls = sorted(call.began for call in run.calls if call.outcome != "missed")
        per_minute, per_call = _healthy_rates(run, provider)
        checked = min(seconds(self.within), up.ends - up.begins)
        steps = int(max(checked - _MINUTE, 0.0) / _STEP) + 1
        return [
            Minute(at, _count(sent, at), max(per_minute, per_call * _count(calls, at)))
            for at in (up.begins + _STEP * step for step in range(steps))
        ]


def _healthy_rates(run: Run, provider: str) -> tuple[float, float]:
    """The requests to a provider per minute, and per call, before the first fault."""
    healthy = run.evidence.healthy
    ends = max(call.ended for call in healthy)
    requests = sum(1 for exchange in run.to(provider) if exchange.at < ends)
    begins = min(call.began for call in healthy)
    return requests / max(1.0, (ends - begins) / _MINUTE), requests / len(healthy)


def _count(times: Sequence[float], begins: float) -> int:
    """How many of these times are in the minute from `begins` on."""
    return bisect_left(times, begins + _MINUTE) - bisect_left(times, begins)
