"""No torn answer is passed off as a whole one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.calls import Call
from chaos_llm.checks.check import Check, Finding
from chaos_llm.run import Run


@dataclass(frozen=True, repr=False)
class AnswersAreWhole(Check):
    """No user is shown an answer that was cut short on the wire, or an error's text as an answer.

    Not applicable where neither a stream was cut nor an error sent. What a provider itself cuts and
    calls complete is exposure and not the app's failure.
    """

    why: ClassVar[str] = "half an answer that looks whole is worse than none: nobody asks again"

    def __call__(self, run: Run) -> Finding:
        if not any(not exchange.ok for exchange in run.api):
            return self.not_applicable("every answer arrived whole")
        if not run.evidence.judges_text:
            return self.not_judged("the app's return values do not carry the answers' references")
        torn = [call for call in run.calls if _passed_off(run, call)]
        if torn:
            seen = f"{len(torn)} calls were shown a torn answer or an error as an answer"
            return self.failed(f"{seen}, the first one call {torn[0].number}", torn[0].began)
        return self.passed("no torn answer and no error text reached a user")


def _passed_off(run: Run, call: Call) -> bool:
    if call.outcome == "error_text":
        return True
    cut = (e.status == 200 and not e.ok and e.end != "abandoned" for e in run.evidence.of(call))
    return call.outcome == "truncated" and any(cut)
