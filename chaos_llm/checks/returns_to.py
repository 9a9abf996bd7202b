"""After recovery the app goes back to its provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.checks.check import Check, Finding
from chaos_llm.durations import Duration, describe, seconds
from chaos_llm.run import Run, Spell


@dataclass(frozen=True, repr=False)
class ReturnsTo(Check):
    """The provider answers a call again within `within` of each recovery.

    A recovery counts where the provider then stays well for that long, calls are made, and the app
    had used the provider before.
    """

    why: ClassVar[str] = (
        "an app that stays on its fallback pays for it, in money or in quality, and nobody notices"
    )
    provider: str
    within: Duration = "10m"

    def __call__(self, run: Run) -> Finding:
        within = seconds(self.within)
        waits = [
            (spell, self._wait(run, spell))
            for spell in run.recoveries(self.provider, within)
            if self._could_return(run, spell, within)
        ]
        if not waits:
            return self.not_applicable(f"{self.provider} did not recover while calls were made")
        for spell, wait in waits:
            if wait is None or wait > within:
                took = "never came back" if wait is None else f"came back after {describe(wait)}"
                return self.failed(f"{took} when {self.provider} was well again", spell.begins)
        longest = max(wait for _, wait in waits if wait is not None)
        return self.passed(f"back on {self.provider} within {describe(longest)}")

    def _wait(self, run: Run, spell: Spell) -> float | None:
        answers = (
            e.at for e in run.to(self.provider) if e.ok and spell.begins <= e.at < spell.ends
        )
        first = next(answers, None)
        return None if first is None else first - spell.begins

    def _could_return(self, run: Run, spell: Spell, within: float) -> bool:
        used = any(e.at < spell.begins for e in run.to(self.provider))
        called = any(
            call.fresh and spell.begins <= call.began <= spell.begins + within for call in run.calls
        )
        return used and called
