"""What the first model cannot answer, another does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.failovers import (
    FAILURE_KINDS,
    AskedModel,
    Failover,
    Failovers,
    asked_model,
    failure_kind,
)
from chaos_llm.analysis.refused_requests import refused_requests
from chaos_llm.analysis.run import UP_SHARE, Run
from chaos_llm.checks._limits import calls
from chaos_llm.checks.check import Check, Finding, known_provider
from chaos_llm.protocol.messages import Request

_LOST = ("failed", "error_text", "truncated", "degraded")
_COOLDOWN = 600.0  # longer than any breaker's that is in use
_BY_CHANCE = 1  # so many calls may lack a fallback for reasons of their own, a deadline say


@dataclass(frozen=True, repr=False)
class FallsBack(Check):
    """Another model is asked whenever one fails a call, in whatever way it fails it.

    An app shows that it has a fallback by asking it once: for a 503, say. It fails where calls are
    lost to another kind of failure and the fallback, well at the time, is asked for none of them: a
    stream that breaks off, an empty answer, an error in a 200, a refused key. It fails, too, where
    the fallback is asked in a form that its real API refuses: that is no fallback. Not applicable
    where no other provider or model ever stood in, unless `to` says which one has to.
    """

    why: ClassVar[str] = (
        "a fallback that fires for a 503 only is none on the day when streams break off "
        "or answers come back empty"
    )
    to: str = ""

    def __post_init__(self) -> None:
        if self.to:
            known_provider(self.to)

    def __call__(self, run: Run) -> Finding:
        failovers = Failovers(run)
        refused = self._refused(run, failovers)
        if refused is not None:
            return refused
        met = [each for each in failovers.met if each.failed.provider != self.to]
        if not met:
            return self.not_applicable("no request of a call failed that another model could take")
        if not failovers.spares and not self.to:
            return self.not_applicable("no other provider or model was ever asked instead")
        saved = {failure_kind(each.failed) for each in met if self._went_on(each)}
        lost = [each for each in met if self._is_lost(each, failovers, run)]
        never = [each for each in lost if failure_kind(each.failed) not in saved]
        few = 0 if self.to else _BY_CHANCE
        for kind in FAILURE_KINDS:
            mine = [each for each in never if failure_kind(each.failed) == kind]
            if len(mine) > few and (saved or self.to):
                return self.failed(self._seen(kind, mine, saved), mine[0].failed.at)
        return self._nothing_lost(saved, lost)

    def _refused(self, run: Run, failovers: Failovers) -> Finding | None:
        """Fail where a call is lost because the fallback refuses what it is sent."""
        lost = {call.number for call in run.calls if call.outcome in _LOST}
        for refused in refused_requests(run, failovers):
            mine = [exchange for exchange in refused.exchanges if exchange.call in lost]
            if mine and refused.is_fallback and self.to in ("", refused.provider):
                said = f"{refused.sentence}: {mine[0].error_message!r}"
                seen = f"{said}; {calls(len(mine))} got no answer"
                return self.failed(seen, mine[0].at)
        return None

    def _nothing_lost(self, saved: set[str], lost: list[Failover]) -> Finding:
        if saved:
            kinds = ", ".join(kind for kind in FAILURE_KINDS if kind in saved)
            return self.passed(f"another model was asked after {kinds}")
        if lost:
            return self.not_judged(
                f"{calls(len(lost))} went without an answer before another model was asked at all"
            )
        return self.passed("no call was lost that another model could have answered")

    def _went_on(self, each: Failover) -> bool:
        return each.rescue is not None and self.to in ("", each.rescue.provider)

    def _is_lost(self, each: Failover, failovers: Failovers, run: Run) -> bool:
        if self._went_on(each) or each.call.outcome not in _LOST:
            return False
        asked = {asked_model(exchange) for exchange in run.evidence.of(each.call)}
        left = failovers.spares - asked
        if self.to and self.to not in {target.provider for target in asked}:
            left = {AskedModel(self.to, "")}
        return any(_was_well(run, target, each.call) for target in left)

    def _seen(self, kind: str, lost: list[Failover], saved: set[str]) -> str:
        whom = self.to or "another model"
        seen = f"{calls(len(lost))} got no answer after {kind}, and {whom} was never asked"
        others = ", ".join(other for other in FAILURE_KINDS if other in saved)
        return f"{seen}; it was after {others}" if others else seen


def _was_well(run: Run, target: AskedModel, call: Call) -> bool:
    """Whether a model had been up for long enough that no breaker can have been open."""
    since = max(run.begins, call.began - _COOLDOWN)
    times = {since, call.began, *(e for e in run.overrides.edges() if since < e < call.began)}
    made = next((e for e in run.api if asked_model(e) == target), None)
    api, path, stream = (made.api, made.path, made.stream) if made else ("", "", False)
    request = Request(target.provider, api, "api", "", path, target.model, stream)
    return all(run.overrides.share(request, time) <= UP_SHARE for time in times)
