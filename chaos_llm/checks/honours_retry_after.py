"""Who is told when to come back comes no earlier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from chaos_llm.analysis.run import Run
from chaos_llm.checks._attempts import has_parallel_duplicates, retry_after_of
from chaos_llm.checks.check import Check, Finding
from chaos_llm.durations import Duration, describe, seconds
from chaos_llm.journal.journal import Exchange

_TOLERANCE, _TICK = 0.01, 0.05  # a share of the wait, and seconds: timers are not exact


class Wait(NamedTuple):
    """A refusal that said when to come back, and the first request of its call after it."""

    refused: Exchange
    told: float
    again: Exchange

    @property
    def waited(self) -> float:
        return self.again.at - self.refused.until

    @property
    def too_early(self) -> bool:
        """Whether it came early by more than a timer's rounding."""
        return self.told - self.waited > max(_TICK, _TOLERANCE * self.told)


@dataclass(frozen=True, repr=False)
class HonoursRetryAfter(Check):
    """After a refusal that says when to come back, the call asks the same no earlier.

    The same is the same model with the same credential at the same provider, by whatever endpoint
    or deployment; another model or key may have room. Read are `retry-after` (seconds or a date),
    `retry-after-ms`, Amazon's and Cohere's headers and Google's RetryInfo. Waits longer than
    `up_to` need not be obeyed: a minute is the longest that all of the vendors' SDKs obey which
    obey any. Requests that were under way when the refusal came, or waited to be repeated, do not
    count.
    """

    why: ClassVar[str] = (
        "the provider has said that it will refuse until then: to ask earlier is wasted, "
        "and many providers count it against the limit"
    )
    up_to: Duration = "1m"

    def __post_init__(self) -> None:
        seconds(self.up_to)

    def __call__(self, run: Run) -> Finding:
        told = [
            e
            for e in run.api
            if e.call >= 0 and 0 < (retry_after_of(e) or 0) <= seconds(self.up_to)
        ]
        if not told:
            return self._nobody_told(run)
        waits = _waits(run, told)
        early = [wait for wait in waits if wait.too_early]
        if early:
            first = early[0]
            provider, call = first.again.provider, first.again.call
            seen = f"call {call} asked {provider} again {describe(first.waited)} after it had said"
            times = f" ({len(early)} times in all)" if len(early) > 1 else ""
            return self.failed(f"{seen} to wait {describe(first.told)}{times}", first.again.at)
        if not waits:
            return self.passed("no call asked again that had been told to wait")
        times = "once" if len(waits) == 1 else f"{len(waits)} times"
        return self.passed(f"who was told to wait did, {times}")

    def _nobody_told(self, run: Run) -> Finding:
        longest = max((retry_after_of(e) or 0.0 for e in run.api), default=0.0)
        if not longest:
            return self.not_applicable("no reply said when to come back")
        told = f"replies said to wait as long as {describe(longest)}"
        return self.not_applicable(f"{told}, which nobody need obey")


def _waits(run: Run, told: list[Exchange]) -> list[Wait]:
    duplicates = has_parallel_duplicates(run.api)
    by_call: dict[tuple[object, ...], list[Exchange]] = {}
    for made in run.api:
        by_call.setdefault(_same(made), []).append(made)
    return [
        Wait(refused, refused.retry_after or 0.0, again)
        for refused in told
        if (again := _next(refused, by_call[_same(refused)], duplicates=duplicates)) is not None
    ]


def _same(made: Exchange) -> tuple[object, ...]:
    return made.user, made.call, made.provider, made.credential, made.model


def _next(refused: Exchange, asked: list[Exchange], *, duplicates: bool) -> Exchange | None:
    """The next request of its call that knew of the refusal.

    One of several at the same time that comes back after a wait of its own did not.
    """
    before = (e for e in asked if e.failed and e.at <= refused.until)
    waiting = {failed.body_hash for failed in before if failed.body_hash != refused.body_hash}
    for made in asked:
        if made.body_hash in waiting:
            continue
        if made.number > refused.number and made.at >= refused.until:
            if made.at > refused.until:
                return made
            if made.body_hash == refused.body_hash and not duplicates:  # else it may have come beside it
                return made
    return None
