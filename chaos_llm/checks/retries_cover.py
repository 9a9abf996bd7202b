"""Retries cover each kind of transient failure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.evidence import RequestedModel, model_of
from chaos_llm.analysis.failovers import FAILURE_KINDS, failure_kind
from chaos_llm.analysis.run import Run
from chaos_llm.checks._attempts import attempts, retry_after_of
from chaos_llm.checks._limits import calls
from chaos_llm.checks._other_kinds import ADD_PROFILE
from chaos_llm.checks.check import Check, Finding
from chaos_llm.journal.journal import Exchange

_SERVER_ERROR = "a server error"
_NOT_TRANSIENT = ("a refused key", "an empty answer")
_NO_ANSWER = ("failed", "degraded", "error_text", "truncated", "corrupted")
# Seconds; a retry-after over it need not be waited for, unless the app pauses for that long, too.
_SHORT_WAIT = 3.0  # (assumed)
_LONG_WAIT = 60.0  # a retry-after over it need never be waited for
_PATIENT = 10.0  # seconds without an answer after which a call may have no time for a retry
_IN_A_ROW = 3  # failures of a model after which a breaker may let one request through (assumed)
_BY_CHANCE = 1  # calls without a retry that may have reasons of their own, such as a deadline


@dataclass(frozen=True, repr=False)
class RetriesCover(Check):
    """An app that retries one kind of transient failure retries every kind.

    The kinds are a server error (each status is one), a rate limit, a lost connection, no answer in
    time, a stream that broke off and an error in a 200. It fails if several calls got no answer
    after a kind that is never retried, while another kind is. A stream of which the user has seen
    the beginning need not be retried, nor a retry-after that is longer than three seconds and than
    all pauses before retries, nor one over a minute, an exhausted quota, a request that took long
    to fail, or one after three failures in a row, which may be the probe of a breaker. Not
    applicable if nothing is retried, not judged if only one kind occurred.
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
            kind = _kind(exchange)
            if exchange.call >= 0 and kind and kind not in _NOT_TRANSIENT:
                failed.setdefault(kind, []).append(exchange)
        covered = {k for k, group in failed.items() if any(e.number in retried for e in group)}
        if not covered:
            return self.not_applicable("no request was retried")
        probes = _possible_probes(run)
        for kind in sorted(failed.keys() - covered, key=_order):
            group = failed[kind]
            once = (e for e in group if e.number not in probes)
            lost = [e for e in once if _should_be_retried(e, by_number.get(e.call), patience)]
            if len(numbers := {e.call for e in lost}) > _BY_CHANCE:
                others = _named(covered if kind.startswith(_SERVER_ERROR) else _broad(covered))
                seen = f"{calls(len(numbers))} got no answer after {kind}, without a retry"
                return self.failed(f"{seen}; {others} was retried", lost[0].at)
        if len(_broad(failed)) == 1:
            return self.not_judged(f"only {_named(_broad(failed))} occurred; {ADD_PROFILE}")
        return self.passed(f"{_named(_broad(covered))} was retried")


def _possible_probes(run: Run) -> set[int]:
    """The numbers of requests after several failures in a row: a breaker may allow but one."""
    row: dict[RequestedModel, int] = {}
    found = set()
    for exchange in run.api:
        model = model_of(exchange)
        if row.get(model, 0) >= _IN_A_ROW:
            found.add(exchange.number)
        row[model] = 0 if exchange.ok else row.get(model, 0) + 1
    return found


def _kind(exchange: Exchange) -> str:
    """A kind of failure; there are apps that retry a 529 and give up after a 500."""
    kind = failure_kind(exchange)
    return f"{kind} ({exchange.status})" if kind == _SERVER_ERROR else kind


def _broad(kinds: Iterable[str]) -> set[str]:
    """The kinds without statuses."""
    return {kind.partition(" (")[0] for kind in kinds}


def _order(kind: str) -> tuple[int, str]:
    return FAILURE_KINDS.index(kind.partition(" (")[0]), kind


def _named(kinds: Iterable[str]) -> str:
    return ", ".join(sorted(kinds, key=_order))


def _should_be_retried(failed: Exchange, call: Call | None, patience: float) -> bool:
    if call is None or call.outcome not in _NO_ANSWER:
        return False
    wait = retry_after_of(failed) or 0.0
    has_time = failed.until - call.began < _PATIENT
    is_shown = call.streamed and failed.content_timing.first <= failed.until - failed.at
    quota = any(planned.fault.startswith("insufficient_quota") for planned in failed.fault_effects)
    return has_time and not is_shown and not quota and wait <= patience
