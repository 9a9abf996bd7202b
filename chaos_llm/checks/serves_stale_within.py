"""Answers from a cache are not too old, and are used when the provider is down."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import ClassVar

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.run import Run
from chaos_llm.checks._limits import calls
from chaos_llm.checks.check import Check, Finding
from chaos_llm.durations import Duration, describe, seconds

_SERVED = ("cached", "stale")
_LOST = ("failed", "error_text", "degraded")
_A_DAY = 86_400.0  # seconds
_ROUNDING = 1.0  # second; an age is counted from the end of the answer


@dataclass(frozen=True, repr=False)
class ServesStaleWithin(Check):
    """No answer from a cache is older than `age`, and a stale one is used rather than none.

    An app that returned a stale answer once keeps such answers for outages. The check then fails,
    too, if more calls without an answer could have had one, because their prompt had been answered
    within `age`, than calls got one. Without `age`, an answer may be a day old (assumed: by then
    prices and opening hours have changed), and the app need not serve older ones than it did. Not
    applicable if no call was answered from a cache.
    """

    why: ClassVar[str] = (
        "an old answer is better than none, until it is wrong; a cache that is not used when the "
        "provider is down is of no use"
    )
    age: Duration | None = None

    def __post_init__(self) -> None:
        if self.age is not None:
            seconds(self.age)

    def __call__(self, run: Run) -> Finding:
        limit = _A_DAY if self.age is None else seconds(self.age)
        served = [call for call in run.calls if call.outcome in _SERVED]
        if not served:
            return self.not_applicable("no call was answered from a cache")
        oldest = max(served, key=lambda call: call.age)
        if oldest.age > limit + _ROUNDING:
            age = describe(round(oldest.age))
            seen = f"call {oldest.number} got a cached answer that was {age} old"
            return self.failed(seen, oldest.began)
        stale = [call for call in served if call.outcome == "stale"]
        demanded = limit if self.age else max((call.age for call in stale), default=0.0)
        lost = _unused_answers(run, demanded) if stale else []
        if len(lost) > len(stale):
            seen = f"{calls(len(lost))} got no answer although their prompt had been answered"
            seen += f" within {describe(round(demanded))} before; "
            seen += f"{calls(len(stale))} got such an answer"
            return self.failed(seen, lost[0].began)
        return self.passed(
            f"{calls(len(served))} got an answer from a cache; the oldest one was "
            f"{describe(round(oldest.age))} old"
        )


def _unused_answers(run: Run, limit: float) -> list[Call]:
    """The calls without an answer whose prompt had been answered within the limit."""
    answered: dict[str, float] = {}  # when each prompt was answered last
    found = []
    for call in sorted(run.calls, key=lambda call: (call.began, call.number)):
        if call.outcome in ("primary", "fallback"):
            answered[call.prompt] = call.ended
        elif call.outcome in _LOST and answered.get(call.prompt, -inf) >= call.began - limit:
            found.append(call)
    return found
