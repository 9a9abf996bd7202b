"""What the user of each call got, judged from outside the app.

A healthy answer echoes the prompt's token and closes with a reference of its own. The reference
that turns up in the return value names the exchange it came from, so a fallback, a cache and its
age need no help from the app. Where an app's return values never carry a reference on a healthy
day, outcomes are inferred from the exchanges and say so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chaos_llm.calls import OUTCOMES, Call, Outcome
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.journal import Exchange
from chaos_llm.tokens import find_references

_REACHES, _NEVER_REACHES = 0.9, 0.1  # shares of the healthy calls
_TELLING = 8  # shorter error messages may stand in any text

Judge = Callable[[Any, str], "Outcome | bool"]


class Evidence:
    """The exchanges of a run, by call and by reference, and what its healthy calls taught."""

    def __init__(self, calls: Sequence[Call], exchanges: Sequence[Exchange]) -> None:
        self._by_call: dict[int, list[Exchange]] = {}
        self._by_reference: dict[str, Exchange] = {}
        for exchange in exchanges:
            if exchange.surface == "api":
                self._by_call.setdefault(exchange.key.call, []).append(exchange)
                if exchange.reference and exchange.answered:
                    self._by_reference.setdefault(exchange.reference, exchange)
        healthy = self._healthy(calls, exchanges)
        self.primary = self._learn_primary(healthy, exchanges)
        self.echo = self._learn_echo(healthy)

    @property
    def judges_text(self) -> bool:
        """Whether the absence of a reference from a return value means something."""
        return self.echo is not None and self.echo >= _REACHES

    def of(self, call: Call) -> list[Exchange]:
        """The exchanges that belong to a call."""
        return self._by_call.get(call.number, [])

    def source(self, text: str) -> Exchange | None:
        """The exchange whose answer stands in a text, the latest where there are several."""
        found = [self._by_reference.get(reference) for reference in find_references(text)]
        return max((e for e in found if e is not None), key=lambda e: e.number, default=None)

    def _healthy(self, calls: Sequence[Call], exchanges: Sequence[Exchange]) -> list[Call]:
        """The clean calls of the lead-in; without a lead-in, all clean calls.

        Once a fault has struck, a clean call may be a fallback's.
        """
        clean = [call for call in calls if self._is_healthy(call)]
        first = min((e.at for e in exchanges if e.struck), default=float("inf"))
        return [call for call in clean if call.ended <= first] or clean

    def _is_healthy(self, call: Call) -> bool:
        mine = self.of(call)
        return call.error is None and bool(mine) and all(e.ok and not e.met for e in mine)

    def _learn_primary(self, healthy: Sequence[Call], exchanges: Sequence[Exchange]) -> str:
        """The provider that answers on a healthy day, else the first one that was asked."""
        counts = Counter(e.provider for call in healthy for e in self.of(call)[-1:])
        if counts:
            return counts.most_common(1)[0][0]
        return next((e.provider for e in exchanges if e.surface == "api"), "")

    def _learn_echo(self, healthy: Sequence[Call]) -> float | None:
        """The share of the healthy return values that carry a reference; None without any."""
        if not healthy:
            return None
        return sum(bool(find_references(call.text)) for call in healthy) / len(healthy)


def judge(
    calls: Sequence[Call],
    exchanges: Sequence[Exchange],
    *,
    patience: float,
    fresh: float,
    decide: Judge | None = None,
) -> Evidence:
    """Set the outcome of every call; `decide` overrules for calls that returned."""
    evidence = Evidence(calls, exchanges)
    for call in calls:
        if call.outcome == "missed":
            continue
        if decide is not None and call.error is None:
            call.outcome = _decided(decide(call.returned, call.prompt), evidence, call)
        else:
            call.outcome = _outcome(call, evidence, fresh)
        if call.answered and call.seconds > patience:
            call.outcome = "late"
    return evidence


def _outcome(call: Call, evidence: Evidence, fresh: float) -> Outcome:
    if call.error is not None:
        return "failed"
    source = evidence.source(call.text)
    if source is not None:
        return _from_source(call, source, evidence, fresh)
    if _shows_an_error(call, evidence):
        return "error_text"
    if evidence.echo is None or evidence.echo <= _NEVER_REACHES:
        return _inferred(call, evidence)
    return _without_reference(call, evidence) if evidence.judges_text else "unjudged"


def _without_reference(call: Call, evidence: Evidence) -> Outcome:
    """Judge a return value that should carry a reference, and carries none."""
    if not call.text.strip():
        return "failed"
    return "truncated" if _stops_short(call, evidence) else "degraded"


def _from_source(call: Call, source: Exchange, evidence: Evidence, fresh: float) -> Outcome:
    if source.key.call == call.number and source.at >= call.began:
        return "primary" if source.provider == evidence.primary else "fallback"
    call.age = call.ended - source.until
    return "cached" if call.age <= fresh else "stale"


def _inferred(call: Call, evidence: Evidence) -> Outcome:
    """Judge by the exchanges alone: the last one's answer is taken for what was returned."""
    call.inferred = True
    mine = evidence.of(call)
    if not mine:
        return "unjudged" if evidence.echo is None else "cached"
    last = mine[-1]
    if not last.ok:
        return "degraded" if call.text.strip() else "failed"
    return "primary" if last.provider == evidence.primary else "fallback"


def _shows_an_error(call: Call, evidence: Evidence) -> bool:
    said = (exchange.said for exchange in evidence.of(call))
    return any(len(text) >= _TELLING and text in call.text for text in said)


def _stops_short(call: Call, evidence: Evidence) -> bool:
    """Whether the token came back with some of an answer and without its closing reference."""
    if call.token and call.token not in call.text:
        return False
    return any(
        exchange.status == 200 and (exchange.end != "complete" or exchange.struck)
        for exchange in evidence.of(call)
    )


def _decided(
    verdict: Outcome | bool | Mapping[str, Any], evidence: Evidence, call: Call
) -> Outcome:
    if verdict is False:
        return "failed"
    if verdict is True:
        return _inferred(call, evidence) if evidence.of(call) else "cached"
    if isinstance(verdict, str):
        if verdict not in OUTCOMES:
            raise UnknownName("outcome", verdict, OUTCOMES)
        return verdict
    message = f"outcome= returns True, False or the name of an outcome; got {verdict!r}"
    raise UsageError(message)
