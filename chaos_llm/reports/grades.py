"""The grade of each call, and of a run: how well its users fared.

A grade says what an outcome means to the user, whether or not the app could have done better.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import Literal

from chaos_llm.analysis.call import Call, Outcome
from chaos_llm.analysis.run import Run
from chaos_llm.checks.never_caches_the_outage import repeated_prompts

Grade = Literal[
    "fine",  # answered, and nothing failed
    "rescued",  # a provider failed, but the user got an answer
    "safe failure",  # not answered, and the user could tell: an error, an apology, an old answer
    "corruption shown",  # shown a silently corrupted answer, which no app can detect
    "unjudged",  # no evidence
    "unsafe",  # shown something wrong as if it were an answer
]
GRADES: tuple[Grade, ...] = Grade.__args__  # type: ignore[attr-defined] # mypy does not know the attribute of a Literal

_BY_OUTCOME: Mapping[Outcome, Grade] = {
    "fallback": "rescued",
    "stale": "safe failure",
    "degraded": "safe failure",
    "failed": "safe failure",
    "late": "safe failure",
    "missed": "safe failure",
    "truncated": "unsafe",
    "corrupted": "unsafe",
    "error_text": "unsafe",
    "unjudged": "unjudged",
}


class Grading:
    """The grades of a run's calls. A bad result that a cache kept is unsafe."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def of(self, call: Call) -> Grade:
        """The grade of one call."""
        if call.number in self._corruption_shown:
            return "corruption shown"
        if call.number in self._poisoned:
            return "unsafe"
        by_outcome = _BY_OUTCOME.get(call.outcome)
        if by_outcome is not None and not (by_outcome == "rescued" and self._is_its_own(call)):
            return by_outcome
        evidence = self.run.evidence.of(call)
        had_failure = any(each.failed and each.broken_rule is None for each in evidence)
        return "rescued" if had_failure else "fine"

    def _is_its_own(self, call: Call) -> bool:
        """Whether all that failed was refused on the app's side: no provider had failed."""
        failed = [exchange for exchange in self.run.evidence.of(call) if exchange.failed]
        return bool(failed) and all(exchange.broken_rule is not None for exchange in failed)

    @cached_property
    def counts(self) -> Counter[Grade]:
        """How many calls have each grade."""
        return Counter(map(self.of, self.run.calls))

    @property
    def in_all(self) -> Grade:
        """The worst grade of any call; a run without calls is unjudged."""
        return max(self.counts, key=GRADES.index, default="unjudged")

    @cached_property
    def _corruption_shown(self) -> frozenset[int]:
        return frozenset(call.number for call in self.run.corruption_shown)

    @cached_property
    def _poisoned(self) -> frozenset[int]:
        return frozenset(call.number for call, _, cached in repeated_prompts(self.run) if cached)
