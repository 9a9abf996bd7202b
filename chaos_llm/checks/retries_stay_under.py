"""Retries do not multiply."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.checks.check import Check, Finding
from chaos_llm.durations import describe
from chaos_llm.journal import Exchange
from chaos_llm.run import Run

_FIVE_MINUTES = 300.0


@dataclass(frozen=True, repr=False)
class RetriesStayUnder(Check):
    """No call retries `limit` times or more, nor do the calls of any five minutes on average.

    A retry is a request to a provider that failed in the same call before: whichever layer makes
    it (SDK, app, gateway) and for whichever prompt. A request to another provider is a fallback.
    """

    why: ClassVar[str] = (
        "retries of several layers multiply: they make an outage longer for everybody, "
        "and each may be billed"
    )
    limit: int = 3

    def __call__(self, run: Run) -> Finding:
        if not any(not exchange.ok for exchange in run.api):
            return self.not_applicable("no request failed")
        retries = _retries(run.api)
        by_call = Counter(e.key.call for e in retries if e.key.call >= 0)
        call, most = max(by_call.items(), key=lambda item: item[1], default=(-1, 0))
        begins, average = _worst_five_minutes(run, retries)
        if most >= self.limit:
            at = next(e.at for e in run.api if e.key.call == call)
            return self.failed(f"call {call} retried {most} times", at)
        if average >= self.limit:
            seen = f"{average:.1f} retries a call within {describe(_FIVE_MINUTES)}"
            return self.failed(seen, begins)
        return self.passed(f"at most {most} retries a call")


def _retries(exchanges: list[Exchange]) -> list[Exchange]:
    failed: set[tuple[int, int, str, str]] = set()
    retries = []
    for exchange in exchanges:
        key = exchange.key
        asked = (key.user, key.call, exchange.provider, key.content)
        if asked in failed:
            retries.append(exchange)
        if exchange.ok:
            failed.discard(asked)
        else:
            failed.add(asked)
    return retries


def _worst_five_minutes(run: Run, retries: list[Exchange]) -> tuple[float, float]:
    slots = Counter(int((e.at - run.begins) // _FIVE_MINUTES) for e in retries)
    calls = Counter(int((c.began - run.begins) // _FIVE_MINUTES) for c in run.calls)
    slot, average = max(
        ((slot, count / max(1, calls[slot])) for slot, count in slots.items()),
        key=lambda pair: pair[1],
        default=(0, 0.0),
    )
    return run.begins + slot * _FIVE_MINUTES, average
