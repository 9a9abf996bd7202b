"""The app stops calling a provider that is down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf
from typing import ClassVar, NamedTuple

from chaos_llm.analysis.run import Interval, Run
from chaos_llm.checks import _limits
from chaos_llm.checks._attempts import attempts
from chaos_llm.checks._by_model import judged_by_model
from chaos_llm.checks.check import Check, Finding, known_provider, whole_number
from chaos_llm.durations import Duration, describe, seconds

_CHANCE = 0.05  # calls that use other providers are no coincidence if it is less likely than this
_PROBE_RETRIES = 1  # a breaker's probe is one request, or two if the SDK retries it once
# Seconds; if every call uses the provider for longer, those are no probes, however rare they are.
_FOR_LONG = 1800.0


class FailedCall(NamedTuple):
    """A call that failed on the provider: when it sent its first request, and failed last.

    `restarts` says that the provider had answered, or calls had stopped using it, since the failed
    call before. Meanwhile `elsewhere` calls used other providers only. `retries` is how often the
    call retried one request.
    """

    at: float
    failed: float
    restarts: bool
    elsewhere: int
    retries: int


Series = list[FailedCall]  # failed calls in a row


@dataclass(frozen=True, repr=False)
class StopsCalling(Check):
    """While a provider is down, at most `within_calls` calls in a row fail on it.

    With `within`, calls may go on for that time, even if more of them fail. A call that the
    provider answers, or that uses other providers only, ends the series. A call that a cache
    answers does not count, nor does one that began before the others had failed, or `probe_after`
    later, because a breaker would let it through, too. Where calls are closer to each other, a
    breaker with a cooldown so short that all of them are let through protects no user, and fails.

    Calls that are all that far apart may be a breaker's probes. They fail nevertheless if every
    call of a series over more than half an hour uses the provider, and each retries a request twice
    or more: users wait as long as without a breaker, even if there is one around the retries. With
    fewer retries an app with a breaker cannot be distinguished from one without, and the check is
    not judged; nor is it if few calls failed and all of them used the provider. Not applicable if
    the provider was never down (half of its requests are hit) while the app used it.
    """

    why: ClassVar[str] = (
        "each user waits in full for a provider that is known to be down, "
        "and the provider is overloaded while it recovers"
    )
    provider: str
    within_calls: int = 8
    probe_after: Duration = "1m"
    within: Duration = 0

    def __post_init__(self) -> None:
        known_provider(self.provider)
        whole_number("within_calls", self.within_calls)
        seconds(self.probe_after)
        seconds(self.within)

    def __call__(self, run: Run) -> Finding:
        return judged_by_model(run, self.provider, self._judge)

    def _judge(self, run: Run) -> Finding:
        intervals = [i for i in run.times_down(self.provider) if self._may_be_used(run, i)]
        all_series = [series for interval in intervals for series in self._series(run, interval)]
        if not all_series:
            return self._nothing_failed(run, intervals)
        worst = max(all_series, key=self._too_many)
        if self._too_many(worst) >= self.within_calls:
            seen = f"{len(worst)} calls in a row used {self.provider} while it was down"
            at = self._soon_after_failures(worst)[self.within_calls - 1].at
            return self.failed(f"{seen}, and it answered none", at)
        if relentless := next(filter(None, map(self._relentless, all_series)), None):
            long = describe(relentless[-1].at - relentless[0].at)
            seen = f"{len(relentless)} calls in a row, over {long}, used {self.provider}"
            seen += " while it was down, each with all its retries, as without a breaker"
            return self.failed(seen, relentless[self.within_calls].at)
        if any(self._too_many(series, rare=True) >= self.within_calls for series in all_series):
            return self.not_judged(
                f"all calls used {self.provider} while it was down, but were "
                f"{describe(seconds(self.probe_after))} or more apart, as a breaker's probes are; "
                "use a shorter every="
            )
        if not any(self._was_avoided(run, interval) for interval in intervals):
            most = _limits.calls(max(map(len, all_series)))
            seen = f"no more than {most} in a row failed on {self.provider} while it was down"
            return self.not_judged(f"{seen}, and all calls used it: too few to judge")
        return self._stopped(len(self._soon_after_failures(worst)) + 1)

    def _may_be_used(self, run: Run, interval: Interval) -> bool:
        """Whether healthy calls use the provider, or a call of the interval did."""
        calls = [call for call in run.calls if call.began in interval and run.shows_routing(call)]
        used = run.uses(self.provider)
        return any(used or run.of(call, self.provider) for call in calls)

    def _stopped(self, after: int) -> Finding:
        calls = "one failed call" if after == 1 else f"at most {after} failed calls in a row"
        return self.passed(f"calls stopped using {self.provider} after {calls} while it was down")

    def _was_avoided(self, run: Run, interval: Interval) -> bool:
        """Whether any call of an interval used other providers only."""
        calls = (call for call in run.calls if call.began in interval and run.shows_routing(call))
        return any(not run.of(call, self.provider) for call in calls)

    def _nothing_failed(self, run: Run, intervals: list[Interval]) -> Finding:
        if not intervals:
            return self.not_applicable(f"{self.provider} was not down while calls were made")
        if any(
            request.at in interval for request in run.to(self.provider) for interval in intervals
        ):
            return self.not_applicable(
                f"{self.provider} answered all calls that used it while it was down"
            )
        return self.passed(f"no call used {self.provider} while it was down")

    def _series(self, run: Run, interval: Interval) -> list[Series]:
        """The failed calls of an interval, split where the provider answered or was avoided."""
        found: list[Series] = []
        for failed in self._failed_calls(run, interval):
            if failed.restarts or not found:
                found.append([])
            found[-1].append(failed)
        return found

    def _failed_calls(self, run: Run, interval: Interval) -> Iterator[FailedCall]:
        calls = [call for call in run.calls if call.began in interval and run.shows_routing(call)]
        unused = run.probability_unused(self.provider)
        retries = _retries(run, self.provider)
        restarts, elsewhere = False, 0
        for call in sorted(calls, key=lambda call: (call.began, call.number)):
            requests = run.of(call, self.provider)
            if not requests:
                elsewhere += 1
                restarts = restarts or unused**elsewhere <= _CHANCE
            elif not run.failed_on(call, self.provider):
                restarts = True
            else:
                often = retries.get(call.number, 0)
                yield FailedCall(requests[0].at, requests[-1].until, restarts, elsewhere, often)
                restarts, elsewhere = False, 0

    def _too_many(self, series: Series, *, rare: bool = False) -> int:
        """How many calls of a series a breaker would have stopped; 0 if all came in time."""
        found = self._soon_after_failures(series, rare=rare)
        in_time = found and found[-1].at <= series[0].failed + seconds(self.within)
        return 0 if in_time else len(found)

    def _relentless(self, series: Series) -> Series:
        """The longest part of a series in which every call used the provider with all retries."""
        parts: list[Series] = [[]]
        for failed in series:
            if failed.elsewhere or failed.retries <= _PROBE_RETRIES:
                parts.append([])
            if failed.retries > _PROBE_RETRIES:
                parts[-1].append(failed)
        longest = max(parts, key=len)
        if len(longest) <= self.within_calls:
            return []
        lasted = longest[-1].at - longest[0].at
        return longest if lasted > max(_FOR_LONG, seconds(self.within)) else []

    def _soon_after_failures(self, series: Series, *, rare: bool = False) -> Series:
        """The calls within `probe_after` of a failure; with `rare`, later ones if none avoided it.

        Calls overlap, so the failures that a call could know of are taken in the order of their
        ends.
        """
        pause = seconds(self.probe_after)
        found, under_way, last_failure = [], list[float](), -inf
        for call in series:
            while under_way and under_way[0] <= call.at:
                last_failure = heappop(under_way)
            soon = call.at - last_failure < pause
            if last_failure > -inf and (soon or (rare and not call.elsewhere)):
                found.append(call)
            heappush(under_way, call.failed)
        return found


def _retries(run: Run, provider: str) -> dict[int, int]:
    """How often each call retried one request to that provider, at most."""
    most: dict[int, int] = {}
    for attempt in attempts(run.to(provider)):
        if attempt.retry:
            call = attempt.exchange.call
            most[call] = max(attempt.retry, most.get(call, 0))
    return most
