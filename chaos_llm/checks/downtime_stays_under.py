"""Users are never without answers for longer than a limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.gaps import longest_downtime
from chaos_llm.analysis.run import Run
from chaos_llm.checks.check import Check, Finding
from chaos_llm.durations import Duration, describe, seconds


@dataclass(frozen=True, repr=False)
class DowntimeStaysUnder(Check):
    """The longest time in which no call was answered stays under `limit`.

    It lasts from when the first of several unanswered calls in a row was due until a call was
    answered again. Stale answers from a cache count as answers only with `stale_counts`. Calls that
    could not be judged are left out; if that is all of them, the check is not judged.
    """

    why: ClassVar[str] = "users notice a long time without answers as an outage of the app itself"
    limit: Duration
    stale_counts: bool = False

    def __post_init__(self) -> None:
        seconds(self.limit)

    def __call__(self, run: Run) -> Finding:
        if all(call.outcome == "unjudged" for call in run.calls):
            return self.not_judged("no call could be judged; see outcome=")
        gap = longest_downtime(run, stale_counts=self.stale_counts)
        lasted = gap.ends - gap.begins
        if lasted >= seconds(self.limit):
            return self.failed(f"no call was answered for {describe(round(lasted))}", gap.begins)
        return self.passed(f"the longest time without an answer was {describe(round(lasted))}")
