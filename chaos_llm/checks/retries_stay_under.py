"""The number of retries of a request stays under a limit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.run import Run
from chaos_llm.checks._attempts import Attempt, attempts
from chaos_llm.checks._limits import times
from chaos_llm.checks.check import Check, Finding, whole_number
from chaos_llm.durations import describe

_FIVE_MINUTES = 300.0  # seconds over which background retries are averaged


@dataclass(frozen=True, repr=False)
class RetriesStayUnder(Check):
    """No request is retried `limit` times or more in one call, by any layer of the app.

    A retry is a request that begins after one to the same endpoint and model failed in the same
    call, whether the SDK, the app or a gateway sends it. After an answer the count starts anew, so
    the steps of an agent are no retries of each other, and neither are different requests at the
    same time. A request to another provider or model is a fallback. Retries in the background,
    after their call has ended, count on average: in the worst five minutes there are fewer than
    `limit` retries per call, in calls and in the background together.

    Without a limit it is five: as many as two layers make, if each of the SDK's three requests is
    sent by an app that asks twice. One layer that tries three or four times more and backs off is
    no mistake by itself.
    """

    why: ClassVar[str] = (
        "retries of several layers multiply: they prolong an outage for all users, "
        "and each may be billed"
    )
    limit: int = 5

    def __post_init__(self) -> None:
        whole_number("limit", self.limit)

    def __call__(self, run: Run) -> Finding:
        if not any(exchange.failed for exchange in run.api):
            return self.not_applicable("no request failed")
        requests = attempts(run.api)
        in_calls = [attempt for attempt in requests if attempt.exchange.call >= 0]
        worst = max(in_calls, key=lambda attempt: attempt.retry, default=None)
        most = worst.retry if worst else 0
        if worst is not None and most >= self.limit:
            last = worst.exchange
            seen = f"call {last.call} sent one request to {last.provider} {most + 1} times"
            return self.failed(f"{seen}, {most} of them retries", last.at)
        begins, average = _worst_five_minutes(run, requests)
        if average >= self.limit:
            seen = f"{average:.1f} retries per call within {describe(_FIVE_MINUTES)}"
            return self.failed(f"{seen}, including those in the background", begins)
        return self.passed(_in_words(most))


def _worst_five_minutes(run: Run, requests: Sequence[Attempt]) -> tuple[float, float]:
    """When the average number of retries per call is highest, and that number."""
    own: dict[int, int] = {}
    for attempt in requests:
        call_number = attempt.exchange.call
        own[call_number] = max(attempt.retry, own.get(call_number, 0))
    calls: dict[int, list[int]] = {}
    for call in run.calls:
        if call.outcome != "missed":
            for slot in range(_slot(run, call.began), _slot(run, call.ended) + 1):
                calls.setdefault(slot, []).append(own.get(call.number, 0))
    averages = [
        (slot, (count + sum(calls.get(slot, ()))) / max(1, len(calls.get(slot, ()))))
        for slot, count in Counter(_slot(run, at) for at in _background_retries(requests)).items()
    ]
    slot, average = max(averages, key=lambda pair: pair[1], default=(0, 0.0))
    return run.begins + slot * _FIVE_MINUTES, average


def _slot(run: Run, at: float) -> int:
    return int((at - run.begins) // _FIVE_MINUTES)


def _background_retries(requests: Sequence[Attempt]) -> list[float]:
    """The times of requests without a call that retry each other, or a failed one of a call."""
    exchanges = [attempt.exchange for attempt in requests]
    failed = {(e.provider, e.body_hash) for e in exchanges if e.call >= 0 and e.failed}
    return [
        e.at
        for attempt, e in zip(requests, exchanges, strict=True)
        if e.call < 0 and (attempt.retry or (e.provider, e.body_hash) in failed)
    ]


def _in_words(most: int) -> str:
    return f"no request was retried more than {times(most)}" if most else "no request was retried"
