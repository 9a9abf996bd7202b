"""Which request stood in for which: what an app did where its first model did not answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.run import Run
from chaos_llm.journal.conversation_digest import ConversationDigest
from chaos_llm.journal.journal import Exchange

# In the words of findings; in the order in which they are told.
FAILURE_KINDS = (
    "a server error",
    "a rate limit",
    "a refused key",
    "a lost connection",
    "no answer in time",
    "a stream that broke off",
    "an error in a 200",
    "an empty answer",
)
_REFUSED_KEY = (401, 403)
_RATE_LIMIT = 429
_SERVER_ERROR = 500


class AskedModel(NamedTuple):
    """Whom a request asks."""

    provider: str
    model: str


@dataclass(frozen=True)
class Failover:
    """A request that failed, and the next one of its call that asked somebody else the same."""

    call: Call
    failed: Exchange
    rescue: Exchange | None


def asked_model(exchange: Exchange) -> AskedModel:
    """Whom an exchange asked."""
    return AskedModel(exchange.provider, exchange.model)


def failure_kind(exchange: Exchange) -> str:
    """How an exchange failed, one of KINDS; empty where it did not, or by the app's own fault."""
    if exchange.ok:
        return "an empty answer" if exchange.is_empty else ""
    if not exchange.failed:
        return ""
    if exchange.end in ("timeout", "abandoned", "open") and not _has_begun(exchange):
        return "no answer in time"
    if exchange.status == 0:
        return "a lost connection"
    return _kind_by_status(exchange)


class Failovers:
    """All failures of a run that another model could have made good, and what became of them.

    Who is asked in the same call on a healthy day, too, stands in for nobody: a classifier before
    a writer, say. Nor does who is asked something else.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._together = _together(run)
        self.met = list(self._meet())
        self.spares = self._spares()

    def _meet(self) -> Iterator[Failover]:
        for call in self._run.calls:
            mine = self._run.evidence.of(call)
            for target in dict.fromkeys(map(asked_model, mine)):
                asked = [e for e in mine if asked_model(e) == target]
                # Its retries are its own: only what it met last is for somebody else.
                if failure_kind(asked[-1]):
                    yield Failover(call, asked[-1], self._rescue(asked[-1], mine))

    def _rescue(self, failed: Exchange, mine: list[Exchange]) -> Exchange | None:
        later = (e for e in mine if e.number > failed.number and e.at >= failed.until)
        return next((e for e in later if self._stands_in(e, failed)), None)

    def _stands_in(self, exchange: Exchange, failed: Exchange) -> bool:
        here, there = asked_model(exchange), asked_model(failed)
        if here == there or frozenset((here, there)) in self._together:
            return False
        prompt = ConversationDigest.unpacked(exchange.conversation_digest).prompt
        if exchange.broken_rule is not None and not prompt:
            return True  # refused before anybody read what it asks
        return prompt == ConversationDigest.unpacked(failed.conversation_digest).prompt

    def _spares(self) -> set[AskedModel]:
        """Who stood in within a call, and who answers only once something has failed."""
        stood_in = {asked_model(each.rescue) for each in self.met if each.rescue is not None}
        run = self._run
        first = min((e.at for e in run.api if e.failed or e.applied), default=run.ends)
        before = {asked_model(e) for e in run.api if e.at < first}
        if before:
            stood_in |= {asked_model(e) for e in run.api if asked_model(e) not in before}
        return stood_in


def _together(run: Run) -> set[frozenset[AskedModel]]:
    """Pairs that are asked in one call although nothing fails."""
    found: set[frozenset[AskedModel]] = set()
    for call in run.calls:
        mine = run.evidence.of(call)
        if not any(failure_kind(exchange) or exchange.effects for exchange in mine):
            targets = sorted(set(map(asked_model, mine)))
            found |= {frozenset(pair) for pair in combinations(targets, 2)}
    return found


def _kind_by_status(exchange: Exchange) -> str:
    if exchange.status < 400:
        return "a stream that broke off" if _broke_off(exchange) else "an error in a 200"
    if exchange.status >= _SERVER_ERROR:
        return "a server error"
    if exchange.status == _RATE_LIMIT:
        return "a rate limit"
    return "a refused key" if exchange.status in _REFUSED_KEY else ""


def _has_begun(exchange: Exchange) -> bool:
    """Whether any content had come before the end."""
    return exchange.at + exchange.content_timing.first <= exchange.until and exchange.status > 0


def _broke_off(exchange: Exchange) -> bool:
    return exchange.stream and _has_begun(exchange)
