"""A share of the calls is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.gaps import is_answered
from chaos_llm.analysis.run import Run
from chaos_llm.checks import _limits
from chaos_llm.checks.check import Check, Finding


@dataclass(frozen=True, repr=False)
class StaysAvailable(Check):
    """At least this share of the calls is answered, by a provider or a fresh cache.

    Stale answers from a cache count only with `stale_counts=True`. Calls that could not be judged
    are left out; if that is all of them, the check is not judged.
    """

    why: ClassVar[str] = "users were promised this availability, whichever provider is down"
    share: float
    stale_counts: bool = False

    def __post_init__(self) -> None:
        _limits.require_share("share", self.share)

    def __call__(self, run: Run) -> Finding:
        judged = [call for call in run.calls if call.outcome != "unjudged"]
        if not judged:
            return self.not_judged("no call could be judged; see outcome=")
        lost = [c for c in judged if not is_answered(c, stale_counts=self.stale_counts)]
        available = 1 - len(lost) / len(judged)
        seen = f"{_limits.percent(available)} of {_limits.calls(len(judged))} got an answer"
        if lost and available < self.share:
            return self.failed(seen, lost[0].began)
        return self.passed(seen)
