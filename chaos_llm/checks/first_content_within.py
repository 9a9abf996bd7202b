"""Streams show their first content in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.run import Run
from chaos_llm.checks import _limits
from chaos_llm.checks.check import Check, Finding
from chaos_llm.durations import Duration, describe, seconds
from chaos_llm.journal.journal import Exchange


@dataclass(frozen=True, repr=False)
class FirstContentWithin(Check):
    """The first content of a streamed answer comes within `limit`, for a share of the calls.

    The time counts from the beginning of the call, whichever provider answers and however many
    failed before. A call without any content counts with its whole duration. The default, ten
    seconds, is assumed. Not applicable if nothing was streamed.
    """

    why: ClassVar[str] = (
        "a user who sees no text for ten seconds takes the app for broken, and leaves"
    )
    limit: Duration = "10s"
    share: float = 1.0

    def __post_init__(self) -> None:
        seconds(self.limit)
        _limits.require_share("share", self.share)

    def __call__(self, run: Run) -> Finding:
        limit = seconds(self.limit)
        waits = [(wait, call) for call in run.calls if (wait := _wait(run, call)) is not None]
        if not waits:
            return self.not_applicable("no call streamed anything")
        slow = [call for wait, call in waits if wait > limit]
        longest = max(wait for wait, _ in waits)
        within = 1 - len(slow) / len(waits)
        seen = f"{_limits.percent(within)} of the calls that stream saw content in time"
        seen += f"; the longest wait was {describe(round(longest, 1))}"
        if slow and within < self.share:
            return self.failed(seen, slow[0].began)
        return self.passed(seen)


def _wait(run: Run, call: Call) -> float | None:
    streams = [e for e in run.evidence.of(call) if e.stream]
    if not streams or call.outcome == "missed":
        return None
    begun = [e.at + e.content_timing.first for e in streams if _has_begun(e)]
    return min([*begun, max(call.ended, call.began)]) - call.began


def _has_begun(exchange: Exchange) -> bool:
    return exchange.status == 200 and exchange.at + exchange.content_timing.first <= exchange.until
