"""What is known about a run from outside the app: whose exchange is whose, and what is usual.

A healthy answer closes with a reference of its own; the one that turns up in a return value names
the exchange it came from. What an app does on a healthy day is learned from the calls before the
first fault: who answers, who is asked, and whether references reach what it returns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from chaos_llm.analysis.call import Call
from chaos_llm.journal.journal import Exchange
from chaos_llm.protocol.markers import find_references
from chaos_llm.requests.correlation import NO_CALL

_REACHES, _NEVER_REACHES = 0.9, 0.1  # shares of the healthy calls
_USUAL = 0.1  # who answers so many of the healthy calls is no fallback


class Evidence:
    """The exchanges of an outage, by call and by reference, and what its healthy calls taught."""

    def __init__(self, calls: Sequence[Call], exchanges: Sequence[Exchange]) -> None:
        self._by_call: dict[int, list[Exchange]] = {}
        self._by_reference: dict[str, Exchange] = {}
        self._tokens = {call.number: call.token for call in calls}
        self._kept: dict[str, Call] = {}
        self._error_texts: set[str] = set()
        api = [exchange for exchange in exchanges if exchange.surface == "api"]
        for exchange in api:
            self._by_call.setdefault(exchange.call, []).append(exchange)
            if exchange.reference and exchange.answered:
                self._by_reference.setdefault(exchange.reference, exchange)
        for call in calls:
            self.remember(call)
        self._learn(calls, api)

    def of(self, call: Call) -> list[Exchange]:
        """The exchanges that belong to a call."""
        return self._by_call.get(call.number, [])

    def source(self, text: str) -> Exchange | None:
        """The exchange whose answer stands in a text, the latest where there are several."""
        found = [self._by_reference.get(reference) for reference in find_references(text)]
        return max((e for e in found if e is not None), key=lambda e: e.number, default=None)

    def token_of(self, exchange: Exchange) -> str:
        """The token of the call that an exchange belongs to; empty where there is none."""
        return self._tokens.get(exchange.call, "")

    def remember(self, call: Call) -> None:
        """Remember what a judged call gave, as a cache in the app might."""
        if call.outcome in ("primary", "fallback"):
            self._kept[call.prompt] = call
        elif call.outcome == "error_text":
            self._error_texts.add(call.text)

    def cached_result_for(self, call: Call) -> Call | None:
        """The answered call whose result a cache may have given to this one."""
        kept = self._kept.get(call.prompt)
        if kept is None or kept.text != call.text:
            return None
        return kept if call.text or kept.returned == call.returned else None

    def is_known_error_text(self, text: str) -> bool:
        """Whether a text was shown before, as an answer, and was an error."""
        return text in self._error_texts

    @property
    def judges_text(self) -> bool:
        """Whether the absence of a reference from a return value means something."""
        return self.reference_rate is not None and self.reference_rate >= _REACHES

    @property
    def never_shows_references(self) -> bool:
        """Whether no reference reaches a return value, not even on a healthy day."""
        return self.reference_rate is None or self.reference_rate <= _NEVER_REACHES

    def uses(self, provider: str) -> bool:
        """Whether a provider is asked on a healthy day."""
        return provider in self._asked or (not self._healthy and provider in self.primaries)

    def probability_unused(self, provider: str) -> float:
        """How likely a healthy call goes elsewhere; by Laplace's rule, as few calls say little."""
        return (self._healthy - self._asked[provider] + 1) / (self._healthy + 2)

    def _learn(self, calls: Sequence[Call], api: Sequence[Exchange]) -> None:
        clean = [call for call in calls if self._is_clean(call)]
        first = min((e.at for e in api if e.applied), default=float("inf"))
        # Once a fault has struck, a clean call may be a fallback's.
        healthy = [call for call in clean if call.ended <= first]
        self.reference_rate = _share(bool(find_references(call.text)) for call in healthy or clean)
        self.returns_something = any(not call.is_blank for call in healthy or clean)
        self.primaries = _usual(self.of(call)[-1].provider for call in healthy)
        self._asked = Counter(p for call in healthy for p in {e.provider for e in self.of(call)})
        self._healthy, self.healthy = len(healthy), healthy
        if not healthy:
            self.primaries = frozenset(exchange.provider for exchange in api[:1])

    def _is_clean(self, call: Call) -> bool:
        mine = self.of(call)
        return call.error is None and bool(mine) and not any(e.failed or e.effects for e in mine)


def belongs(source: Exchange, call: Call) -> bool:
    """Whether an answer was made during a call, for it or in the background."""
    return source.at >= call.began and source.call in (call.number, NO_CALL)


def _share(hits: Iterable[bool]) -> float | None:
    counted = list(hits)
    return sum(counted) / len(counted) if counted else None


def _usual(answering: Iterable[str]) -> frozenset[str]:
    counts = Counter(answering)
    return frozenset(p for p, count in counts.items() if count >= _USUAL * counts.total())
