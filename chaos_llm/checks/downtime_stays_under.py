"""Users are not left without answers for long."""

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

    From when the first of a row of unanswered calls was due until a call was answered again. Old
    answers from a cache are none here, unless `stale_counts`.
    """

    why: ClassVar[str] = "a short gap is a hiccup; a long one is an outage of one's own"
    limit: Duration
    stale_counts: bool = False

    def __post_init__(self) -> None:
        seconds(self.limit)

    def __call__(self, run: Run) -> Finding:
        gap = longest_downtime(run, stale_counts=self.stale_counts)
        lasted = gap.ends - gap.begins
        if lasted >= seconds(self.limit):
            return self.failed(f"no call was answered for {describe(round(lasted))}", gap.begins)
        return self.passed(f"the longest time without an answer was {describe(round(lasted))}")
