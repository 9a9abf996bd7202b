"""Retries cover each kind of transient failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.failovers import FAILURE_KINDS, failure_kind
from chaos_llm.analysis.run import Run
from chaos_llm.checks._attempts import attempts, retry_after_of
from chaos_llm.checks._limits import calls
from chaos_llm.checks._other_kinds import ADD_PROFILE
from chaos_llm.checks.check import Check, Finding
from chaos_llm.journal.journal import Exchange

_NOT_TRANSIENT = ("a refused key", "an empty answer")
_NO_ANSWER = ("failed", "error_text", "truncated", "corrupted")
# Seconds; a retry-after over it need not be waited for, unless the app pauses for that long, too.
_SHORT_WAIT = 5.0  # (assumed)
_LONG_WAIT = 60.0  # a retry-after over it need never be waited for
_PATIENT = 10.0  # seconds without an answer after which a call may have no time for a retry
_BY_CHANCE = 1  # calls without a retry that may have reasons of their own, such as a deadline


@dataclass(frozen=True, repr=False)
class RetriesCover(Check):
    """An app that retries one kind of transient failure retries every kind.

    The kinds are a server error, a rate limit, a lost connection, no answer in time, a stream that
    broke off and an error in a 200. It fails if several calls got no answer after a kind that is
    never retried, while another kind is. A stream of which the user has seen the beginning need not
    be retried, nor a retry-after that is longer than five seconds and than all pauses before
    retries, nor one over a minute, an exhausted quota, or a request that took long to
    fail. Not applicable if nothing is retried, not judged if only one kind occurred.
    """

    why: ClassVar[str] = (
        "an outage changes its face within minutes: retries that know only a 500 do not help when "
        "streams break off"
    )

    def __call__(self, run: Run) -> Finding:
        again = [attempt for attempt in attempts(run.api) if attempt.previous is not None]
        retried = {a.previous.number for a in again if a.previous is not None}
        pauses = (attempt.pause for attempt in again)
        patience = min(max([_SHORT_WAIT, *pauses]), _LONG_WAIT)
        by_number = {call.number: call for call in run.calls}
        failed: dict[str, list[Exchange]] = {}
        for exchange in run.api:
            kind = failure_kind(exchange)
            if exchange.call >= 0 and kind and kind not in _NOT_TRANSIENT:
                failed.setdefault(kind, []).append(exchange)
        covered = {k for k, group in failed.items() if any(e.number in retried for e in group)}
        if not covered:
            return self.not_applicable("no request was retried")
        if len(failed) == 1:
            return self.not_judged(f"only {next(iter(failed))} occurred; {ADD_PROFILE}")
        for kind in FAILURE_KINDS:
            group = [] if kind in covered else failed.get(kind, [])
            lost = [e for e in group if _should_be_retried(e, by_number.get(e.call), patience)]
            if len(numbers := {e.call for e in lost}) > _BY_CHANCE:
                others = _named(covered)
                seen = f"{calls(len(numbers))} got no answer after {kind}, without a retry"
                return self.failed(f"{seen}; {others} was retried", lost[0].at)
        return self.passed(f"{_named(covered)} was retried")


def _named(kinds: set[str]) -> str:
    return ", ".join(kind for kind in FAILURE_KINDS if kind in kinds)


def _should_be_retried(failed: Exchange, call: Call | None, patience: float) -> bool:
    if call is None or call.outcome not in _NO_ANSWER:
        return False
    wait = retry_after_of(failed) or 0.0
    has_time = failed.until - call.began < _PATIENT
    is_shown = call.streamed and failed.content_timing.first <= failed.until - failed.at
    quota = any(planned.fault.startswith("insufficient_quota") for planned in failed.fault_effects)
    return has_time and not is_shown and not quota and wait <= patience
