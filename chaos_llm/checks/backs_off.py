"""Retries wait, wait longer each time, and are spread by jitter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import ClassVar

from chaos_llm.analysis.run import Run
from chaos_llm.checks._attempts import Attempt, attempts
from chaos_llm.checks._limits import calls, counted
from chaos_llm.checks.check import Check, Finding
from chaos_llm.durations import describe
from chaos_llm.journal.journal import Exchange

# Seconds; a shorter pause is none. botocore's first pauses are up to 50 and 100 ms, most above it.
_NO_PAUSE = 0.02
_LONG = 8.0  # seconds; the longest pause of the vendors' SDKs: from here on it need not grow
_FEW = 5  # calls that retried; fewer cannot show that all wait the same time
_GROWTH = 1.2  # factor from one pause to the next; the smallest of an SDK, mistralai's, is 1.5
_SPREAD = 1.5  # longest over shortest pause; pauses that are spread wider need not grow
_SAME = 0.02  # share of a pause; the SDKs' jitter is a quarter of it
_HERD = 10  # requests that fail together and come back together
_FAILED_TOGETHER = 1.0  # seconds between their failures
_RETRIED_TOGETHER = 0.02  # share of their pause between their retries
# A refused request fails again, however long a client waits.
_NOT_TRANSIENT = frozenset({400, 401, 402, 403, 404, 405, 413, 422})

RetryChain = list[Attempt]  # the retries of one request, in order


@dataclass(frozen=True, repr=False)
class BacksOff(Check):
    """Retries of a call wait, wait longer each time, and are spread by jitter.

    One retry without a pause is allowed, two in a row are not. The pause need not grow from 8 s on,
    or if pauses are spread widely. Jitter is judged by comparing calls, which must not all wait the
    same time; `jitter=False` leaves it out. Pauses that a retry-after asked for are not judged,
    except that ten or more requests that failed within a second must not all be retried at the same
    instant. Retries after a failure that no pause can mend (a refused key, a request that is too
    large) do not count.
    """

    why: ClassVar[str] = (
        "retries without a pause, or all at the same moment, add to the load of a provider that is "
        "overloaded already, and fail again"
    )
    jitter: bool = True

    def __call__(self, run: Run) -> Finding:
        retries = [e for e in attempts(run.api) if e.previous and _is_transient(e.previous)]
        if not retries:
            return self.not_applicable("no request was retried")
        herd = self.jitter and _retried_together(retries)
        if herd:
            count, first = herd
            seen = f"{count} requests to {first.provider} failed together and were all retried"
            return self.failed(f"{seen} at the same instant", first.at)
        chains = _with_own_pauses(retries)
        if not chains:
            return self._without_own_pauses(retries)
        if (hasty := _without_pauses(chains)) is not None:
            call, often = hasty.exchange.call, hasty.retry
            seen = f"call {call} retried without a pause {often} times in a row"
            return self.failed(seen, hasty.exchange.at)
        if len(chains) < _FEW:
            return self.not_judged(f"only {calls(len(chains))} retried, too few to compare pauses")
        return self._compare_pauses(chains)

    def _without_own_pauses(self, retries: Sequence[Attempt]) -> Finding:
        # Retries in the background go on after their call has ended, and are not compared.
        if any(retry.respected_retry_after for retry in retries):
            return self.passed("every retry of a call waited as long as its retry-after asked")
        unknown = counted(sum(retry.exchange.call < 0 for retry in retries), "retried request")
        return self.not_judged(f"it is not known which calls {unknown} belong to")

    def _compare_pauses(self, chains: Sequence[RetryChain]) -> Finding:
        first = chains[0][0].exchange
        pauses = _by_retry(chains)
        medians = [median(group) for group in pauses]
        if _is_constant(pauses, medians):
            seen = f"retries waited {describe(medians[0])}, and later retries no longer than that"
            return self.failed(seen, first.at)
        if self.jitter and _in_step(chains):
            seen = f"all {calls(len(chains))} waited exactly {describe(medians[0])} before a retry"
            return self.failed(f"{seen}, without jitter", first.at)
        return self.passed(f"retries waited {', then '.join(describe(wait) for wait in medians)}")


def _is_transient(failed: Exchange) -> bool:
    """Whether a later retry may succeed: no refused request, no answer cut at its token limit."""
    at_token_limit = failed.status == 200 and failed.end == "complete" and not failed.error_message
    return failed.status not in _NOT_TRANSIENT and not at_token_limit


def _with_own_pauses(retries: Iterable[Attempt]) -> list[RetryChain]:
    """The retries of each request of a call, without those that waited for a retry-after."""
    chains: dict[int, RetryChain] = {}  # by the number of the chain's last request
    for retry in retries:
        if retry.previous and retry.exchange.call >= 0:
            chain = chains.pop(retry.previous.number, [])
            own_pause = not retry.respected_retry_after
            chains[retry.exchange.number] = [*chain, retry] if own_pause else chain
    return [chain for chain in chains.values() if chain]


def _without_pauses(chains: Sequence[RetryChain]) -> Attempt | None:
    """The first second retry without a pause, if most calls with two retries make two like it."""
    several = [chain for chain in chains if len(chain) > 1]
    found = [hasty for chain in several if (hasty := _second_without_pause(chain)) is not None]
    return found[0] if found and len(found) * 2 > len(several) else None


def _second_without_pause(chain: RetryChain) -> Attempt | None:
    in_a_row = 0
    for retry in chain:
        in_a_row = in_a_row + 1 if retry.pause < _NO_PAUSE else 0
        if in_a_row == 2:
            return retry
    return None


def _by_retry(chains: Iterable[RetryChain]) -> list[list[float]]:
    """The pauses before all first retries, all second ones, and so on; all in one if too few."""
    pauses: dict[int, list[float]] = {}
    for chain in chains:
        for retry in chain:
            pauses.setdefault(retry.retry, []).append(retry.pause)
    return [group for _, group in sorted(pauses.items()) if len(group) >= _FEW] or [
        [retry.pause for chain in chains for retry in chain]
    ]


def _is_constant(pauses: Sequence[Sequence[float]], medians: Sequence[float]) -> bool:
    """Whether later pauses are no longer than the first, which is not a long one."""
    if len(medians) < 2 or medians[0] >= _LONG or medians[0] < _NO_PAUSE:
        return False
    spread = any(max(group) > _SPREAD * min(group) for group in pauses)
    return not spread and max(medians[1:]) < _GROWTH * medians[0]


def _in_step(chains: Iterable[RetryChain]) -> bool:
    """Whether all calls send their last retries the same time after their first failure."""
    waited: dict[int, list[float]] = {}
    for chain in chains:
        total = 0.0
        for retry in chain:
            total += retry.pause
            waited.setdefault(retry.retry, []).append(total)
    enough = [group for _, group in sorted(waited.items()) if len(group) >= _FEW]
    if not enough or (wait := median(enough[-1])) < _NO_PAUSE:
        return False  # one retry without a pause is allowed
    return max(enough[-1]) - min(enough[-1]) < _SAME * wait


def _retried_together(retries: Iterable[Attempt]) -> tuple[int, Exchange] | None:
    """How many requests failed together and were retried together, and the first retry."""
    waits = [(e.previous.until, e.exchange) for e in retries if e.previous and e.pause >= _NO_PAUSE]
    waits.sort(key=lambda wait: (wait[1].provider, wait[1].at))
    begin = 0
    for end, wait in enumerate(waits):
        while not _is_near(waits[begin], wait):
            begin += 1
        if end - begin + 1 >= _HERD:
            herd = [other for other in waits[begin:] if _is_near(waits[begin], other)]
            return len(herd), waits[begin][1]
    return None


def _is_near(first: tuple[float, Exchange], other: tuple[float, Exchange]) -> bool:
    """Whether two retries, each with the time of the failure before it, belong to one herd."""
    instant = _RETRIED_TOGETHER * (first[1].at - first[0])
    return (
        first[1].provider == other[1].provider
        and other[1].at - first[1].at <= instant
        and abs(other[0] - first[0]) <= _FAILED_TOGETHER
    )
