"""A provider that is down is soon left alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.calls import Call
from chaos_llm.checks.check import Check, Finding
from chaos_llm.run import Run, Spell


@dataclass(frozen=True, repr=False)
class StopsCalling(Check):
    """While a provider is down, at most `within_calls` calls in a row fail on it.

    Only fresh prompts count: a call that a cache answers says nothing about a breaker. A call that
    leaves the provider alone, or on which it answers, ends the row. Not applicable where the
    provider was never down (half of what it is asked fails) while the app used it.
    """

    why: ClassVar[str] = (
        "each user pays the whole wait for a provider that is known to be down, "
        "and the provider is hammered while it recovers"
    )
    provider: str
    within_calls: int = 8

    def __call__(self, run: Run) -> Finding:
        spells = run.spells_down(self.provider)
        rows = [self._longest_row(run, spell) for spell in spells]
        rows = [row for row in rows if row]
        if not rows:
            return self.not_applicable(f"{self.provider} was not down while calls were made")
        worst = max(rows, key=len)
        failing = [call for call in worst if self._failed_on_it(run, call)]
        seen = f"{len(failing)} calls in a row asked {self.provider} while it was down"
        if len(failing) > self.within_calls:
            return self.failed(seen, failing[self.within_calls].began)
        return self.passed(seen if failing else f"no call asked {self.provider} while it was down")

    def _longest_row(self, run: Run, spell: Spell) -> list[Call]:
        """The calls of the longest row of failures in a spell; one call where none failed."""
        calls = [
            call
            for call in run.calls
            if call.fresh and call.outcome != "missed" and spell.begins <= call.began < spell.ends
        ]
        longest: list[Call] = calls[:1]
        row: list[Call] = []
        for call in calls:
            row = [*row, call] if self._failed_on_it(run, call) else []
            longest = max(longest, row, key=len)
        return longest

    def _failed_on_it(self, run: Run, call: Call) -> bool:
        asked = run.of(call, self.provider)
        return bool(asked) and not any(exchange.ok for exchange in asked)
