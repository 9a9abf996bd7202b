"""Calls that failed although every provider was healthy: a mistake of the app, or of its test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.outcomes import apologises_for_an_answer
from chaos_llm.analysis.run import Run
from chaos_llm.analysis.unserved_requests import unserved_text

_MOSTLY = 0.5  # share of the healthy calls from which on they explain what follows
_SEVERAL = 3  # calls; fewer may have failed for a reason of their own


@dataclass(frozen=True)
class HealthyFailures:
    """The calls of a run before its first fault, and those of them that failed."""

    run: Run
    calls: Sequence[Call]
    failed: Sequence[Call]

    @property
    def are_many(self) -> bool:
        """Whether so many of the healthy calls failed that this comes first."""
        return bool(self.failed) and len(self.failed) >= _MOSTLY * len(self.calls)

    @property
    def are_all(self) -> bool:
        """Whether no healthy call got through."""
        return bool(self.failed) and len(self.failed) == len(self.calls)

    @property
    def fail_the_run(self) -> bool:
        """Whether so many healthy calls failed that whatever a check says is worth nothing."""
        return self.are_all or (self.are_many and len(self.failed) >= _SEVERAL)

    @property
    def sentence(self) -> str:
        """How many calls failed, with what, and where; several lines with a traceback."""
        count, total, first = len(self.failed), len(self.calls), self.failed[0]
        many = "the only call" if total == 1 else f"all {total} calls" if count == total else ""
        when = " before the first fault" if self.run.applied else ""
        text = f"{many or f'{count} of {total} calls'}{when} failed on a healthy provider"
        text += f", the first with {_failure(first)}" if total > 1 else f", with {_failure(first)}"
        if apologises_for_an_answer(first, self.run.evidence):
            text += ", although its answer had arrived: the app"
            text += " may have swallowed an error of its own"
        if not any(self.run.evidence.of(call) for call in self.failed) and not self.run.unserved:
            text += "; none of them asked a provider"
            if first.text in self.run.evidence.apologies:
                text += ": the app may have swallowed an error of its own"
        if self.run.unserved:
            text += f"; {unserved_text(self.run.unserved)}"
        if first.error is not None and first.error.traceback:
            lines = "\n".join(f"  {line}" for line in first.error.traceback.splitlines())
            text += f"\n{lines}"
        return text


def healthy_failures(run: Run) -> HealthyFailures:
    """Find the calls that failed while every provider was healthy.

    A call counts as healthy if it was over before the first fault was applied, and no provider
    failed it by itself, as one does whose quota is used up.
    """
    first = min((exchange.at for exchange in run.exchanges if exchange.applied), default=inf)
    calls = [
        call
        for call in run.calls
        if call.outcome != "missed" and call.ended <= first and not _was_failed(run, call)
    ]
    return HealthyFailures(run, calls, [call for call in calls if _has_failed(run, call)])


def _was_failed(run: Run, call: Call) -> bool:
    return any(e.failed and e.broken_rule is None for e in run.evidence.of(call))


def _has_failed(run: Run, call: Call) -> bool:
    if call.error is not None or call.outcome in ("failed", "error_text"):
        return True
    if not run.evidence.of(call):
        return call.text in run.evidence.apologies
    return apologises_for_an_answer(call, run.evidence)


def _failure(call: Call) -> str:
    if call.error is not None:
        return " ".join(f"{call.error.name}: {call.error}".split())
    return repr(call.returned)
