"""No cache keeps a bad result of the outage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.run import Run
from chaos_llm.checks._limits import times
from chaos_llm.checks.check import Check, Finding

_COOLDOWN = 600.0  # seconds; longer than the cooldown of any breaker in use
_BAD_OUTCOMES = {"degraded", "truncated", "corrupted", "error_text", "failed"}


@dataclass(frozen=True, repr=False)
class NeverCachesTheOutage(Check):
    """No call returns the bad result of an earlier call with the same prompt from a cache.

    A result came from a cache if the call sent no request. Only calls count that an app without
    such a cache would have answered: a primary provider is up, and answered the last request or has
    been up for ten minutes, so that neither the outage nor an open breaker explains the result. If
    no prompt with a bad result was repeated after that, not judged for an app that keeps answers,
    and not applicable to others.
    """

    why: ClassVar[str] = "a cache that keeps an error makes the outage last as long as its TTL"

    def __call__(self, run: Run) -> Finding:
        sent = kept = 0
        for call, first, cached in repeated_prompts(run):
            sent, kept = (sent + 1, kept) if run.evidence.of(call) else (sent, kept + 1)
            if cached:
                seen = f"call {call.number} returned the bad result of call {first.number}"
                return self.failed(f"{seen} ({_result(first)}) without a request", call.began)
        if not sent and not kept:
            return self._nothing_repeated(run)
        if not sent:
            seen = f"prompts with a bad result were repeated {times(kept)} after the outage"
            return self.not_judged(f"{seen}, without a request and with another result")
        seen = f"prompts with a bad result were sent again {times(sent)} after the outage"
        return self.passed(f"{seen}, and none returned that result from a cache")

    def _nothing_repeated(self, run: Run) -> Finding:
        seen = "no prompt with a bad result was repeated after the outage"
        has_cache = any(call.outcome in ("cached", "stale") for call in run.calls)
        if has_cache and any(_is_bad(run, call) for call in run.calls):
            # The prompts that repeat were answered, and so kept, before the outage began.
            return self.not_judged(f"the app keeps answers, and {seen}; use warmup=0")
        return self.not_applicable(seen)


def _is_bad(run: Run, call: Call) -> bool:
    """Whether a call had a bad result that a request of its own led to."""
    return call.outcome in _BAD_OUTCOMES and bool(run.evidence.of(call))


def repeated_prompts(run: Run) -> Iterator[tuple[Call, Call, bool]]:
    """Yield calls that repeat the prompt of a call with a bad result, and should be answered.

    With each call come the earlier call, and whether the result is a cached copy of its result.
    """
    bad_results: dict[str, Call] = {}  # by prompt
    for call in sorted(run.calls, key=lambda call: (call.began, call.number)):
        if call.outcome == "missed":
            continue
        first = bad_results.get(call.prompt)
        if first is not None and _should_be_answered(run, call):
            yield call, first, _is_cached_copy(run, call, first)
        if call.outcome not in _BAD_OUTCOMES:
            bad_results.pop(call.prompt, None)
        elif _is_bad(run, call):
            bad_results[call.prompt] = call


def _should_be_answered(run: Run, call: Call) -> bool:
    primaries = [provider for provider in run.providers if provider in run.evidence.primaries]
    up_for = max((run.up_for(provider, call.began) for provider in primaries), default=-1.0)
    if not 0 <= up_for < _COOLDOWN:
        return up_for >= _COOLDOWN
    ended = [e for provider in primaries for e in run.to(provider) if e.until <= call.began]
    last = max(ended, key=lambda exchange: (exchange.until, exchange.number), default=None)
    # An empty answer opens a breaker, too.
    return last is not None and last.ok and not last.is_empty


def _is_cached_copy(run: Run, call: Call, first: Call) -> bool:
    if run.evidence.of(call) or call.outcome not in _BAD_OUTCOMES:
        return False
    if call.error is not None and first.error is not None:
        # Another class of exception may say that a breaker is open.
        return call.error.kind is first.error.kind
    if call.error is not None or first.error is not None:
        return False
    return call.text == first.text and bool(call.text or call.returned == first.returned)


def _result(first: Call) -> str:
    if first.error is not None:
        return f"{first.outcome}: {first.error.name}"
    shown = " ".join(first.text.split())[:60] or first.returned
    return f"{first.outcome}: {shown!r}"
