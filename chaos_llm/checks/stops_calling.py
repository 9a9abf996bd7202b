"""A provider that is down is soon left alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf
from typing import ClassVar, NamedTuple

from chaos_llm.analysis.run import Interval, Run
from chaos_llm.checks import _limits
from chaos_llm.checks._attempts import attempts
from chaos_llm.checks.check import Check, Finding, known_provider, whole_number
from chaos_llm.durations import Duration, describe, seconds

_CHANCE = 0.05  # a row of calls that go elsewhere is no accident where it is rarer than that
_PROBE_RETRIES = 1  # a breaker's probe is one request, or two where the SDK retries it once
_FOR_LONG = 1800.0  # seconds of asking with every call, however rare, that are no probing any more


class Ask(NamedTuple):
    """A call that failed on the provider: when it asked first, and when it failed last.

    `anew` says that the provider had answered or been left alone since the failure before;
    `passed_by` is how many calls went elsewhere meanwhile, `retries` how often the call repeated
    one request.
    """

    at: float
    failed: float
    anew: bool
    passed_by: int
    retries: int


Row = list[Ask]


@dataclass(frozen=True, repr=False)
class StopsCalling(Check):
    """While a provider is down, at most `within_calls` calls in a row fail on it.

    With `within` it is left alone after so many calls or after that time, whichever is later. A
    call that leaves the provider alone, or on which it answers, ends the row. One that a cache
    answers says nothing. One that began before the others had failed, or `probe_after` after they
    had, does not count: a breaker would let it through, too.

    Where all calls are that far apart, they may be a breaker's probes. They are not where as many
    in a row, none passing by, over half an hour and more, each repeat a request twice or more: a
    probe is no whole stack of retries, and a breaker that lets every call do so protects nobody.
    With fewer requests a call a breaker cannot be told from none, and the claim is not judged; nor
    is it where too few calls failed and none left the provider alone. Not applicable where the
    provider was never down (half of what it is asked is hit) while the app used it.
    """

    why: ClassVar[str] = (
        "each user pays the whole wait for a provider that is known to be down, "
        "and the provider is hammered while it recovers"
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
        intervals = [s for s in run.times_down(self.provider) if self._could_be_asked(run, s)]
        rows = [row for interval in intervals for row in self._rows(run, interval)]
        if not rows:
            return self._nothing_failed(run, intervals)
        worst = max(rows, key=self._too_many)
        stubborn = self._stubborn(worst)
        if self._too_many(worst) >= self.within_calls:
            seen = f"{len(worst)} calls in a row asked {self.provider} while it was down"
            at = stubborn[self.within_calls - 1].at
            return self.failed(f"{seen}, and it answered none", at)
        if relentless := next(filter(None, map(self._relentless, rows)), None):
            long = describe(relentless[-1].at - relentless[0].at)
            seen = f"{len(relentless)} calls in a row, over {long}, asked {self.provider}"
            seen += " while it was down, each with all its retries: no breaker probes like that"
            return self.failed(seen, relentless[self.within_calls].at)
        if any(self._too_many(row, rare=True) >= self.within_calls for row in rows):
            return self.not_judged(
                f"all calls asked {self.provider} while it was down, but came "
                f"{describe(seconds(self.probe_after))} or more apart, as a breaker's probes do; "
                "a shorter every= would tell"
            )
        if not any(self._was_passed_by(run, interval) for interval in intervals):
            most = _limits.calls(max(map(len, rows)))
            seen = f"no more than {most} in a row failed on {self.provider} while it was down"
            return self.not_judged(f"{seen}, and none left it alone: too few to tell")
        return self._left_alone(len(stubborn) + 1)

    def _could_be_asked(self, run: Run, interval: Interval) -> bool:
        """Whether calls in a spell could have asked the provider: a spare one is rarely needed."""
        calls = [call for call in run.calls if call.began in interval and run.shows_routing(call)]
        usual = run.evidence.uses(self.provider)
        return any(usual or run.of(call, self.provider) for call in calls)

    def _left_alone(self, after: int) -> Finding:
        calls = "one failed call" if after == 1 else f"at most {after} failed calls in a row"
        return self.passed(f"{self.provider} was left alone after {calls} while it was down")

    def _was_passed_by(self, run: Run, interval: Interval) -> bool:
        """Whether any call of a spell left the provider alone."""
        calls = (call for call in run.calls if call.began in interval and run.shows_routing(call))
        return any(not run.of(call, self.provider) for call in calls)

    def _nothing_failed(self, run: Run, intervals: list[Interval]) -> Finding:
        if not intervals:
            return self.not_applicable(f"{self.provider} was not down while calls were made")
        if any(
            request.at in interval for request in run.to(self.provider) for interval in intervals
        ):
            return self.not_applicable(f"{self.provider} answered all that it was asked")
        return self.passed(f"no call asked {self.provider} while it was down")

    def _rows(self, run: Run, interval: Interval) -> list[Row]:
        """The failing calls of a spell, cut where the provider answered or was left alone."""
        rows: list[Row] = []
        for ask in self._asks(run, interval):
            if ask.anew or not rows:
                rows.append([])
            rows[-1].append(ask)
        return rows

    def _asks(self, run: Run, interval: Interval) -> Iterator[Ask]:
        calls = [call for call in run.calls if call.began in interval and run.shows_routing(call)]
        elsewhere = run.evidence.probability_unused(self.provider)
        retries = _retries(run, self.provider)
        anew, passed_by = False, 0
        for call in sorted(calls, key=lambda call: (call.began, call.number)):
            asked = run.of(call, self.provider)
            if not asked:
                passed_by += 1
                anew = anew or elsewhere**passed_by <= _CHANCE
            elif not run.failed_on(call, self.provider):
                anew = True
            else:
                often = retries.get(call.number, 0)
                yield Ask(asked[0].at, asked[-1].until, anew, passed_by, often)
                anew, passed_by = False, 0

    def _too_many(self, row: Row, *, rare: bool = False) -> int:
        """How many of them there are; none if the last asked in time."""
        stubborn = self._stubborn(row, rare=rare)
        in_time = stubborn and stubborn[-1].at <= row[0].failed + seconds(self.within)
        return 0 if in_time else len(stubborn)

    def _relentless(self, row: Row) -> Row:
        """The longest part of a row in which every call was made with all its retries."""
        parts: list[Row] = [[]]
        for ask in row:
            if ask.passed_by or ask.retries <= _PROBE_RETRIES:
                parts.append([])
            if ask.retries > _PROBE_RETRIES:
                parts[-1].append(ask)
        longest = max(parts, key=len)
        if len(longest) <= self.within_calls:
            return []
        lasted = longest[-1].at - longest[0].at
        return longest if lasted > max(_FOR_LONG, seconds(self.within)) else []

    def _stubborn(self, row: Row, *, rare: bool = False) -> list[Ask]:
        """Those that asked soon after others had failed; with `rare`, after an empty pause, too."""
        pause = seconds(self.probe_after)
        found, under_way, failed = [], list[float](), -inf
        for ask in row:
            while under_way and under_way[0] <= ask.at:
                failed = heappop(under_way)
            soon = ask.at - failed < pause
            if failed > -inf and (soon or (rare and not ask.passed_by)):
                found.append(ask)
            heappush(under_way, ask.failed)
        return found


def _retries(run: Run, provider: str) -> dict[int, int]:
    """How often each call repeated one request to that provider."""
    most: dict[int, int] = {}
    for each in attempts(run.to(provider)):
        if each.retry:
            call = each.exchange.call
            most[call] = max(each.retry, most.get(call, 0))
    return most
