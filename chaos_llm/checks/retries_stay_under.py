"""Retries do not multiply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from chaos_llm.checks.check import Check, Finding, whole_number
from chaos_llm.durations import describe
from chaos_llm.journal import Exchange
from chaos_llm.plan import Key
from chaos_llm.run import Run

_FIVE_MINUTES = 300.0


class Try(NamedTuple):
    """A request, and how many failed ones it repeats."""

    exchange: Exchange
    retry: int


@dataclass(frozen=True, repr=False)
class RetriesStayUnder(Check):
    """No request is repeated `limit` times or more in one call, whoever repeats it.

    A retry is a request that begins after one to the same endpoint and model failed in the same
    call: SDK, app and gateway count alike. An answer ends the row, so the steps of an agent are no
    retries of each other; nor are different requests at the same time; another provider or model
    is a fallback. For requests that belong to no call, the average over five minutes counts.
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
        tries = [each for made in _rows(run.api) for each in _tries(made)]
        in_calls = [each for each in tries if each.exchange.call >= 0]
        worst = max(in_calls, key=lambda each: each.retry, default=None)
        most = worst.retry if worst else 0
        if worst is not None and most >= self.limit:
            made = worst.exchange
            seen = f"call {made.call} sent one request to {made.provider} {most + 1} times"
            return self.failed(f"{seen}, {most} of them retries", made.at)
        begins, average = _worst_five_minutes(run, tries)
        if average >= self.limit:
            seen = f"{average:.1f} retries a call, outside of calls, in {describe(_FIVE_MINUTES)}"
            return self.failed(seen, begins)
        return self.passed(_in_words(most))


def _rows(api: Iterable[Exchange]) -> Iterable[list[Exchange]]:
    """The requests that may repeat each other."""
    rows: dict[tuple[Key, str], list[Exchange]] = {}
    for made in api:
        rows.setdefault((made.key._replace(nth=0), made.model), []).append(made)
    # What nobody's call asks again although it was answered comes at intervals, as a ping does.
    return [row for row in rows.values() if row[0].key.call >= 0 or not _is_ping(row)]


def _is_ping(row: Sequence[Exchange]) -> bool:
    return any(exchange.ok for exchange in row[:-1])


def _tries(row: Sequence[Exchange]) -> Iterable[Try]:
    """Each request takes up a failed one that had ended and that no other has taken up."""
    failed: list[Try] = []
    for exchange in row:
        before = [each for each in failed if _may_repeat(exchange, each.exchange)]
        taken = min(before, key=lambda each: (each.retry, each.exchange.until), default=None)
        this = Try(exchange, 0 if taken is None else taken.retry + 1)
        if taken is not None:
            failed.remove(taken)
        if exchange.failed:
            failed.append(this)
        yield this


def _may_repeat(exchange: Exchange, failed: Exchange) -> bool:
    if failed.until == exchange.at:  # at once: a hasty retry, or one of several at the same time
        return failed.asked == exchange.asked
    return failed.until < exchange.at


def _worst_five_minutes(run: Run, tries: Sequence[Try]) -> tuple[float, float]:
    """The most retries a call of those requests that belong to none."""
    stray = (t.exchange.at for t in tries if t.retry and t.exchange.call < 0)
    slots = Counter(int((at - run.begins) // _FIVE_MINUTES) for at in stray)
    made = [call for call in run.calls if call.outcome != "missed"]
    calls = Counter(
        slot
        for call in made
        for slot in range(
            int((call.began - run.begins) // _FIVE_MINUTES),
            int((call.ended - run.begins) // _FIVE_MINUTES) + 1,
        )
    )
    slot, average = max(
        ((slot, count / max(1, calls[slot])) for slot, count in slots.items()),
        key=lambda pair: pair[1],
        default=(0, 0.0),
    )
    return run.begins + slot * _FIVE_MINUTES, average


def _in_words(most: int) -> str:
    if not most:
        return "no call retried"
    return "no request was retried more than " + ("once" if most == 1 else f"{most} times")
