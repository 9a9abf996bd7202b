"""Failed requests and their fallback requests: what an app did after a model had not answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from chaos_llm.analysis.call import Call
from chaos_llm.analysis.evidence import RequestedModel, model_of
from chaos_llm.analysis.run import Run
from chaos_llm.journal.conversation_digest import ConversationDigest
from chaos_llm.journal.journal import Exchange

# The words and the order of findings.
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


@dataclass(frozen=True)
class Failover:
    """The last failed request of a call to one model, and the fallback request after it.

    A fallback request is the next one of the call that sends the same prompt to another model.
    """

    call: Call
    failed: Exchange
    fallback: Exchange | None


def failure_kind(exchange: Exchange) -> str:
    """How an exchange failed, one of FAILURE_KINDS.

    Empty if it did not fail, or failed because the request itself was wrong.
    """
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
    """The failures of a run that another model could have answered, and the app's fallback models.

    Two models that a healthy call uses together (a classifier before a writer, say) are not
    fallbacks for each other. Neither is a model that gets another prompt.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._used_together = _used_together(run)
        self.failures = list(self._find_failures())
        self.fallbacks = self._find_fallbacks()

    def _find_failures(self) -> Iterator[Failover]:
        for call in self._run.calls:
            of_call = self._run.evidence.of(call)
            for model in dict.fromkeys(map(model_of, of_call)):
                # The retries to one model count as one attempt, so only the last one matters.
                last = [e for e in of_call if model_of(e) == model][-1]
                if failure_kind(last):
                    yield Failover(call, last, self._fallback_of(last, of_call))

    def _fallback_of(self, failed: Exchange, of_call: list[Exchange]) -> Exchange | None:
        later = (e for e in of_call if e.number > failed.number and e.at >= failed.until)
        return next((e for e in later if self._is_fallback(e, failed)), None)

    def _is_fallback(self, exchange: Exchange, failed: Exchange) -> bool:
        model, failed_model = model_of(exchange), model_of(failed)
        if model == failed_model or frozenset((model, failed_model)) in self._used_together:
            return False
        prompt = ConversationDigest.unpacked(exchange.conversation_digest).prompt
        if exchange.broken_rule is not None and not prompt:
            return True  # refused before its prompt could be read
        return prompt == ConversationDigest.unpacked(failed.conversation_digest).prompt

    def _find_fallbacks(self) -> set[RequestedModel]:
        """The models of fallback requests, and those that are used only after the first failure."""
        fallbacks = {model_of(each.fallback) for each in self.failures if each.fallback is not None}
        run = self._run
        first = min((e.at for e in run.api if e.failed or e.applied), default=run.ends)
        before = {model_of(e) for e in run.api if e.at < first}
        if before:
            fallbacks |= {model_of(e) for e in run.api if model_of(e) not in before}
        return fallbacks


def _used_together(run: Run) -> set[frozenset[RequestedModel]]:
    """Pairs of models that one call uses although nothing fails."""
    found: set[frozenset[RequestedModel]] = set()
    for call in run.calls:
        of_call = run.evidence.of(call)
        if not any(failure_kind(exchange) or exchange.effects for exchange in of_call):
            models = sorted(set(map(model_of, of_call)))
            found |= {frozenset(pair) for pair in combinations(models, 2)}
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
    """Whether any content had arrived before the end."""
    return exchange.at + exchange.content_timing.first <= exchange.until and exchange.status > 0


def _broke_off(exchange: Exchange) -> bool:
    return exchange.stream and _has_begun(exchange)
