"""The evidence from which outcomes are judged: exchanges by call, and what healthy calls do.

Each healthy answer ends with a unique reference; a reference in a return value names the exchange
that the answer came from. The calls before the first fault show what an app does when all is
healthy: which providers answer and get requests, and whether return values carry references.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from chaos_llm.analysis.apologies import repeated_apologies
from chaos_llm.analysis.call import Call
from chaos_llm.analysis.healthy_shape import HealthyShape
from chaos_llm.journal.journal import Exchange
from chaos_llm.protocol.markers import find_references
from chaos_llm.protocol.value_text import is_empty_result, scalars_of
from chaos_llm.requests.correlation import NO_CALL

# Shares of the healthy calls whose return values carry a reference.
_SHOWS_REFERENCES, _NEVER_SHOWS_REFERENCES = 0.9, 0.1
_HABIT = 0.5  # share of the healthy streams that an app leaves early
_HABITUAL = 3  # healthy calls that show what an app always does
_PRIMARY = 0.1  # share of the healthy calls; a provider that answers fewer is a fallback


_T = TypeVar("_T")


class RequestedModel(NamedTuple):
    """The provider and the model of a request."""

    provider: str
    model: str


class Evidence:
    """The exchanges of a run by call and by reference, and what its healthy calls do."""

    def __init__(self, calls: Sequence[Call], exchanges: Sequence[Exchange]) -> None:
        self._by_call = _ByNumber(len(calls))
        self._by_reference: dict[str, list[Exchange]] = {}
        self._reached: set[int] = set()  # numbers of exchanges whose answers their calls returned
        self._tokens = _ByNumber(len(calls))
        self._last_answered: dict[str, Call] = {}
        self._error_texts: set[str] = set()
        # A session that was opened is no answer yet.
        api = [e for e in exchanges if e.surface == "api" and not e.opens_session]
        _accept_early_leaving(api)
        for exchange in api:
            self._by_call.add(exchange.call, exchange)
            if exchange.answered and (reference := exchange.reference):
                self._by_reference.setdefault(reference, []).append(exchange)
        for call in calls:
            self._tokens.add(call.number, call.token)
            self.remember(call)
            if call.text:
                self._reached.update(e.number for e in self.own_sources(call))
        self._learn(calls, api)

    def of(self, call: Call) -> list[Exchange]:
        """The exchanges that belong to a call."""
        found = self._by_call.get(call.number)
        if found is None:
            return []
        return found if isinstance(found, list) else [found]

    def source(self, call: Call) -> Exchange | None:
        """The exchange whose answer a call returned, the latest if it returned several.

        Two of many answers may have the same reference, so the call's own exchange comes first,
        then one with the call's prompt, whose answer a cache may have kept.
        """
        own = [e for e in self.of(call) if e.number in self._reached] or self.own_sources(call)
        if len(own) == 1:
            return own[0]
        found = own or [e for each in find_references(call.text) for e in self._referred(each)]
        same_prompt = [e for e in found if call.token and self.token_of(e) == call.token]
        return max(same_prompt or found, key=lambda e: e.number, default=None)

    def own_sources(self, call: Call) -> list[Exchange]:
        """The exchanges of a call whose answers it returned."""
        references = find_references(call.text)
        found = [e for each in references for e in self._referred(each) if belongs(e, call)]
        return [e for e in found if e.call == call.number] or found

    def last_settled(self, call: Call) -> Exchange | None:
        """The last exchange of a call that was answered or failed."""
        settled = [exchange for exchange in self.of(call) if exchange.ok or exchange.failed]
        return settled[-1] if settled else None

    def reached(self, exchange: Exchange) -> bool:
        """Whether the call of an exchange returned its whole answer."""
        return exchange.number in self._reached

    def _referred(self, reference: str) -> list[Exchange]:
        return self._by_reference.get(reference, [])

    def token_of(self, exchange: Exchange) -> str:
        """The token of the call that an exchange belongs to; empty if there is none."""
        return self._tokens.get(exchange.call) or ""

    def remember(self, call: Call) -> None:
        """Remember the result of a judged call, as a cache in the app might."""
        if call.outcome in ("primary", "fallback"):
            self._last_answered[call.prompt] = call
        elif call.outcome == "error_text":
            self._error_texts.add(call.text)

    def cached_result_for(self, call: Call) -> Call | None:
        """The answered call whose result a cache may have returned to this one."""
        earlier = self._last_answered.get(call.prompt)
        if earlier is None or earlier.text != call.text:
            return None
        return earlier if call.text or earlier.returned == call.returned else None

    def is_known_error_text(self, text: str) -> bool:
        """Whether an earlier call returned this text, and it was judged an error text."""
        return text in self._error_texts

    def is_stand_in(self, model: RequestedModel) -> bool:
        """Whether a model is asked after another one of its provider failed, and else never."""
        return model in self._stand_ins

    @property
    def judges_text(self) -> bool:
        """Whether healthy return values carry references, so that a missing one is evidence."""
        return self.reference_rate is not None and self.reference_rate >= _SHOWS_REFERENCES

    @property
    def never_shows_references(self) -> bool:
        """Whether return values carry no references, not even those of healthy calls."""
        return self.reference_rate is None or self.reference_rate <= _NEVER_SHOWS_REFERENCES

    @cached_property
    def healthy_shape(self) -> HealthyShape:
        """What the healthy calls return around their answers."""
        return HealthyShape(self.healthy)

    def uses(self, provider: str) -> bool:
        """Whether healthy calls send requests to a provider."""
        return provider in self._users or (not self._healthy and provider in self.primaries)

    def probability_unused(self, provider: str) -> float:
        """The probability that a healthy call sends a provider no request.

        It is estimated by Laplace's rule of succession, because there may be few healthy calls.
        """
        return (self._healthy - self._users[provider] + 1) / (self._healthy + 2)

    def _learn(self, calls: Sequence[Call], api: Sequence[Exchange]) -> None:
        clean = [call for call in calls if self._is_clean(call)]
        first = min((e.at for e in api if e.applied), default=float("inf"))
        # After the first fault, a call without failures may have been answered by a fallback.
        healthy = [call for call in clean if call.ended <= first]
        self.reference_rate = _share(bool(find_references(call.text)) for call in healthy or clean)
        # The number of texts and numbers in a healthy return value, at least.
        values = (sum(1 for _ in scalars_of(call.returned)) for call in healthy)
        self.fewest_values = min(values, default=0)
        self.returns_something = any(not call.is_blank for call in healthy or clean)
        shown = [not (c.returned is None or is_empty_result(c.returned)) for c in healthy]
        self.always_shows_something = len(shown) >= _HABITUAL and all(shown)
        self.never_shows_anything = len(shown) >= _HABITUAL and not any(shown)
        self.apologies = repeated_apologies(calls)
        of_healthy = [self.of(call) for call in healthy]
        last = [of_call[-1] for of_call in of_healthy]
        self.primaries = _primaries(exchange.provider for exchange in last)
        self.primary_models = _primaries(map(model_of, last))
        used = {model_of(e) for of_call in of_healthy for e in of_call}
        self._stand_ins = {m for call in calls for m in _stand_ins(self.of(call))} - used
        self._users = Counter(p for of_call in of_healthy for p in {e.provider for e in of_call})
        self._healthy, self.healthy = len(healthy), healthy
        if not healthy:
            self.primaries = frozenset(exchange.provider for exchange in api[:1])

    def _is_clean(self, call: Call) -> bool:
        if call.error is not None:
            return False
        of_call = self.of(call)
        return bool(of_call) and not any(e.failed or e.effects for e in of_call)


class _ByNumber:
    """A mapping from the numbers of calls to one value, or to a list of several values.

    Calls are numbered from 0 on in a replay, so a list holds most of them; a dictionary would take
    six times the memory, and there may be a hundred thousand calls.
    """

    def __init__(self, calls: int) -> None:
        self._dense: list[Any] = [None] * calls
        self._others: dict[int, Any] = {}

    def add(self, number: int, thing: Any) -> None:
        before = self.get(number)
        if before is None:
            after = thing
        elif isinstance(before, list):
            before.append(thing)
            return
        else:
            after = [before, thing]
        if 0 <= number < len(self._dense):
            self._dense[number] = after
        else:
            self._others[number] = after

    def get(self, number: int) -> Any:
        if 0 <= number < len(self._dense):
            return self._dense[number]
        return self._others.get(number)


def belongs(source: Exchange, call: Call) -> bool:
    """Whether an answer was sent during a call, to the call itself or in the background."""
    return source.at >= call.began and source.call in (call.number, NO_CALL)


def _accept_early_leaving(api: Sequence[Exchange]) -> None:
    """Count streams that the app left early as answered, if it leaves healthy ones early, too.

    The app reads the first words, say, and closes the stream when it has what it needs.
    """
    first = min((e.at for e in api if e.applied), default=float("inf"))
    healthy = [e for e in api if e.stream and e.answered and e.until <= first and e.end != "open"]
    left = [e for e in healthy if e.end == "abandoned"]
    if not left or len(left) < _HABIT * len(healthy):
        return
    for exchange in api:
        if exchange.stream and exchange.answered and exchange.end == "abandoned":
            begun = exchange.content_timing.first <= exchange.until - exchange.at
            exchange.content_arrived = exchange.content_arrived or begun


def _share(hits: Iterable[bool]) -> float | None:
    counted = list(hits)
    return sum(counted) / len(counted) if counted else None


def _stand_ins(of_call: Sequence[Exchange]) -> Iterator[RequestedModel]:
    """The models that a call asked after another model of the same provider had failed."""
    failed: dict[str, str] = {}  # models by provider
    for exchange in of_call:
        if failed.get(exchange.provider, exchange.model) != exchange.model:
            yield model_of(exchange)
        if exchange.failed:
            failed.setdefault(exchange.provider, exchange.model)


def model_of(exchange: Exchange) -> RequestedModel:
    """The provider and the model to which a request was sent."""
    return RequestedModel(exchange.provider, exchange.model)


def _primaries(answering: Iterable[_T]) -> frozenset[_T]:
    counts = Counter(answering)
    return frozenset(p for p, count in counts.items() if count >= _PRIMARY * counts.total())
