"""What an app does to the world, it does once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.run import Run
from chaos_llm.analysis.side_effects import SideEffect
from chaos_llm.checks.check import Check, Finding

_ENOUGH = 3  # healthy calls, to say how often an effect happens in one


@dataclass(frozen=True, repr=False)
class SideEffectsHappenOnce(Check):
    """No call repeats an effect that `@chaos.side_effect` marks because something failed.

    An effect with the same arguments counts as repeated where no call on a healthy day does it as
    often; with other arguments only where healthy calls show how often it happens. Not applicable
    where no effect was marked, or none happened in a call.
    """

    why: ClassVar[str] = (
        "a retry of a whole run, or of a tool that had timed out after its work, "
        "charges the customer twice"
    )

    def __call__(self, run: Run) -> Finding:
        if not run.side_effects:
            return self.not_applicable("no side effect that was marked happened in a call")
        healthy = _healthy(run)
        alike = _Counted(run, healthy, with_arguments=True)
        in_all = _Counted(run, healthy, with_arguments=False)
        for effect in run.side_effects:
            if alike.of(effect) > max(1, alike.usual(effect)):
                return self._failed(effect, run, alike.of(effect), "with the same arguments")
            usual = in_all.usual(effect)
            if usual and in_all.of(effect) > usual:
                how = f"where a healthy one does it {_times(usual)} at most"
                return self._failed(effect, run, in_all.of(effect), how)
        names = ", ".join(sorted({effect.name for effect in run.side_effects}))
        return self.passed(f"no call repeated {names}")

    def _failed(self, effect: SideEffect, run: Run, count: int, how: str) -> Finding:
        mine = [e for e in run.side_effects if (e.name, e.call) == (effect.name, effect.call)]
        return self.failed(f"call {effect.call} did {effect.name} {count} times, {how}", mine[1].at)


class _Counted:
    """How often each effect happened in each call, with its arguments or without."""

    def __init__(self, run: Run, healthy: set[int], *, with_arguments: bool) -> None:
        self._with_arguments = with_arguments
        self._counts = Counter(self._key(effect) for effect in run.side_effects)
        self._usual: dict[str, dict[int, int]] = {}
        for effect in run.side_effects:
            if effect.call in healthy:
                counts = self._usual.setdefault(effect.name, {})
                counts[effect.call] = max(counts.get(effect.call, 0), self.of(effect))

    def of(self, effect: SideEffect) -> int:
        """How often it happened in its call."""
        return self._counts[self._key(effect)]

    def usual(self, effect: SideEffect) -> int:
        """How often it happens in a healthy call at most; 0 where too few are known."""
        counts = self._usual.get(effect.name, {})
        return max(counts.values()) if len(counts) >= _ENOUGH else 0

    def _key(self, effect: SideEffect) -> tuple[str, int, str]:
        return effect.name, effect.call, effect.arguments if self._with_arguments else ""


def _healthy(run: Run) -> set[int]:
    """The calls in which nothing failed."""
    return {
        call.number
        for call in run.calls
        if call.error is None and not any(e.failed or e.effects for e in run.evidence.of(call))
    }


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
