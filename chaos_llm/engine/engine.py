"""The engine: turns the bytes of a request into a reply and a journal record.

    bytes -parse-> Request -decide-> Decision (which faults are planned)
                      |
                      +-answer-> Answer -on_answer-> Answer -render-> Reply -on_reply-> Reply

It neither waits nor sends. Interception and server send the reply on the clock.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache

from chaos_llm.answers import json_schema, status_page
from chaos_llm.answers.healthy_answers import HealthyAnswers
from chaos_llm.answers.prompt_cache import LEAST_SIZE, PromptCache
from chaos_llm.decisions import connection_faults
from chaos_llm.decisions.overrides import Overrides
from chaos_llm.decisions.plan import HEALTHY, Decision
from chaos_llm.engine.kept_replies import Values, answer_of
from chaos_llm.engine.known_requests import (
    KNOWN,
    Form,
    KnownRequest,
    KnownRequests,
    Reading,
    fingerprint,
)
from chaos_llm.engine.plain_replies import Plain
from chaos_llm.engine.recorded_content import content_of, whole_text
from chaos_llm.engine.recorded_reply import is_never_sent, record, wait_of
from chaos_llm.engine.reply_builder import ReplyBuilder
from chaos_llm.engine.short_ways import ShortWay, short_way
from chaos_llm.faults.fault import FaultContext
from chaos_llm.journal.content_timing import AT_ONCE, content_timing_of
from chaos_llm.journal.conversation_digest import digest_of, repeats_message
from chaos_llm.journal.exchange_kinds import exchange_kind_of
from chaos_llm.journal.journal import Effect, Exchange, Journal
from chaos_llm.journal.sent_content import SentContent
from chaos_llm.profiles.model import HealthyLatency
from chaos_llm.protocol.keyed_random import SEPARATOR, KeyedRandom, hashes, joined
from chaos_llm.protocol.messages import (
    Answer,
    Completion,
    Refusal,
    Reply,
    Request,
    WireRequest,
)
from chaos_llm.protocol.rate_limits import Buckets, State, with_headers
from chaos_llm.protocol.tool_history import reported_tool_calls
from chaos_llm.protocol.unix_times import rounded
from chaos_llm.providers.provider import NO_VALUES, Provider, ReplyContext
from chaos_llm.providers.websocket_session import Session
from chaos_llm.requests.correlation import Correlation, Key
from chaos_llm.requests.credentials import Credentials

_NO_LATENCY = HealthyLatency()
# Calls with failures that are remembered. A server may see millions; the oldest ones are over.
_MOST_CALLS = 4096
_MOST_WAYS = 1024  # short ways that one outage keeps
_LONGEST_PATH = 512  # letters of a path that are part of a request's key: keys are kept in memory
# The label is part of the key: another one would change every id.
_STAMP = b"stamp" + SEPARATOR
_new = tuple.__new__  # makes a NamedTuple in one call instead of two, for each healthy reply


@dataclass
class Engine:
    """Answers requests and writes them down; neither waits nor sends."""

    overrides: Overrides
    journal: Journal
    correlation: Correlation
    now: Callable[[], float]  # seconds of the profile
    credentials: Credentials = field(default_factory=Credentials)
    # The numbers of calls in which a request has failed; a dict, because it keeps their order.
    failing_calls: dict[int, None] = field(default_factory=dict)
    strict: bool = True  # refuse what the real APIs refuse
    line_of_request: Callable[[], str] = str  # of the app's own code, on this stack
    known_requests: KnownRequests = KNOWN  # shared by all outages, because no form depends on one

    def __post_init__(self) -> None:
        plan = self.overrides.plan
        self.profile, self.seed = plan.profile, plan.seed
        self._seed_key = joined(plan.seed, "")  # what all keys of draws begin with, after a label
        self._healthy_answers = HealthyAnswers(plan.seed)
        self._starts = plan.profile.starts.timestamp()
        quotas = plan.profile.quotas
        self._buckets = {name: Buckets(stated.quota) for name, stated in quotas.items()}
        self._default_buckets: dict[str, Buckets] = {}
        # The providers for which the profile states quotas, or how long healthy replies take.
        self._own_terms = frozenset((*self._buckets, *plan.profile.baseline))
        self._prompt_cache = PromptCache()
        self._short_ways: dict[Form, ShortWay] = {}

    def unix(self) -> float:
        """The present Unix time of the profile, as replies have it."""
        return rounded(self._starts + self.now())

    def exchange(self, provider: Provider, wire: WireRequest) -> tuple[Exchange, Reply]:
        """Answer one request in this provider's wire format."""
        exchange, reply = self.brief_exchange(provider, wire)
        return exchange, reply if isinstance(reply, Reply) else reply.in_full()

    def brief_exchange(
        self, provider: Provider, wire: WireRequest
    ) -> tuple[Exchange, Reply | Plain]:
        """The same; a reply that comes whole and at once stays as short as it is."""
        at = self.now()
        known, unix = self.known_requests, self._starts + at
        reading = known.find(provider, wire, unix, strict=self.strict)
        if reading is None:
            request = known.parse(provider, wire, unix, strict=self.strict)
        else:
            way = self._short_ways.get(reading.form) or self._begin_short_way(provider, reading)
            if way.is_open and wire.session is None:
                return self._answer_known(way, reading, wire, at)
            request = reading.request()
        key = self.correlation.key(provider.name, wire.path[:_LONGEST_PATH], wire.body)
        decision = self.overrides.decide(request, key, at)
        if wire.connected:
            decision = connection_faults.without(decision)
        return self._answer_in_full(provider, request, key, decision, wire, at)

    def _answer_known(
        self, way: ShortWay, reading: Reading, wire: WireRequest, at: float
    ) -> tuple[Exchange, Reply | Plain]:
        """Answer a request of a known form on the short way, unless its reply is changed."""
        provider, overrides = way.provider, self.overrides
        key = self.correlation.key(provider.name, wire.path[:_LONGEST_PATH], reading.body)
        in_bytes = key.in_bytes()
        if overrides.is_idle():
            decision = overrides.plan.decide(way.example, key, at, None, in_bytes)
        else:
            decision = overrides.decide(reading.request(), key, at)
        if wire.connected:
            decision = connection_faults.without(decision)
        if decision is HEALTHY or decision.spares():
            answered = self._answer_plainly(way, reading, key, in_bytes, decision, wire, at)
            if answered is not None:
                return answered
        return self._answer_in_full(provider, reading.request(), key, decision, wire, at)

    def _answer_in_full(  # noqa: PLR0917 - as many parts as a request has
        self,
        provider: Provider,
        request: Request,
        key: Key,
        decision: Decision,
        wire: WireRequest,
        at: float,
    ) -> tuple[Exchange, Reply]:
        """Answer with what faults leave of the healthy answer, and record all that is known."""
        kind = request.form.kind if isinstance(request, KnownRequest) else exchange_kind_of(request)
        exchange = self.journal.begin(at, kind, key, decision)
        exchange.body_hash = fingerprint(wire.body)
        reply_context = self._reply_context(provider, key, at)
        answer = self._healthy_answer(provider, request, key, reply_context, at)
        output_tokens = answer.usage.output_tokens if isinstance(answer, Completion) else 0
        state = self._take_from_quota(provider, request, reply_context.now, output_tokens)
        if state is not None and not state.allowed:
            answer = Refusal("rate_limited", retry_after=state.retry_after, wait_is_usual=True)
        latency = self._healthy_latency(request)
        builder = ReplyBuilder(provider, request, reply_context, latency, answer)
        if decision.draws:
            self._apply_faults(exchange, builder, wire)
        if provider.remembers and not is_never_sent(builder.reply):
            provider.remember(request, builder.answer, reply_context)
        record(exchange, builder)
        exchange.content_timing = content_timing_of(builder.reply)
        self._record_details(exchange, builder, wire)
        reply = builder.reply
        if state is not None and (reply.status < 400 or request.provider in self._buckets):
            reply = with_headers(reply, provider.quota_headers(state))
        if reply.status >= 400:
            exchange.retry_after = wait_of(builder, reply_context.now)
        return exchange, reply

    def session(self, provider: Provider, exchange: Exchange, wire: WireRequest) -> Session:
        """Begin the conversation on the websocket that this exchange has opened."""
        reply_context = self._reply_context(provider, exchange.key, exchange.at)
        return provider.session(provider.parse(wire), reply_context)

    def _answer_plainly(  # noqa: PLR0917 - as many parts as a request has
        self,
        way: ShortWay,
        reading: Reading,
        key: Key,
        in_bytes: bytes,
        decision: Decision,
        wire: WireRequest,
        at: float,
    ) -> tuple[Exchange, Reply | Plain] | None:
        """Answer with a text at once; None where the answer is no text, or is cut short."""
        provider, credential, kept, buckets = way.provider, way.credential, way.kept, way.buckets
        now, joined_key = rounded(self._starts + at), self._seed_key + in_bytes
        answer = way.plain_answer(reading, self.overrides, joined_key)
        if answer is None:
            return None
        text, reference, said, thinking, thought = answer
        heard, drawn = len(reading.body) // 4, hashes(_STAMP + joined_key, way.hashes)
        values, reply = _new(Values, (text, heard, said, drawn, now, thinking, thought)), None
        if kept is None or provider.remembers:
            reply = self._rendered_at_once(provider, reading.request(), values, key, at)
            if reply is None:
                return None
        exchange = self.journal.begin(at, way.kind, key, decision)
        exchange.has_healthy_reply(reference, heard, said, reading.fingerprint)
        self._note_credentials(credential, wire)
        if exchange.call in self.failing_calls:
            self._record_failing_call(exchange, reading.request(), whole_text(text))
        state = buckets.take(credential, now, heard, said) if buckets is not None else None
        if kept is not None:
            return exchange, kept.filled(values, provider.quota(state) if state else NO_VALUES)
        assert reply is not None
        return exchange, with_headers(reply, provider.quota_headers(state) if state else ())

    def _begin_short_way(self, provider: Provider, reading: Reading) -> ShortWay:
        """Find out what the answers to a form have in common, and keep it."""
        form = reading.form
        buckets = self._usual_buckets(provider)
        if len(self._short_ways) >= _MOST_WAYS:
            self._short_ways.clear()
        is_open = form.wants_text and form.kind.provider not in self._own_terms
        way = self._short_ways[form] = short_way(provider, form, buckets, is_open=is_open)
        return way

    def _rendered_at_once(
        self, provider: Provider, request: Request, values: Values, key: Key, at: float
    ) -> Reply | None:
        """The reply with these values as the wire format writes it; None if it takes any time."""
        answer, reply_context = answer_of(values), self._reply_context(provider, key, at)
        reply = provider.render(request, answer, reply_context)
        # The record of a plain reply says 200; an answer in a session has the upgrade's status.
        if reply.status != 200 or content_timing_of(reply) is not AT_ONCE:
            return None
        if provider.remembers:
            provider.remember(request, answer, reply_context)
        return reply

    def _note_credentials(self, credential: str, wire: WireRequest) -> None:
        if credential not in self.credentials.issuers:
            self.credentials.note(credential, wire.headers)
        secrets = self.journal.secrets
        if wire.headers is not secrets.noted or wire.query:
            secrets.note(wire.headers, wire.query)

    def _record_details(self, exchange: Exchange, builder: ReplyBuilder, wire: WireRequest) -> None:
        """Record what takes more time: only of calls with failures, and of new credentials."""
        request = builder.request
        self._note_credentials(request.credential, wire)
        if request.size >= LEAST_SIZE and builder.reply.status < 400:
            self._prompt_cache.keep(request, exchange.at)
        if exchange.call >= 0 and (exchange.effects or not exchange.answered):
            if len(self.failing_calls) >= _MOST_CALLS:
                del self.failing_calls[next(iter(self.failing_calls))]
            self.failing_calls[exchange.call] = None
        if exchange.call in self.failing_calls or wire.session is not None:
            self._record_failing_call(exchange, request, content_of(builder))
        elif exchange.effects or not exchange.answered:
            exchange.app_line = sys.intern(self.line_of_request())  # a few lines make all requests
        if wire.session is not None:
            exchange.session = wire.session
            exchange.repeats_message = repeats_message(request)
            # The ids in its body are the provider's, so what is asked again has another body.
            exchange.body_hash = fingerprint(repr(exchange.conversation_digest).encode())

    def _record_failing_call(
        self, exchange: Exchange, request: Request, content: SentContent | None
    ) -> None:
        """Record what tells how an app goes on after a failure."""
        exchange.conversation_digest = digest_of(request).packed()
        exchange.sent_content = content
        if request.answers_tool:
            exchange.reported_tool_calls = reported_tool_calls(request.body)
        exchange.app_line = sys.intern(self.line_of_request())  # a few lines make all requests

    def _reply_context(self, provider: Provider, key: Key, at: float) -> ReplyContext:
        stored = self.overrides.kept.setdefault(provider.name, {})
        rng = KeyedRandom("stamp", self.seed, *key)
        return ReplyContext(rounded(self._starts + at), rng, stored, self._model_answer)

    def _model_answer(self, request: Request, key: Key | str) -> Answer:
        """Answer as the model would: with what a test chose, else with a healthy answer."""
        chosen = self.overrides.answer(request)
        return self._healthy_answers.answer(request, key) if chosen is None else chosen

    def _take_from_quota(
        self, provider: Provider, request: Request, now: float, output_tokens: int
    ) -> State | None:
        """Take the request from its credential's quota: the profile's, else the vendor's default.

        The default quota is reported in headers and never refuses a request, because the limits of
        a real account are not known here.
        """
        if request.surface != "api" or request.invalid is not None:
            return None
        if request.subscription:  # its limits are others, and no quota of a profile is about them
            return None
        buckets = self._buckets.get(request.provider) or self._usual_buckets(provider)
        if buckets is None:
            return None
        return buckets.take(request.credential, now, request.input_tokens, output_tokens)

    def _usual_buckets(self, provider: Provider) -> Buckets | None:
        """The buckets of a provider for which the profile states no quota; None if it has none."""
        if provider.usual_quota is None:
            return None
        buckets = self._default_buckets.get(provider.name)
        if buckets is None:
            buckets = Buckets(provider.usual_quota, enforced=False)
            self._default_buckets[provider.name] = buckets
        return buckets

    def _healthy_answer(
        self, provider: Provider, request: Request, key: Key, reply_context: ReplyContext, at: float
    ) -> Answer:
        """The answer before any fault: a refusal, a document, or what the model says."""
        if request.invalid is not None:
            return request.invalid
        if request.surface == "page":
            page = self.profile.status_pages.get(request.provider)
            path, name = request.path, request.provider
            return status_page.document(page, self.profile, path, at, provider=name)
        document = provider.healthy(request, reply_context)
        if document is not None:
            return document
        if request.tools or request.schema is not None:
            refused = json_schema.refusal_of(request)
            if refused is not None:
                return refused
        answer = self._model_answer(request, key)
        if request.size < LEAST_SIZE or not isinstance(answer, Completion):
            return answer
        return replace(answer, usage=self._prompt_cache.bill(request, answer.usage, at))

    def _apply_faults(self, exchange: Exchange, builder: ReplyBuilder, wire: WireRequest) -> None:
        """Apply the planned faults: the test's own first, then those of windows in file order."""
        for index, (window, fault) in enumerate(exchange.decision.hits):
            # The label "strike" is part of the key: another one would change what faults draw.
            rng = KeyedRandom("strike", self.seed, window, index, *exchange.key)
            builder.apply(fault, FaultContext(builder.request, rng, wire.reused))
        exchange.effects = _interned(tuple(builder.effects))
        if "unsupported" in exchange.effects:
            self.overrides.give_back(exchange.effects)

    def _healthy_latency(self, request: Request) -> HealthyLatency:
        if request.surface != "api":
            return _NO_LATENCY
        return self.profile.baseline.get(request.provider, _NO_LATENCY).of(request.model)


@lru_cache(maxsize=256)
def _interned(effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """One object for all equal tuples, because there may be millions of records."""
    return effects
