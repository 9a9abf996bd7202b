"""A provider that is down is soon left alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from chaos_llm.checks.check import Check, Finding, known_provider, whole_number
from chaos_llm.durations import Duration, describe, seconds
from chaos_llm.run import Run, Spell

_CHANCE = 0.05  # a row of calls that go elsewhere is no accident where it is rarer than that


class Ask(NamedTuple):
    """A call that failed on the provider: when it asked first, and when it failed last.

    `anew` says that the provider had answered or been left alone since the failure before;
    `passed_by` is how many calls meanwhile went elsewhere.
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
    answers says nothing, nor does one that was under way before enough of the others had failed.
    A call that asks again after `probe_after` begins a new row: a breaker would try then, too.
    Where all calls are that far apart, a breaker cannot be told from none, and the claim is not
    judged. Not applicable where the provider was never down (half of what it is asked is hit)
    while the app used it.
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
        spells = [s for s in run.spells_down(self.provider) if self._used_in(run, s)]
        asks = [self._asks(run, spell) for spell in spells]
        if not spells:
            return self.not_applicable(f"{self.provider} was not down while calls were made")
        if not any(asks):
            return self._nothing_failed(run, spells)
        rows = [row for each in asks for row in self._rows(each)]
        worst = max(rows, key=_known)
        if _known(worst) >= self.within_calls:
            seen = f"{len(worst)} calls in a row asked {self.provider} while it was down"
            return self.failed(f"{seen}, and it answered none", self._first_too_many(worst))
        merged = (row for each in asks for row in self._rows(each, probes=False))
        if max(map(_known, merged)) >= self.within_calls:
            return self.not_judged(
                f"all calls asked {self.provider} while it was down, but came "
                f"{describe(seconds(self.probe_after))} or more apart, as a breaker's probes do; "
                "a shorter every= would tell"
            )
        count = _known(worst) + 1
        calls = "one failed call" if count == 1 else f"at most {count} failed calls in a row"
        return self.passed(f"{self.provider} was left alone after {calls} while it was down")

    def _used_in(self, run: Run, spell: Spell) -> bool:
        """Whether calls in a spell could have asked the provider: a spare one is rarely needed."""
        calls = [call for call in run.calls if call.began in spell and run.tells(call)]
        usual = run.evidence.asks(self.provider) > 0
        return any(usual or run.of(call, self.provider) for call in calls)

    def _nothing_failed(self, run: Run, spells: list[Spell]) -> Finding:
        if any(request.at in spell for request in run.to(self.provider) for spell in spells):
            return self.not_applicable(f"{self.provider} answered all that it was asked")
        return self.passed(f"no call asked {self.provider} while it was down")

    def _asks(self, run: Run, spell: Spell) -> list[Ask]:
        calls = [call for call in run.calls if call.began in spell and run.tells(call)]
        usual = run.evidence.asks(self.provider)
        asks, anew, passed_by = [], False, 0
        for call in sorted(calls, key=lambda call: (call.began, call.number)):
            asked = run.of(call, self.provider)
            if not asked:
                passed_by += 1
                anew = anew or (1 - usual) ** passed_by <= _CHANCE
            elif not run.failed_on(call, self.provider):
                anew = True
            else:
                asks.append(Ask(asked[0].at, asked[-1].until, anew, passed_by))
                anew, passed_by = False, 0
        return asks

    def _rows(self, asks: list[Ask], *, probes: bool = True) -> list[Row]:
        """Cut into rows; without `probes`, a pause counts only if calls went elsewhere in it."""
        rows: list[Row] = []
        pause = seconds(self.probe_after)
        for ask in asks:
            row = rows[-1] if rows else []
            rested = all(before.failed <= ask.at - pause for before in row)
            if ask.anew or (rested and (probes or ask.passed_by)) or not row:
                rows.append([])
            rows[-1].append(ask)
        return rows

    def _first_too_many(self, row: Row) -> float:
        return next(ask.at for ask in row if _failed_before(row, ask) >= self.within_calls)


def _failed_before(row: Row, ask: Ask) -> int:
    return sum(before.failed <= ask.at for before in row if before is not ask)


def _known(row: Row) -> int:
    """How many failures of a row were known, at most, when a call of it asked nevertheless."""
    return max(_failed_before(row, ask) for ask in row)
