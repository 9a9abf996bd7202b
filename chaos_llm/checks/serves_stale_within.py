"""What is served from memory is not too old, and is served when it is needed."""

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
_ROUNDING = 1.0  # second; an age is counted from the answer's end


@dataclass(frozen=True, repr=False)
class ServesStaleWithin(Check):
    """No answer from memory is older than `age`, and none younger is kept back in need.

    An app that has served an old answer once keeps them for bad times. Then it fails, too, if more
    of the calls that were lost could have been given one than were: their prompt had been answered
    no longer than `age` before. Not applicable where no call was answered from memory. A day, the
    default, is assumed: by then prices and opening hours have changed.
    """

    why: ClassVar[str] = (
        "an old answer is better than none, until it is wrong; a cache that is not used when the "
        "provider is down is of no use"
    )
    age: Duration = "24h"

    def __post_init__(self) -> None:
        seconds(self.age)

    def __call__(self, run: Run) -> Finding:
        limit = seconds(self.age)
        served = [call for call in run.calls if call.outcome in _SERVED]
        if not served:
            return self.not_applicable("no call was answered from memory")
        oldest = max(served, key=lambda call: call.age)
        if oldest.age > limit + _ROUNDING:
            seen = f"call {oldest.number} was given an answer {describe(round(oldest.age))} old"
            return self.failed(seen, oldest.began)
        stale = [call for call in served if call.outcome == "stale"]
        lost = _kept_back(run, limit) if stale else []
        if len(lost) > len(stale):
            seen = f"{calls(len(lost))} got no answer although their prompt had been answered"
            seen += f" within {describe(limit)}; {calls(len(stale))} got one that was kept"
            return self.failed(seen, lost[0].began)
        return self.passed(
            f"{calls(len(served))} answered from memory, the oldest answer "
            f"{describe(round(oldest.age))} old"
        )


def _kept_back(run: Run, limit: float) -> list[Call]:
    """The lost calls for whose prompt an answer was known, in an app that had no other way out."""
    answered: dict[str, float] = {}  # when each prompt was answered last
    found = []
    for call in sorted(run.calls, key=lambda call: (call.began, call.number)):
        if call.outcome in ("primary", "fallback"):
            answered[call.prompt] = call.ended
        elif call.outcome in _LOST and answered.get(call.prompt, -inf) >= call.began - limit:
            found.append(call)
    return found
