"""Retries respect Retry-After."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from chaos_llm.analysis.run import Run
from chaos_llm.checks._attempts import has_parallel_duplicates, retry_after_of
from chaos_llm.checks._limits import times
from chaos_llm.checks.check import Check, Finding
from chaos_llm.durations import Duration, describe, seconds
from chaos_llm.journal.journal import Exchange

# Times a retry-after; a wait over `up_to` of so many times what was asked is another unit's.
# Waits that are longer because of an app's own backoff are rarely over ten times (assumed).
_ANOTHER_UNIT = 20.0
# Timers are not exact: a retry this much too early still counts as in time.
_TOLERANCE = 0.01  # share of the wait
_TICK = 0.05  # seconds


class Wait(NamedTuple):
    """A refusal with a retry-after, and the next request of its call for the same model."""

    refused: Exchange
    retry_after: float  # seconds
    retry: Exchange

    @property
    def waited(self) -> float:
        """Seconds from the refusal to the next request."""
        return self.retry.at - self.refused.until

    @property
    def too_early(self) -> bool:
        """Whether the request came early by more than a timer's rounding."""
        early = self.retry_after - self.waited
        return early > max(_TICK, _TOLERANCE * self.retry_after)

    @property
    def times(self) -> int:
        """How many times as long as asked the call waited."""
        return round(self.waited / self.retry_after)


@dataclass(frozen=True, repr=False)
class HonoursRetryAfter(Check):
    """After a refusal with a retry-after, the call sends no request earlier than that.

    Only requests to the same provider, model and credential count, by whatever endpoint or
    deployment, because another model or key may still have capacity. The wait is read from
    `retry-after` (seconds or a date), `retry-after-ms`, Amazon's and Cohere's headers and Google's
    RetryInfo. Waits longer than `up_to` need not be respected; the default, a minute, is the
    longest wait that is respected by all vendors' SDKs that respect any. A wait over `up_to` that
    is twenty times as long as asked, or longer, has mistaken the unit, and fails. Requests that
    were under way when the refusal came, and retries of those, do not count.
    """

    why: ClassVar[str] = (
        "the provider refuses every request until then: an earlier one is wasted, "
        "and many providers count it against the limit"
    )
    up_to: Duration = "1m"

    def __post_init__(self) -> None:
        seconds(self.up_to)

    def __call__(self, run: Run) -> Finding:
        limit = seconds(self.up_to)
        refusals = [e for e in run.api if e.call >= 0 and 0 < (retry_after_of(e) or 0) <= limit]
        if not refusals:
            return self._no_short_wait(run)
        waits = _waits(run, refusals)
        early = [wait for wait in waits if wait.too_early]
        if early:
            first = early[0]
            provider, call = first.retry.provider, first.retry.call
            seen = f"call {call} sent {provider} a request {describe(first.waited)} after a refusal"
            in_all = f" ({len(early)} times in all)" if len(early) > 1 else ""
            wait = describe(first.retry_after)
            return self.failed(f"{seen} with a retry-after of {wait}{in_all}", first.retry.at)
        longest = max(waits, key=lambda wait: wait.times, default=None)
        if longest is not None and longest.times >= _ANOTHER_UNIT and longest.waited > limit:
            return self._overlong(longest)
        if not waits:
            return self.passed("no call sent another request after a refusal with a retry-after")
        return self.passed(f"calls waited as long as a retry-after asked, {times(len(waits))}")

    def _overlong(self, wait: Wait) -> Finding:
        waited, retry_after = describe(wait.waited), describe(wait.retry_after)
        seen = f"call {wait.retry.call} waited {waited}, {wait.times} times the {retry_after} that"
        return self.failed(f"{seen} {wait.retry.provider} had asked for", wait.refused.until)

    def _no_short_wait(self, run: Run) -> Finding:
        longest = max((retry_after_of(e) or 0.0 for e in run.api), default=0.0)
        if not longest:
            return self.not_applicable("no reply had a retry-after")
        seen = f"the only retry-afters were longer than {describe(seconds(self.up_to))}"
        return self.not_applicable(f"{seen}, the longest {describe(longest)}")


def _waits(run: Run, refusals: list[Exchange]) -> list[Wait]:
    duplicates = has_parallel_duplicates(run.api)
    by_call: dict[tuple[object, ...], list[Exchange]] = {}
    for exchange in run.api:
        by_call.setdefault(_limited_as(exchange), []).append(exchange)
    return [
        Wait(refused, refused.retry_after or 0.0, retry)
        for refused in refusals
        if (retry := _next(refused, by_call[_limited_as(refused)], duplicates=duplicates))
    ]


def _limited_as(exchange: Exchange) -> tuple[object, ...]:
    """The call and the limit that its request counts against: provider, credential and model."""
    return (
        exchange.user,
        exchange.call,
        exchange.provider,
        exchange.credential,
        exchange.model,
    )


def _next(refused: Exchange, of_call: list[Exchange], *, duplicates: bool) -> Exchange | None:
    """The next request of the call that was sent in knowledge of the refusal.

    A parallel request that failed before, with other content, is retried after a pause of its own.
    """
    before = (e for e in of_call if e.failed and e.at <= refused.until)
    own_pause = {failed.body_hash for failed in before if failed.body_hash != refused.body_hash}
    for exchange in of_call:
        if exchange.body_hash in own_pause:
            continue
        if exchange.number > refused.number and exchange.at >= refused.until:
            if exchange.at > refused.until:
                return exchange
            # At the very moment of the refusal it is a retry without a pause, unless the app sends
            # duplicates in parallel.
            if exchange.body_hash == refused.body_hash and not duplicates:
                return exchange
    return None
