"""A provider that is down is soon left alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf
from typing import ClassVar, NamedTuple

from chaos_llm.checks.check import Check, Finding, known_provider, whole_number
from chaos_llm.durations import Duration, describe, seconds
from chaos_llm.run import Run, Spell

_CHANCE = 0.05  # a row of calls that go elsewhere is no accident where it is rarer than that


class Ask(NamedTuple):
    """A call that failed on the provider: when it asked first, and when it failed last.

    `anew` says that the provider had answered or been left alone since the failure before;
    `passed_by` is how many calls went elsewhere meanwhile.
    """

    at: float
    failed: float
    anew: bool
    passed_by: int


Row = list[Ask]


@dataclass(frozen=True, repr=False)
class StopsCalling(Check):
    """While a provider is down, at most `within_calls` calls in a row fail on it.

    A call that leaves the provider alone, or on which it answers, ends the row. One that a cache
    answers says nothing. One that began before the others had failed, or `probe_after` after they
    had, does not count: a breaker would let it through, too. Where all calls are that far apart, a
    breaker cannot be told from none, and the claim is not judged. Not applicable where the provider
    was never down (half of what it is asked is hit) while the app used it.
    """

    why: ClassVar[str] = (
        "each user pays the whole wait for a provider that is known to be down, "
        "and the provider is hammered while it recovers"
    )
    provider: str
    within_calls: int = 8
    probe_after: Duration = "1m"

    def __post_init__(self) -> None:
        known_provider(self.provider)
        whole_number("within_calls", self.within_calls)
        seconds(self.probe_after)

    def __call__(self, run: Run) -> Finding:
        spells = [s for s in run.spells_down(self.provider) if self._could_be_asked(run, s)]
        rows = [row for spell in spells for row in self._rows(run, spell)]
        if not spells:
            return self.not_applicable(f"{self.provider} was not down while calls were made")
        if not rows:
            return self._nothing_failed(run, spells)
        worst = max(rows, key=lambda row: len(self._stubborn(row)))
        stubborn = self._stubborn(worst)
        if len(stubborn) >= self.within_calls:
            seen = f"{len(worst)} calls in a row asked {self.provider} while it was down"
            at = stubborn[self.within_calls - 1].at
            return self.failed(f"{seen}, and it answered none", at)
        if any(len(self._stubborn(row, rare=True)) >= self.within_calls for row in rows):
            return self.not_judged(
                f"all calls asked {self.provider} while it was down, but came "
                f"{describe(seconds(self.probe_after))} or more apart, as a breaker's probes do; "
                "a shorter every= would tell"
            )
        count = len(stubborn) + 1
        calls = "one failed call" if count == 1 else f"at most {count} failed calls in a row"
        return self.passed(f"{self.provider} was left alone after {calls} while it was down")

    def _could_be_asked(self, run: Run, spell: Spell) -> bool:
        """Whether calls in a spell could have asked the provider: a spare one is rarely needed."""
        calls = [call for call in run.calls if call.began in spell and run.tells(call)]
        usual = run.evidence.asks(self.provider)
        return any(usual or run.of(call, self.provider) for call in calls)

    def _nothing_failed(self, run: Run, spells: list[Spell]) -> Finding:
        if any(request.at in spell for request in run.to(self.provider) for spell in spells):
            return self.not_applicable(f"{self.provider} answered all that it was asked")
        return self.passed(f"no call asked {self.provider} while it was down")

    def _rows(self, run: Run, spell: Spell) -> list[Row]:
        """The failing calls of a spell, cut where the provider answered or was left alone."""
        rows: list[Row] = []
        for ask in self._asks(run, spell):
            if ask.anew or not rows:
                rows.append([])
            rows[-1].append(ask)
        return rows

    def _asks(self, run: Run, spell: Spell) -> Iterator[Ask]:
        calls = [call for call in run.calls if call.began in spell and run.tells(call)]
        elsewhere = run.evidence.chance_elsewhere(self.provider)
        anew, passed_by = False, 0
        for call in sorted(calls, key=lambda call: (call.began, call.number)):
            asked = run.of(call, self.provider)
            if not asked:
                passed_by += 1
                anew = anew or elsewhere**passed_by <= _CHANCE
            elif not run.failed_on(call, self.provider):
                anew = True
            else:
                yield Ask(asked[0].at, asked[-1].until, anew, passed_by)
                anew, passed_by = False, 0

    def _stubborn(self, row: Row, *, rare: bool = False) -> list[Ask]:
        """Those that asked soon after others had failed; with `rare`, after an empty pause, too."""
        pause = seconds(self.probe_after)
        found, under_way, failed = [], list[float](), -inf
        for ask in row:
            while under_way and under_way[0] <= ask.at:
                failed = heappop(under_way)
            soon = ask.at - failed < pause
            if failed > -inf and (soon or (rare and not ask.passed_by)):
                found.append(ask)
            heappush(under_way, ask.failed)
        return found
