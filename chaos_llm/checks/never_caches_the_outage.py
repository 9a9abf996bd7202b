"""What went wrong is not kept for later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.run import Run
from chaos_llm.checks.check import Check, Finding

_COOLDOWN = 600.0  # longer than any breaker's that is in use
_BAD = {"degraded", "truncated", "corrupted", "error_text", "failed"}


@dataclass(frozen=True, repr=False)
class NeverCachesTheOutage(Check):
    """No call is given, without any request, the bad result of an earlier call with its prompt.

    Only calls count that an app without such a cache would have answered: its provider is up, and
    answered the last request or has been up for ten minutes, so that neither the outage nor an open
    breaker explains the result. Not applicable where no prompt that went wrong is asked again then.
    """

    why: ClassVar[str] = "a cache that keeps an error makes the outage last as long as its TTL"

    def __call__(self, run: Run) -> Finding:
        again = 0
        for call, first, kept in asked_again(run):
            again += 1
            if kept:
                seen = f"call {call.number} was given what call {first.number} had got"
                return self.failed(f"{seen} ({_what(first)}), without a request", call.began)
        if not again:
            return self.not_applicable("no prompt that had gone wrong was asked again afterwards")
        times = "once" if again == 1 else f"{again} times"
        return self.passed(f"prompts that had gone wrong were asked again {times}, and anew")


def asked_again(run: Run) -> Iterator[tuple[Call, Call, bool]]:
    """Calls that should be answered, the earlier one that was not, and whether its result was kept.

    Both have one prompt.
    """
    went_wrong: dict[str, Call] = {}
    for call in sorted(run.calls, key=lambda call: (call.began, call.number)):
        if call.outcome == "missed":
            continue
        first = went_wrong.get(call.prompt)
        if first is not None and _should_be_answered(run, call):
            yield call, first, _is_the_same(run, call, first)
        if call.outcome not in _BAD:
            went_wrong.pop(call.prompt, None)
        elif run.evidence.of(call):
            went_wrong[call.prompt] = call


def _should_be_answered(run: Run, call: Call) -> bool:
    usual = [provider for provider in run.providers if provider in run.evidence.primaries]
    up_for = max((run.up_for(provider, call.began) for provider in usual), default=-1.0)
    if not 0 <= up_for < _COOLDOWN:
        return up_for >= _COOLDOWN
    ended = [e for provider in usual for e in run.to(provider) if e.until <= call.began]
    return bool(ended) and max(ended, key=lambda exchange: (exchange.until, exchange.number)).ok


def _is_the_same(run: Run, call: Call, first: Call) -> bool:
    if run.evidence.of(call) or call.outcome not in _BAD:
        return False
    if call.error is not None or first.error is not None:
        return False
    return call.text == first.text and bool(call.text or call.returned == first.returned)


def _what(first: Call) -> str:
    said = " ".join(first.text.split())[:60] or first.returned
    return f"{first.outcome}: {said!r}"
