"""What went wrong is not kept for later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.calls import Call
from chaos_llm.checks.check import Check, Finding
from chaos_llm.run import Run

_BAD = {"degraded", "truncated", "corrupted", "error_text", "failed"}


@dataclass(frozen=True, repr=False)
class NeverCachesTheOutage(Check):
    """No call is given, without any request, the bad result of an earlier call with its prompt.

    Not applicable where no prompt repeats after a call that went wrong.
    """

    why: ClassVar[str] = "a cache that keeps an error makes the outage last as long as its TTL"

    def __call__(self, run: Run) -> Finding:
        went_wrong: dict[str, Call] = {}
        asked_again = 0
        for call in run.calls:
            if call.outcome == "missed":
                continue
            first = went_wrong.get(call.prompt)
            asked_again += first is not None
            if first is not None and self._served_again(run, call, first):
                seen = (
                    f"call {call.number} was given the {call.outcome} text of call {first.number}"
                )
                return self.failed(f"{seen}, and no request was made", call.began)
            if call.outcome in _BAD:
                went_wrong[call.prompt] = call
            else:
                went_wrong.pop(call.prompt, None)
        if not asked_again:
            return self.not_applicable("no prompt was asked again after it had gone wrong")
        return self.passed(f"{asked_again} prompts were asked again, none given the old failure")

    def _served_again(self, run: Run, call: Call, first: Call) -> bool:
        """Whether the same bad text came back although a provider could have been asked.

        An app that refuses calls while everything is down says the same again, too; that is no
        cache, so it counts only where a provider that the app uses is well.
        """
        if run.evidence.of(call) or not run.evidence.of(first):
            return False
        same = call.text == first.text and call.outcome == first.outcome and call.error is None
        return same and run.is_well(run.evidence.primary, call.began)
