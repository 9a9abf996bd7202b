"""After recovery the provider is asked as usual, and not only now and then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.run import Interval, Run
from chaos_llm.checks.check import Check, Finding, known_provider
from chaos_llm.durations import Duration, describe, seconds

_CHANCE = 0.01  # so few calls that go to the provider are no accident where it is rarer than that
_HALF = 0.5  # of the usual share


@dataclass(frozen=True, repr=False)
class RestoresTrafficTo(Check):
    """From `within` after each recovery on, the provider gets its usual share of the calls again.

    The usual share is that of the healthy lead-in. Less than half of it is too little, where chance
    does not explain it: a breaker that lets one probe through now and then has not closed. Calls
    that a cache answers do not count. Not applicable to a provider that is not asked on a healthy
    day, nor where no call was made so long after a recovery.
    """

    why: ClassVar[str] = (
        "a breaker that stays half open keeps most users on the fallback although the outage is "
        "over, and the first answer hides that"
    )
    provider: str
    within: Duration = "10m"

    def __post_init__(self) -> None:
        known_provider(self.provider)
        seconds(self.within)

    def __call__(self, run: Run) -> Finding:
        within = seconds(self.within)
        if not run.evidence.uses(self.provider):
            return self.not_applicable(f"{self.provider} is not asked on a healthy day")
        usual = 1 - run.evidence.probability_unused(self.provider)
        least, calls = 1.0, 0
        for interval in run.recoveries(self.provider, within):
            asked, made = self._asked(run, Interval(interval.begins + within, interval.ends))
            if made and asked < _HALF * usual * made and _chance(asked, made, usual) <= _CHANCE:
                since = f"from {describe(within)} after it had recovered on"
                seen = f"{self.provider} was asked by {asked} of {made} calls {since}"
                return self.failed(f"{seen}, usually by {usual:.0%}", interval.begins + within)
            calls += made
            least = min(least, asked / made) if made else least
        if not calls:
            long = describe(within)
            return self.not_applicable(f"no call was made {long} after {self.provider} recovered")
        return self.passed(f"{self.provider} was asked by {least:.0%} of the calls after recovery")

    def _asked(self, run: Run, interval: Interval) -> tuple[int, int]:
        calls = [call for call in run.calls if call.began in interval and run.shows_routing(call)]
        return sum(1 for call in calls if run.of(call, self.provider)), len(calls)


def _chance(asked: int, made: int, usual: float) -> float:
    """How likely so few of the calls or fewer ask, where each does with the usual chance."""
    term = total = (1 - usual) ** made
    for n in range(1, asked + 1):
        term *= (made - n + 1) / n * usual / (1 - usual)
        total += term
    return total
