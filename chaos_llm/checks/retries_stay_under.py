"""Retries do not multiply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.run import Run
from chaos_llm.checks._attempts import Attempt, attempts
from chaos_llm.checks.check import Check, Finding, whole_number
from chaos_llm.durations import describe

_FIVE_MINUTES = 300.0


@dataclass(frozen=True, repr=False)
class RetriesStayUnder(Check):
    """No request is repeated `limit` times or more in one call, whoever repeats it.

    A retry is a request that begins after one to the same endpoint and model failed in the same
    call: SDK, app and gateway count alike. An answer ends the row, so the steps of an agent are no
    retries of each other; nor are different requests at the same time; another provider or model
    is a fallback. What is asked again in the background, when its call is over, counts on average:
    in the worst five minutes there are fewer than `limit` retries a call, own and later ones.
    """

    why: ClassVar[str] = (
        "retries of several layers multiply: they make an outage longer for everybody, "
        "and each may be billed"
    )
    limit: int = 3

    def __post_init__(self) -> None:
        whole_number("limit", self.limit)

    def __call__(self, run: Run) -> Finding:
        if not any(exchange.failed for exchange in run.api):
            return self.not_applicable("no request failed")
        made = attempts(run.api)
        in_calls = [each for each in made if each.exchange.call >= 0]
        worst = max(in_calls, key=lambda each: each.retry, default=None)
        most = worst.retry if worst else 0
        if worst is not None and most >= self.limit:
            last = worst.exchange
            seen = f"call {last.call} sent one request to {last.provider} {most + 1} times"
            return self.failed(f"{seen}, {most} of them retries", last.at)
        begins, average = _worst_five_minutes(run, made)
        if average >= self.limit:
            seen = f"{average:.1f} retries a call in {describe(_FIVE_MINUTES)}"
            return self.failed(f"{seen}, those in the background included", begins)
        return self.passed(_in_words(most))


def _worst_five_minutes(run: Run, repeats: Sequence[Attempt]) -> tuple[float, float]:
    """When calls are retried most on average, in their own time and in the background after it."""
    own: dict[int, int] = {}
    for each in repeats:
        own[each.exchange.call] = max(each.retry, own.get(each.exchange.call, 0))
    calls: dict[int, list[int]] = {}
    for call in run.calls:
        if call.outcome != "missed":
            for slot in range(_slot(run, call.began), _slot(run, call.ended) + 1):
                calls.setdefault(slot, []).append(own.get(call.number, 0))
    averages = [
        (slot, (count + sum(calls.get(slot, ()))) / max(1, len(calls.get(slot, ()))))
        for slot, count in Counter(_slot(run, at) for at in _strays(repeats)).items()
    ]
    slot, average = max(averages, key=lambda pair: pair[1], default=(0, 0.0))
    return run.begins + slot * _FIVE_MINUTES, average


def _slot(run: Run, at: float) -> int:
    return int((at - run.begins) // _FIVE_MINUTES)


def _strays(repeats: Sequence[Attempt]) -> list[float]:
    """When requests of no call repeat each other, or what failed in a call."""
    made = [each.exchange for each in repeats]
    failed = {(e.provider, e.body_hash) for e in made if e.call >= 0 and e.failed}
    return [
        e.at
        for each, e in zip(repeats, made, strict=True)
        if e.call < 0 and (each.retry or (e.provider, e.body_hash) in failed)
    ]


def _in_words(most: int) -> str:
    if not most:
        return "no call retried"
    return "no request was retried more than " + ("once" if most == 1 else f"{most} times")
