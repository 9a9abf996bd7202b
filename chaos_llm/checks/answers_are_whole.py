"""No torn answer is passed off as a whole one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.run import Run
from chaos_llm.checks.check import Check, Finding


@dataclass(frozen=True, repr=False)
class AnswersAreWhole(Check):
    """No user is shown an answer that was cut short on the wire, an empty one, or an error's text.

    Who raises, or returns None, has shown nothing. Not applicable where no stream was cut, nothing
    was empty and no error sent. What a provider itself cuts and calls complete is exposure and not
    the app's failure.
    """

    why: ClassVar[str] = "half an answer that looks whole is worse than none: nobody asks again"

    def __call__(self, run: Run) -> Finding:
        torn = [call for call in run.calls if call.outcome == "truncated" and run.was_torn(call)]
        errors = [call for call in run.calls if call.outcome == "error_text"]
        empty = [call for call in run.calls if _is_empty(run, call)]
        if torn or errors or empty:
            first = min(torn + errors + empty, key=lambda call: call.began)
            return self.failed(_seen(torn, errors, empty), first.began)
        if not any(exchange.failed or exchange.is_empty for exchange in run.api):
            return self.not_applicable("every answer arrived whole")
        if not run.evidence.judges_text:
            return self.not_judged(
                "what the app returns shows no answers, so a torn one cannot be told; see outcome="
            )
        corruption_shown = (
            f"; {len(run.corruption_shown)} were spoilt unseen (exposure)"
            if run.corruption_shown
            else ""
        )
        return self.passed(f"no torn answer and no error's text reached a user{corruption_shown}")


def _is_empty(run: Run, call: Call) -> bool:
    """Whether a user was shown an answer without a word as one."""
    if call.outcome != "failed" or call.error is not None or call.returned is None:
        return False
    return any(exchange.is_empty for exchange in run.evidence.of(call)[-1:])


def _seen(torn: list[Call], errors: list[Call], empty: list[Call]) -> str:
    seen = [
        f"{_calls(calls)} shown {what}, the first {_shown(calls[0])}"
        for calls, what in (
            (torn, "an answer that had been cut off"),
            (errors, "an error instead of an answer"),
            (empty, "nothing, as the provider had said nothing"),
        )
        if calls
    ]
    return "; ".join(seen)


def _calls(calls: list[Call]) -> str:
    return "one call was" if len(calls) == 1 else f"{len(calls)} calls were"


def _shown(call: Call) -> str:
    text = " ".join(call.text.split())
    # The end of a torn answer is where one can see that it is torn.
    tail = call.outcome == "truncated" and len(text) > 60
    return f"in call {call.number} ({'…' + text[-60:] if tail else text[:60]!r})"
