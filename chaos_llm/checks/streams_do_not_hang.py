"""A stream without content is given up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.run import Run
from chaos_llm.checks._limits import calls
from chaos_llm.checks.check import Check, Finding
from chaos_llm.durations import Duration, describe, seconds
from chaos_llm.journal.journal import Exchange

_ROUNDING = 0.001


@dataclass(frozen=True, repr=False)
class StreamsDoNotHang(Check):
    """No stream is waited for longer than `idle` while no content comes.

    Pings, comments and headers are no content, though each resets a client's read timeout. Content
    that came in the end does not excuse the wait for it. Half a minute, the default, is half of the
    patience that a replay grants its users. Not applicable where no stream fell silent that long.
    """

    why: ClassVar[str] = (
        "heartbeats defeat timeouts: a stream that pings and says nothing holds its user, "
        "its connection and its worker for as long as the provider likes"
    )
    idle: Duration = "30s"

    def __post_init__(self) -> None:
        seconds(self.idle)

    def __call__(self, run: Run) -> Finding:
        limit = seconds(self.idle)
        streams = [e for e in run.api if e.stream]
        if not streams:
            return self.not_applicable("nothing was streamed")
        hung = [e for e in streams if _quiet(e) > limit + _ROUNDING]
        if hung:
            worst = max(hung, key=_quiet)
            count = len({e.call if e.call >= 0 else -1 - e.number for e in hung})
            seen = f"{calls(count)} waited longer for content than {describe(limit)}, the longest"
            return self.failed(f"{seen} {describe(round(_quiet(worst), 1))}", worst.at)
        if all(e.content_timing.quiet <= limit for e in streams):
            return self.not_applicable(f"no stream fell silent for {describe(limit)}")
        longest = max(map(_quiet, streams))
        return self.passed(f"silent streams were given up after {describe(round(longest, 1))}")


def _quiet(exchange: Exchange) -> float:
    return exchange.content_timing.longest_quiet(exchange.until - exchange.at)
