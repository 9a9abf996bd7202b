"""After a recovery the app uses the provider again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.run import Interval, Run
from chaos_llm.checks._by_model import judged_by_model
from chaos_llm.checks.check import Check, Finding, known_provider
from chaos_llm.durations import Duration, describe, seconds

# Calls that use other providers are no coincidence if it is less likely than this. It is shared
# between a profile's recoveries: over a hundred of them some coincidence is to be expected.
_CHANCE = 0.01


@dataclass(frozen=True, repr=False)
class ReturnsTo(Check):
    """The provider answers a call again within `within` of each recovery.

    A recovery counts if the provider then stays up for that long and calls are made in the second
    half of that time, too. Before it, more than 5 % of the provider's requests were hit. Not
    applicable to a provider that healthy calls do not use, because an app need not return to a
    fallback.
    """

    why: ClassVar[str] = (
        "an app that stays on its fallback costs more or answers worse, and nobody notices"
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
        longest = -1.0
        recoveries = list(run.recoveries(self.provider, within, of_any=True))
        for interval in recoveries:
            wait = self._wait(run, interval)
            if wait is not None and wait <= within:
                longest = max(longest, wait)
            elif self._stayed_away(run, interval, wait, _CHANCE / len(recoveries)):
                answered = (
                    "answered no call"
                    if wait is None
                    else f"did not answer a call until {describe(wait)}"
                )
                seen = f"{self.provider} {answered} after it recovered"
                return self.failed(seen, interval.begins)
        if longest < 0:
            return self.not_applicable(f"{self.provider} did not recover while calls were made")
        return self.passed(f"{self.provider} answered again {describe(longest)} after it recovered")

    def _wait(self, run: Run, interval: Interval) -> float | None:
        # A healthy stream that the app left early, or keeps open, shows that it has returned, too.
        came = (e for e in run.to(self.provider) if e.answered and not e.failed)
        answers = (e.at for e in came if e.at in interval)
        first = next(answers, None)
        return None if first is None else first - interval.begins

    def _stayed_away(self, run: Run, interval: Interval, wait: float | None, chance: float) -> bool:
        """Whether enough calls could have used the provider after a breaker's cooldown.

        An app that spreads its calls over providers may have used another one by coincidence. If it
        chooses by the question, a repeated question says nothing new.
        """
        since = interval.begins + seconds(self.within) / 2
        until = interval.ends if wait is None else interval.begins + wait
        made = [c for c in run.calls if since <= c.began < until and run.shows_routing(c)]
        chances = len({call.prompt for call in made})
        return bool(chances) and run.probability_unused(self.provider) ** chances <= chance
