"""After a recovery the provider gets its healthy share of the calls again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import ClassVar

from chaos_llm.analysis.call import Call
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
    closed. Where the prompt decides who is asked, each prompt counts once. Calls
    that a cache answers do not count. Not applicable to a provider that healthy calls do not use,
    nor if no call was made that long after a recovery.
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
        before = _Users(run, self.provider, run.evidence.healthy)
        for interval in run.recoveries(self.provider, within):
            after = self._users(run, Interval(interval.begins + within, interval.ends))
            used, made = after.used, after.made
            if made and used < _HALF * healthy * made and _chance(before, after) <= _CHANCE:
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

    def _users(self, run: Run, interval: Interval) -> _Users:
        """The calls of an interval, and which of them used the provider."""
        calls = [call for call in run.calls if call.began in interval and run.shows_routing(call)]
        return _Users(run, self.provider, calls)


class _Users:
    """Some calls, and which of them sent a provider requests."""

    def __init__(self, run: Run, provider: str, calls: Sequence[Call]) -> None:
        self._by_prompt: dict[str, list[bool]] = {}
        for call in calls:
            used = bool(run.of(call, provider))
            self._by_prompt.setdefault(call.prompt, []).append(used)

    @property
    def each(self) -> list[bool]:
        return [used for uses in self._by_prompt.values() for used in uses]

    @property
    def used(self) -> int:
        return sum(self.each)

    @property
    def made(self) -> int:
        return len(self.each)

    @property
    def by_prompt(self) -> list[bool]:
        """Whether each prompt used the provider when it was last asked."""
        return [uses[-1] for uses in self._by_prompt.values()]

    def is_decided_by_prompt(self) -> bool:
        """Whether the prompt decides who is asked, as with a hash of it: repeated ones agree."""
        repeated = [uses for uses in self._by_prompt.values() if len(uses) > 1]
        agree = bool(repeated) and all(len(set(uses)) == 1 for uses in repeated)
        return agree and len(set(self.by_prompt)) > 1


def _chance(before: _Users, after: _Users) -> float:
    """The probability that so few calls use the provider if the share is the one from before.

    It is Fisher's exact test: of all calls that use the provider, how many are later ones?
    """
    by_prompt = before.is_decided_by_prompt()
    early, late = (users.by_prompt if by_prompt else users.each for users in (before, after))
    total, hits, drawn = len(early) + len(late), sum(early) + sum(late), len(late)
    ways = (comb(hits, n) * comb(total - hits, drawn - n) for n in range(sum(late) + 1))
    return sum(ways) / comb(total, drawn)
