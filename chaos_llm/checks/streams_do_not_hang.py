"""No call waits long for a stream without content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.run import Run
from chaos_llm.checks._limits import calls
from chaos_llm.checks.check import Check, Finding
from chaos_llm.durations import Duration, describe, seconds
from chaos_llm.journal.journal import Exchange

_ROUNDING = 0.001  # seconds; of the sums of times


@dataclass(frozen=True, repr=False)
class StreamsDoNotHang(Check):
    """No call waits longer than `idle` for the next content of a stream.

    Pings, comments and headers are no content, although each resets a client's read timeout. A long
    pause counts even if content comes in the end. The default, half a minute, is half of a replay's
    default `deadline=`; an app that sets itself a longer deadline around each stream is judged by
    that. Not applicable if no stream was without content for that long.
    """

    why: ClassVar[str] = (
        "heartbeats reset read timeouts: a stream that only pings keeps its user, its connection "
        "and its worker waiting without a limit"
    )
    idle: Duration = "30s"

    def __post_init__(self) -> None:
        seconds(self.idle)

    @classmethod
    def with_learned_idle(cls, run: Run) -> StreamsDoNotHang:
        """The check with half a minute, or the app's own deadline around its streams if longer."""
        own = [(e.app_deadline, e.at) for e in run.api if e.stream]
        longest = max((d.ends - at for d, at in own if d is not None), default=0.0)
        if longest <= seconds("30s") or any(deadline is None for deadline, _ in own):
            return cls()
        return cls(round(longest, 6))

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
            return self.not_applicable(f"no stream was without content for {describe(limit)}")
        longest = describe(round(max(map(_quiet, streams)), 1))
        return self.passed(f"calls closed streams without content after at most {longest}")


def _quiet(exchange: Exchange) -> float:
    return exchange.content_timing.longest_quiet(exchange.until - exchange.at)
