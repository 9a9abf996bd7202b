"""Retries wait, longer each time, and not in step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import ClassVar

from chaos_llm.analysis.run import Run
from chaos_llm.checks._attempts import Attempt, attempts
from chaos_llm.checks.check import Check, Finding
from chaos_llm.durations import describe
from chaos_llm.journal.journal import Exchange

_AT_ONCE = 0.02  # seconds; botocore's own first pauses are up to 50 and 100 ms, most above this
_LONG = 8.0  # the longest pause of the vendors' SDKs: who waits that long need not wait longer
_FEW = 5  # calls that retried; of fewer nobody can say that they all wait the same time
_GROWS = 1.2  # even mistralai's factor of 1.5 is more
_STEADY = 1.5  # the longest pause over the shortest; who spreads more need not wait longer
_SAME = 0.02  # share of a pause; the SDKs' jitter is a quarter of it
_HERD, _INSTANT, _TOGETHER = 10, 0.02, 1.0  # requests; a share of their wait; seconds
_NOT_TRANSIENT = frozenset({400, 401, 402, 403, 404, 405, 413, 422})

Row = list[Attempt]  # the retries of one request, in order


@dataclass(frozen=True, repr=False)
class BacksOff(Check):
    """Retries of a call wait, wait longer each time, and with jitter.

    Pauses that a retry-after asked for are as told and count for none of that; but where ten
    requests and more failed within a second, they must not all come back in one instant, told or
    not. One retry at once is forgiven, two in a row are not. The wait may stay the same from 8 s
    on, or where it is spread widely. Jitter is seen by comparing calls: they may not all wait the
    same time. What no wait can mend (a refused key, a request that is too large) does not count.
    """

    why: ClassVar[str] = (
        "retries at once or in step hit a provider that is overloaded with more than its usual "
        "load, all at the same moment, and are wasted"
    )
    jitter: bool = True

    def __call__(self, run: Run) -> Finding:
        made = [each for each in attempts(run.api) if each.before and _is_transient(each.before)]
        if not made:
            return self.not_applicable("no request was retried")
        herd = self.jitter and _returning_together(made)
        if herd:
            count, first = herd
            seen = f"{count} requests came back to {first.provider} in the same instant"
            return self.failed(f"{seen}, after they had failed together", first.at)
        rows = _own(made)
        if not rows:
            return self.passed("every retry waited as long as a retry-after had said")
        if (hasty := _hasty(rows)) is not None:
            seen = f"call {hasty.exchange.call} retried at once, {hasty.retry} times in a row"
            return self.failed(seen, hasty.exchange.at)
        if len(rows) < _FEW:
            return self.not_judged(f"only {_calls(len(rows))} retried: too few to compare waits")
        return self._waits(rows)

    def _waits(self, rows: Sequence[Row]) -> Finding:
        first = rows[0][0].exchange
        pauses = _by_retry(rows)
        usual = [median(some) for some in pauses]
        if _is_constant(pauses, usual):
            seen = f"retries waited {describe(usual[0])}, and no longer the second time"
            return self.failed(seen, first.at)
        if self.jitter and _in_step(rows):
            seen = f"all {_calls(len(rows))} waited exactly {describe(usual[0])} before a retry"
            return self.failed(seen, first.at)
        return self.passed(f"retries waited {', then '.join(describe(wait) for wait in usual)}")


def _is_transient(failed: Exchange) -> bool:
    """Whether a wait may mend it: no refused request, and no answer that was cut at its limit."""
    at_its_limit = failed.status == 200 and failed.end == "complete" and not failed.error_message
    return failed.status not in _NOT_TRANSIENT and not at_its_limit


def _own(made: Iterable[Attempt]) -> list[Row]:
    """The retries that nobody had told when to come, each request of a call with its own row."""
    rows: dict[int, Row] = {}  # by the number of the last request
    for each in made:
        if each.before and each.exchange.call >= 0:
            row = rows.pop(each.before.number, [])
            rows[each.exchange.number] = row if each.told else [*row, each]
    return [row for row in rows.values() if row]


def _hasty(rows: Sequence[Row]) -> Attempt | None:
    """The second retry at once, where most calls with two retries make two of them at once."""
    several = [row for row in rows if len(row) > 1]
    found = [hasty for row in several if (hasty := _second_at_once(row)) is not None]
    return found[0] if found and len(found) * 2 > len(several) else None


def _second_at_once(row: Row) -> Attempt | None:
    in_a_row = 0
    for each in row:
        in_a_row = in_a_row + 1 if each.pause < _AT_ONCE else 0
        if in_a_row == 2:
            return each
    return None


def _by_retry(rows: Iterable[Row]) -> list[list[float]]:
    """The pauses before the first retries, the second, and so on while enough calls made one."""
    pauses: dict[int, list[float]] = {}
    for row in rows:
        for each in row:
            pauses.setdefault(each.retry, []).append(each.pause)
    return [some for _, some in sorted(pauses.items()) if len(some) >= _FEW] or [
        [each.pause for row in rows for each in row]
    ]


def _is_constant(pauses: Sequence[Sequence[float]], usual: Sequence[float]) -> bool:
    """Whether later retries wait no longer than the first, which waits no long time itself."""
    if len(usual) < 2 or usual[0] >= _LONG or usual[0] < _AT_ONCE:
        return False
    spread = any(max(some) > _STEADY * min(some) for some in pauses)
    return not spread and max(usual[1:]) < _GROWS * usual[0]


def _in_step(rows: Iterable[Row]) -> bool:
    """Whether all calls send their last retries the same time after they failed first."""
    waited: dict[int, list[float]] = {}
    for row in rows:
        total = 0.0
        for each in row:
            total += each.pause
            waited.setdefault(each.retry, []).append(total)
    enough = [some for _, some in sorted(waited.items()) if len(some) >= _FEW]
    if not enough or (wait := median(enough[-1])) < _AT_ONCE:
        return False  # one retry at once is forgiven
    return max(enough[-1]) - min(enough[-1]) < _SAME * wait


def _returning_together(made: Iterable[Attempt]) -> tuple[int, Exchange] | None:
    """So many requests that failed within a second and were sent again in one instant."""
    waits = [(e.before.until, e.exchange) for e in made if e.before and e.pause >= _AT_ONCE]
    waits.sort(key=lambda wait: (wait[1].provider, wait[1].at))
    begin = 0
    for end, (failed, exchange) in enumerate(waits):
        while not _is_near(waits[begin], (failed, exchange)):
            begin += 1
        if end - begin + 1 >= _HERD:
            return _all_of(waits[begin:])
    return None


def _is_near(first: tuple[float, Exchange], this: tuple[float, Exchange]) -> bool:
    instant = _INSTANT * (first[1].at - first[0])
    return (
        first[1].provider == this[1].provider
        and this[1].at - first[1].at <= instant
        and abs(this[0] - first[0]) <= _TOGETHER
    )


def _all_of(waits: Sequence[tuple[float, Exchange]]) -> tuple[int, Exchange]:
    return sum(1 for wait in waits if _is_near(waits[0], wait)), waits[0][1]


def _calls(count: int) -> str:
    return "one call" if count == 1 else f"{count} calls"
