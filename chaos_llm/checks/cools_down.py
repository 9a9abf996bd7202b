"""A provider that failed is left alone for a steady time, and as long as it asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from chaos_llm.analysis.run import Interval, Run
from chaos_llm.checks._attempts import retry_after_of
from chaos_llm.checks._by_model import judged_by_model
from chaos_llm.checks._limits import times
from chaos_llm.checks.check import Check, Finding, known_provider
from chaos_llm.durations import Duration, describe, seconds
from chaos_llm.journal.journal import Exchange

_SHORTER = 0.5  # share of an earlier pause; jitter is rarely more than a quarter of a pause
_TIMER_TOLERANCE = 0.99  # share of a retry-after that counts as waiting for all of it


class Pause(NamedTuple):
    """A time in which calls left a provider alone after a failure; times are of the profile.

    The app's cooldown is longer than `at_least` seconds, because a call went elsewhere then, and at
    most `at_most`, because a call used the provider again.
    """

    failed: Exchange
    at_least: float
    at_most: float


@dataclass(frozen=True, repr=False)
class CoolsDown(Check):
    """How long a provider is left alone after a failure is steady, and respects its retry-after.

    Within one outage no pause is shorter than half of an earlier one; longer ones are allowed. A
    pause after a refusal with a retry-after of up to `up_to` is not shorter than that, for all
    calls together. Only pauses count in which calls used other providers or were answered without a
    request. Not applicable if the provider was never left alone while it was down.
    """

    why: ClassVar[str] = (
        "a cooldown that ends early, now and then, sends every user to a provider that is down"
    )
    provider: str
    up_to: Duration = "1h"

    def __post_init__(self) -> None:
        known_provider(self.provider)
        seconds(self.up_to)

    def __call__(self, run: Run) -> Finding:
        return judged_by_model(run, self.provider, self._judge)

    def _judge(self, run: Run) -> Finding:
        groups = [list(self._pauses(run, i)) for i in run.times_down(self.provider)]
        pauses = [pause for group in groups for pause in group]
        if not run.to(self.provider):
            return self.not_applicable(f"{self.provider} was never asked")
        if not pauses:
            return self.not_applicable(f"{self.provider} was not left alone while it was down")
        if (early := next(filter(self._is_early, pauses), None)) is not None:
            retry_after = describe(early.failed.retry_after or 0.0)
            seen = f"{self.provider} was called again {describe(early.at_most)} after it had asked"
            return self.failed(f"{seen} for a pause of {retry_after}", early.failed.until)
        for group in groups:
            if unsteady := _shorter_than_before(group):
                before, after = unsteady
                seen = f"{self.provider} was left alone for {describe(before.at_least)} or longer,"
                seen += f" and later for at most {describe(after.at_most)}"
                return self.failed(seen, after.failed.until)
        if len(pauses) == 1:
            return self.not_judged(f"{self.provider} was left alone only once, too few to compare")
        least = describe(min(pause.at_most for pause in pauses))
        often = times(len(pauses))
        return self.passed(f"{self.provider} was left alone {often}, for {least} or longer")

    def _is_early(self, pause: Pause) -> bool:
        retry_after = retry_after_of(pause.failed) or 0.0
        return (
            0 < retry_after <= seconds(self.up_to)
            and pause.at_most < _TIMER_TOLERANCE * retry_after
        )

    def _pauses(self, run: Run, interval: Interval) -> Iterator[Pause]:
        elsewhere = sorted(
            call.began
            for call in run.calls
            if call.outcome != "missed" and not run.of(call, self.provider)
        )
        latest: Exchange | None = None  # the exchange that ended last of those so far
        for sent in sorted(run.to(self.provider), key=lambda exchange: exchange.at):
            if latest is not None and latest.failed and sent.at in interval:
                meanwhile = [at for at in elsewhere if latest.until < at < sent.at]
                if meanwhile:
                    since = latest.until
                    yield Pause(latest, meanwhile[-1] - since, sent.at - since)
            if latest is None or sent.until >= latest.until:
                latest = sent


def _shorter_than_before(pauses: list[Pause]) -> tuple[Pause, Pause] | None:
    """Two pauses of which the later one is too short, if there are any."""
    longest: Pause | None = None
    for pause in pauses:
        if longest is not None and pause.at_most < _SHORTER * longest.at_least:
            return longest, pause
        if longest is None or pause.at_least > longest.at_least:
            longest = pause
    return None
