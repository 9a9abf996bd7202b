"""Another model is tried for each kind of failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.evidence import RequestedModel, model_of
from chaos_llm.analysis.failovers import (
    FAILURE_KINDS,
    Failover,
    Failovers,
    failure_kind,
)
from chaos_llm.analysis.refused_requests import refused_requests
from chaos_llm.analysis.run import UP_SHARE, Run
from chaos_llm.checks._limits import calls
from chaos_llm.checks._other_kinds import ADD_PROFILE
from chaos_llm.checks.check import Check, Finding, known_provider
from chaos_llm.protocol.messages import Request

_WITHOUT_ANSWER = ("failed", "error_text", "truncated", "degraded")
_COOLDOWN = 600.0  # seconds; longer than the cooldown of any breaker in use
_KEPT_AWAY = 2  # calls; a fallback's breaker may be open for reasons of its own (assumed)
# What a mistake in the code that reads an answer raises; a check of the answer raises others.
_MISTAKES = (TypeError, AttributeError, LookupError, NameError)
_BY_CHANCE = 1  # calls that may lack a fallback for reasons of their own, such as a deadline


@dataclass(frozen=True, repr=False)
class FallsBack(Check):
    """Another model is tried whenever one fails a call, whatever the kind of failure.

    An app shows that it has a fallback by using it once, for a 503, say. It fails if calls get no
    answer after another kind of failure (a stream that breaks off, an empty answer, an error in a
    200, a refused key) and the fallback, healthy at the time, is tried for none of them. It also
    fails if a call ends in an apology or an error such as a TypeError although its fallback has
    answered, and if the fallback is sent a request in a form that its real API refuses, and if
    calls send no request at all and get no answer, because a breaker that is open for one model
    keeps the app from the healthy fallback, too. Not applicable if no other provider or model was
    ever tried instead, unless `to` names the provider that has to be. Without `to` it is not judged
    if only one kind of failure occurred.
    """

    why: ClassVar[str] = (
        "a fallback that is tried for a 503 only does not help when streams break off "
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
        failures = [each for each in failovers.failures if each.failed.provider != self.to]
        kinds = {failure_kind(exchange) for exchange in run.api} - {""}
        only = next(iter(kinds)) if len(kinds) == 1 and not self.to else ""
        if not failures or not (failovers.fallbacks or self.to):
            return self._without_fallback(failures, only)
        if wasted := [each for each in failures if self._is_wasted(each, run)]:
            return self._answered_in_vain(wasted)
        finding = self._judge_kinds(run, failovers, failures)
        kept_away = self._kept_away(run, failovers)
        if len(kept_away) > _KEPT_AWAY and finding.verdict == "pass":
            first = kept_away[0]
            seen = f"{calls(len(kept_away))} sent no request and got no answer, although a fallback"
            seen += f" was up that had answered others; the first was call {first.number}"
            return self.failed(seen, first.began)
        if only and finding.verdict == "pass":
            return self.not_judged(f"{finding.seen}, and no other kind occurred; {ADD_PROFILE}")
        return finding

    def _is_wasted(self, each: Failover, run: Run) -> bool:
        """Whether a call lost its fallback's answer by a mistake of the app."""
        answer, last = each.fallback, run.evidence.of(each.call)[-1]
        if answer is None or answer is not last or not self._fell_back(each):
            return False
        if not answer.ok or answer.is_empty or answer.applied or not answer.reference:
            return False
        error = each.call.error
        if error is not None:
            return error.is_a(*_MISTAKES)
        return each.call.outcome == "degraded" and each.call.text in run.evidence.apologies

    def _answered_in_vain(self, wasted: list[Failover]) -> Finding:
        first = wasted[0]
        error, fallback = first.call.error, first.fallback
        got = f"failed with {error.name}" if error is not None else "returned an apology"
        by = fallback.provider if fallback is not None else ""
        seen = f"{calls(len(wasted))} {got} although {by} had answered as the fallback, first call"
        return self.failed(
            f"{seen} {first.call.number}: the app may have an error of its own there",
            first.call.began,
        )

    def _judge_kinds(self, run: Run, failovers: Failovers, failures: list[Failover]) -> Finding:
        covered = {failure_kind(each.failed) for each in failures if self._fell_back(each)}
        lost = [each for each in failures if self._is_lost(each, failovers, run)]
        uncovered = [each for each in lost if failure_kind(each.failed) not in covered]
        tolerated = 0 if self.to else _BY_CHANCE
        for kind in FAILURE_KINDS:
            of_kind = [each for each in uncovered if failure_kind(each.failed) == kind]
            if len(of_kind) > tolerated and (covered or self.to):
                return self.failed(self._seen(kind, of_kind, covered), of_kind[0].failed.at)
        return self._all_covered(covered, lost)

    def _without_fallback(self, failures: list[Failover], only: str) -> Finding:
        """A run in which no fallback showed; `only` is the only kind of failure, if it is one."""
        if failures:
            seen = "no other provider or model was ever tried instead"
        elif only:
            seen = "retries of the same model hid whether there is a fallback"
        else:
            seen = "no request failed that another model could have answered"
        if only:
            return self.not_judged(f"{seen}, and only {only} occurred; name to=, or {ADD_PROFILE}")
        return self.not_applicable(seen)

    def _refused(self, run: Run, failovers: Failovers) -> Finding | None:
        """Fail if a call gets no answer because the fallback refuses what it is sent."""
        lost = {call.number for call in run.calls if call.outcome in _WITHOUT_ANSWER}
        for refused in refused_requests(run, failovers):
            of_lost = [exchange for exchange in refused.exchanges if exchange.call in lost]
            if of_lost and refused.is_fallback and self.to in ("", refused.provider):
                message = f"{refused.sentence}: {of_lost[0].error_message!r}"
                seen = f"{message}; {calls(len(of_lost))} got no answer"
                return self.failed(seen, of_lost[0].at)
        return None

    def _kept_away(self, run: Run, failovers: Failovers) -> list[Call]:
        """The calls that asked nobody and got no answer although a fallback was up and idle.

        Calls that may have waited for another one's request to end do not count.
        """
        fallbacks = {m for m in failovers.fallbacks if self.to in ("", m.provider)}
        silent = [
            call
            for call in run.calls
            if call.outcome in ("failed", "degraded") and not run.evidence.of(call)
        ]
        first = min((exchange.at for exchange in run.api if exchange.applied), default=0.0)
        if any(call.began < first for call in silent):
            return []  # it does so on healthy providers, too
        return [
            call
            for call in silent
            if not any(e.at < call.ended and call.began < e.until for e in run.api)
            and any(_was_up(run, m, call) and _was_fine(run, m, call) for m in fallbacks)
        ]

    def _all_covered(self, covered: set[str], lost: list[Failover]) -> Finding:
        if covered:
            kinds = ", ".join(kind for kind in FAILURE_KINDS if kind in covered)
            return self.passed(f"another model was tried after {kinds}")
        if lost:
            return self.not_judged(
                f"{calls(len(lost))} got no answer before another model was tried at all"
            )
        return self.passed("every call that another model could have answered got an answer")

    def _fell_back(self, each: Failover) -> bool:
        return each.fallback is not None and self.to in ("", each.fallback.provider)

    def _is_lost(self, each: Failover, failovers: Failovers, run: Run) -> bool:
        """Whether a call got no answer although a healthy model was left to try."""
        if self._fell_back(each) or each.call.outcome not in _WITHOUT_ANSWER:
            return False
        tried = {model_of(exchange) for exchange in run.evidence.of(each.call)}
        left = failovers.fallbacks - tried
        if self.to and self.to not in {model.provider for model in tried}:
            left = {RequestedModel(self.to, "")}
        return any(_was_up(run, model, each.call) for model in left)

    def _seen(self, kind: str, lost: list[Failover], covered: set[str]) -> str:
        fallback = f"{self.to} was not" if self.to else "no other model was"
        seen = f"{calls(len(lost))} got no answer after {kind}, and {fallback} tried"
        others = ", ".join(other for other in FAILURE_KINDS if other in covered)
        return f"{seen}; {self.to or 'one'} was tried after {others}" if others else seen


def _was_up(run: Run, model: RequestedModel, call: Call) -> bool:
    """Whether a model had been up for long enough that no breaker can have been open."""
    since = max(run.begins, call.began - _COOLDOWN)
    times = {since, call.began, *(e for e in run.overrides.edges() if since < e < call.began)}
    example = next((e for e in run.api if model_of(e) == model), None)
    api, path, stream = (example.api, example.path, example.stream) if example else ("", "", False)
    request = Request(model.provider, api, "api", "", path, model.model, stream)
    return all(run.overrides.share(request, time) <= UP_SHARE for time in times)


def _was_fine(run: Run, model: RequestedModel, call: Call) -> bool:
    """Whether no request to a model failed for so long that no breaker of its own is open."""
    since = call.began - _COOLDOWN
    requests = (e for e in run.to(model.provider) if model_of(e) == model and e.at < call.began)
    return all(exchange.ok or exchange.until < since for exchange in requests)
