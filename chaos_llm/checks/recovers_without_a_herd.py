"""When a provider is back, it is not overrun."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from chaos_llm.analysis.run import Run
from chaos_llm.checks.check import Check, Finding
from chaos_llm.durations import Duration, describe, seconds
from chaos_llm.errors import UsageError

_MINUTE = 60.0
_STEP = 10.0  # seconds from one minute that is looked at to the next
_EXTRA = 10  # so many requests more than usual are no crowd yet


class Crowd(NamedTuple):
    """The requests of one minute after a recovery, and how many its calls would make usually."""

    begins: float
    requests: int
    usual: float

    @property
    def extra(self) -> float:
        return self.requests - self.usual


@dataclass(frozen=True, repr=False)
class RecoversWithoutAHerd(Check):
    """In the minutes after a recovery no provider gets more than `times` its usual requests.

    What is usual is learned from the healthy lead-in: its requests in a minute, or as many for each
    call as there, where more calls are made. Ten requests more than that are no herd yet. Retries
    of calls and what a queue releases in the background count alike. Not judged without a healthy
    lead-in.
    """

    why: ClassVar[str] = (
        "a provider that is just back falls over again under all that was held back: "
        "the herd makes the next outage"
    )
    times: float = 3.0
    within: Duration = "5m"

    def __post_init__(self) -> None:
        seconds(self.within)
        if isinstance(self.times, bool) or not self.times >= 1:
            raise UsageError(f"times= is how many times the usual rate, from 1 on; {self.times!r}")

    def __call__(self, run: Run) -> Finding:
        usual = [provider for provider in run.providers if run.evidence.uses(provider)]
        back = [(p, interval.begins) for p in usual for interval in run.recoveries(p, _MINUTE)]
        if not back:
            return self.not_applicable("no provider recovered while calls were made")
        if not run.evidence.healthy:
            return self.not_judged("no healthy call shows what is usual; see warmup=")
        crowds = [(p, crowd) for p, since in back for crowd in self._crowds(run, p, since)]
        provider, worst = max(crowds, key=lambda pair: pair[1].extra)
        herds = [
            (p, crowd)
            for p, crowd in crowds
            if crowd.requests > self.times * crowd.usual and crowd.extra >= _EXTRA
        ]
        if herds:
            provider, worst = max(herds, key=lambda pair: pair[1].extra)
            since = max(at for p, at in back if p == provider and at <= worst.begins)
            rate = f"{worst.requests} requests in a minute, usually {worst.usual:.1f}"
            when = f"{describe(worst.begins - since)} after it was back"
            return self.failed(f"{provider} got {rate}, {when}", worst.begins)
        rate = f"{worst.requests} in a minute, usually {worst.usual:.1f}"
        return self.passed(f"the most requests after a recovery were {rate} ({provider})")

    def _crowds(self, run: Run, provider: str, since: float) -> list[Crowd]:
        asked = [made.at for made in run.to(provider)]
        calls = sorted(call.began for call in run.calls if call.outcome != "missed")
        per_minute, per_call = _on_a_healthy_day(run, provider)
        steps = int(max(seconds(self.within) - _MINUTE, 0.0) / _STEP) + 1
        minutes = [since + _STEP * step for step in range(steps)]
        return [
            Crowd(at, _in(asked, at), max(per_minute, per_call * _in(calls, at))) for at in minutes
        ]


def _on_a_healthy_day(run: Run, provider: str) -> tuple[float, float]:
    """The requests to a provider in a minute, and for each call, before the first fault."""
    healthy = run.evidence.healthy
    ends = max(call.ended for call in healthy)
    made = sum(1 for exchange in run.to(provider) if exchange.at < ends)
    begins = min(call.began for call in healthy)
    return made / max(1.0, (ends - begins) / _MINUTE), made / len(healthy)


def _in(times: Sequence[float], begins: float) -> int:
    """How many of these times are in the minute from `begins` on."""
    return bisect_left(times, begins + _MINUTE) - bisect_left(times, begins)
