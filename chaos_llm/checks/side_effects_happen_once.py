"""Side effects of a call happen once, however often its requests are retried."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.run import Run
from chaos_llm.analysis.side_effects import SideEffect
from chaos_llm.checks._limits import times
from chaos_llm.checks.check import Check, Finding

_ENOUGH = 3  # healthy calls; fewer cannot show how often an effect happens in a call


@dataclass(frozen=True, repr=False)
class SideEffectsHappenOnce(Check):
    """No call repeats a side effect, marked by `@chaos.side_effect`, because of a failure.

    An effect with the same arguments counts as repeated if it happens more often than in most
    healthy calls; one with other arguments if it happens more often than in any. A call in which a
    marked function raised, or a service behind `chaos.respx` failed, is not healthy. Not applicable
    if no effect is marked, or none happened in a call.
    """

    why: ClassVar[str] = (
        "a retry of a whole agent run, or of a tool that timed out after it had done its work, "
        "charges the customer twice"
    )

    def __call__(self, run: Run) -> Finding:
        if not run.side_effects:
            return self.not_applicable("no marked side effect happened in a call")
        healthy = _healthy_calls(run)
        same_arguments = _Counts(run, healthy, with_arguments=True)
        in_all = _Counts(run, healthy, with_arguments=False)
        for effect in run.side_effects:
            count = same_arguments.of(effect)
            if count > max(1, same_arguments.in_most_healthy_calls(effect)):
                return self._failed(effect, run, count, "with the same arguments")
            allowed = in_all.in_healthy_calls(effect)
            if allowed and in_all.of(effect) > allowed:
                how = f"and healthy calls do it at most {times(allowed)}"
                return self._failed(effect, run, in_all.of(effect), how)
        names = ", ".join(sorted({effect.name for effect in run.side_effects}))
        return self.passed(f"no call repeated {names}")

    def _failed(self, effect: SideEffect, run: Run, count: int, how: str) -> Finding:
        repeats = [e for e in run.side_effects if (e.name, e.call) == (effect.name, effect.call)]
        seen = f"call {effect.call} did {effect.name} {count} times, {how}"
        return self.failed(seen, repeats[1].at)


class _Counts:
    """How often each effect happened in each call, counted by its arguments or without them."""

    def __init__(self, run: Run, healthy: set[int], *, with_arguments: bool) -> None:
        self._with_arguments = with_arguments
        self._counts = Counter(self._key(effect) for effect in run.side_effects)
        self._healthy: dict[str, dict[int, int]] = {}
        for effect in run.side_effects:
            if effect.call in healthy:
                counts = self._healthy.setdefault(effect.name, {})
                counts[effect.call] = max(counts.get(effect.call, 0), self.of(effect))

    def of(self, effect: SideEffect) -> int:
        """How often the effect happened in its call."""
        return self._counts[self._key(effect)]

    def in_healthy_calls(self, effect: SideEffect) -> int:
        """How often it happens in a healthy call at most; 0 if there are too few such calls."""
        counts = self._healthy.get(effect.name, {})
        return max(counts.values()) if len(counts) >= _ENOUGH else 0

    def in_most_healthy_calls(self, effect: SideEffect) -> int:
        """How often it happens in most healthy calls; the larger number if two are as common."""
        counts = self._healthy.get(effect.name, {})
        common = Counter(counts.values()).most_common() if len(counts) >= _ENOUGH else []
        return max((times for times, often in common if often == common[0][1]), default=0)

    def _key(self, effect: SideEffect) -> tuple[str, int, str]:
        return effect.name, effect.call, effect.arguments if self._with_arguments else ""


def _healthy_calls(run: Run) -> set[int]:
    """The calls in which nothing failed."""
    return {
        call.number
        for call in run.calls
        if call.error is None
        and call.number not in run.service_failures
        and not any(e.failed or e.effects for e in run.evidence.of(call))
    }
