"""After a recovery the provider gets its healthy share of the calls again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.run import Interval, Run
from chaos_llm.checks._by_model import judged_by_model
from chaos_llm.checks.check import Check, Finding, known_provider
from chaos_llm.durations import Duration, describe, seconds

_CHANCE = 0.01  # few calls that use the provider are no coincidence if it is less likely than this
_HALF = 0.5  # of the healthy share


@dataclass(frozen=True, repr=False)
class RestoresTrafficTo(Check):
    """From `within` after each recovery on, the provider gets its healthy share of calls again.

    The healthy share is that of the calls before the first fault. Less than half of it is too
    little, unless it may be coincidence: a breaker that lets a probe through now and then has not
    closed. Calls that a cache answers do not count. Not applicable to a provider that healthy calls
    do not use, nor if no call was made that long after a recovery.
    """

    why: ClassVar[str] = (
        "a breaker that stays half open keeps most users on the fallback although the outage is "
        "over, and the answers of its probes hide that"
    )
    provider: str
    within: Duration = "10m"

    def __post_init__(self) -> None:
        known_provider(self.provider)
        seconds(self.within)

    def __call__(self, run: Run) -> Finding:
        return judged_by_model(run, self.provider, self._judge)

    def _judge(self, run: Run) -> Finding:
        within = seconds(self.within)
        if not run.uses(self.provider):
            return self.not_applicable(f"healthy calls do not use {self.provider}")
        healthy = 1 - run.probability_unused(self.provider)
        least, calls = 1.0, 0
        for interval in run.recoveries(self.provider, within):
            used, made = self._count_calls(run, Interval(interval.begins + within, interval.ends))
            if made and used < _HALF * healthy * made and _chance(used, made, healthy) <= _CHANCE:
                seen = f"{self.provider} got requests from {used} of the {made} calls made later "
                seen += f"than {describe(within)} after it recovered; "
                seen += f"before the outage from {healthy:.0%} of the calls"
                return self.failed(seen, interval.begins + within)
            calls += made
            least = min(least, used / made) if made else least
        if not calls:
            long = describe(within)
            return self.not_applicable(
                f"no call was made later than {long} after {self.provider} recovered"
            )
        seen = f"{self.provider} got requests from {least:.0%} of the calls again"
        return self.passed(f"{seen}, {describe(within)} after it recovered")

    def _count_calls(self, run: Run, interval: Interval) -> tuple[int, int]:
        """How many calls of an interval used the provider, of how many."""
        calls = [call for call in run.calls if call.began in interval and run.shows_routing(call)]
        return sum(1 for call in calls if run.of(call, self.provider)), len(calls)


def _chance(used: int, made: int, share: float) -> float:
    """The binomial probability that so few of the calls, or fewer, use the provider."""
    term = total = (1 - share) ** made
    for n in range(1, used + 1):
        term *= (made - n + 1) / n * share / (1 - share)
        total += term
    return total
