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
from zlib import crc32

from chaos_llm.answers import json_schema, status_page
from chaos_llm.answers.healthy_answers import HealthyAnswers
from chaos_llm.answers.prompt_cache import LEAST_SIZE, PromptCache
from chaos_llm.decisions import connection_faults
from chaos_llm.decisions.overrides import Overrides
from chaos_llm.decisions.plan import HEALTHY, Decision
from chaos_llm.engine.kept_replies import Values, answer_of, kept_reply
from chaos_llm.engine.known_requests import KNOWN, NOT_TRIED, KnownRequest, KnownRequests
from chaos_llm.engine.plain_answers import plain_answer
from chaos_llm.engine.plain_replies import Plain
from chaos_llm.engine.recorded_content import content_of, whole_text
from chaos_llm.engine.recorded_reply import is_never_sent, record, wait_of
from chaos_llm.engine.reply_builder import ReplyBuilder
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
from chaos_llm.protocol.rate_limits import Buckets, Quota, State, with_headers
from chaos_llm.protocol.tool_history import reported_tool_calls
from chaos_llm.providers.provider import NO_VALUES, Provider, ReplyContext
from chaos_llm.providers.websocket_session import Session
from chaos_llm.requests.correlation import Correlation, Key
from chaos_llm.requests.credentials import Credentials

_NO_LATENCY = HealthyLatency()
# Calls with failures that are remembered. A server may see millions; the oldest ones are over.
_MOST_CALLS = 4096
_HASHED_END = 512  # bytes of either end of a body that its fingerprint reads
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

    def unix(self) -> float:
        """The present Unix time of the profile, as replies have it."""
        return round(self._starts + self.now(), 6)

    def exchange(self, provider: Provider, wire: WireRequest) -> tuple[Exchange, Reply]:
        """Answer one request in this provider's wire format."""
        exchange, reply = self.brief_exchange(provider, wire)
        return exchange, reply if isinstance(reply, Reply) else reply.in_full()

    def brief_exchange(
        self, provider: Provider, wire: WireRequest
    ) -> tuple[Exchange, Reply | Plain]:
        """The same; a reply that comes whole and at once stays as short as it is."""
        at = self.now()
        request = self.known_requests.read(provider, wire, self._starts + at, strict=self.strict)
        key = self.correlation.key(provider.name, wire.path[:_LONGEST_PATH], wire.body)
        decision = self.overrides.decide(request, key, at)
        if wire.connected:
            decision = connection_faults.without(decision)
        # Most requests take the short way, on which nothing stands between the healthy answer and
        # its reply. It leaves out what would do nothing to them: same bytes, and the same record.
        if (
            type(request) is KnownRequest
            and request.form.wants_text
            and (decision is HEALTHY or decision.spares)
            and request.form.kind.provider not in self._own_terms
            and wire.session is None
        ):
            answered = self._answer_plainly(provider, request, key, decision, wire, at)
            if answered is not None:
                return answered
        return self._answer_in_full(provider, request, key, decision, wire, at)

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
        exchange.body_hash = _fingerprint(wire.body)
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
        provider: Provider,
        request: KnownRequest,
        key: Key,
        decision: Decision,
        wire: WireRequest,
        at: float,
    ) -> tuple[Exchange, Reply | Plain] | None:
        """Answer with a text at once; None where the answer is no text, or is cut short."""
        now, joined_key = round(self._starts + at, 6), self._seed_key + key.in_bytes()
        answer = plain_answer(request, self.overrides, joined_key)
        if answer is None:
            return None
        text, reference, said, thinking, thought = answer
        form, heard = request.form, request.input_tokens
        kept, reply = form.reply if form.reply is not NOT_TRIED else kept_reply(form), None
        drawn = hashes(_STAMP + joined_key, 1 if kept is None else kept.hashes)
        values = _new(Values, (text, heard, said, drawn, now, thinking, thought))
        if kept is None or provider.remembers:
            reply = self._rendered_at_once(provider, request, values, key, at)
            if reply is None:
                return None
        exchange = self.journal.begin(at, form.kind, key, decision)
        exchange.has_healthy_reply(reference, heard, said, _fingerprint(wire.body))
        self._note_credentials(form.kind.credential, wire)
        if key.call in self.failing_calls:
            self._record_failing_call(exchange, request, whole_text(text))
        state = None
        if provider.usual_quota is not None and not form.request.subscription:
            name = form.kind.provider
            buckets = self._default_buckets.get(name) or self._begin_default_buckets(
                name, provider.usual_quota
            )
            state = buckets.take(form.kind.credential, now, heard, said)
        if kept is not None:
            more = provider.quota(state) if state is not None else NO_VALUES
            return exchange, kept.filled(values, more)
        assert reply is not None
        return exchange, with_headers(reply, provider.quota_headers(state) if state else ())

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
            exchange.body_hash = _fingerprint(repr(exchange.conversation_digest).encode())

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
        return ReplyContext(round(self._starts + at, 6), rng, stored, self._model_answer)

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
        buckets = self._buckets.get(request.provider)
        if buckets is None:
            if provider.usual_quota is None:
                return None
            buckets = self._default_buckets.get(request.provider) or self._begin_default_buckets(
                request.provider, provider.usual_quota
            )
        return buckets.take(request.credential, now, request.input_tokens, output_tokens)

    def _begin_default_buckets(self, name: str, usual: Quota) -> Buckets:
        """New buckets of a provider for which the profile states no quota."""
        buckets = self._default_buckets[name] = Buckets(usual, enforced=False)
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


def _fingerprint(body: bytes) -> int:
    """A number of 30 bits that tells bodies apart by their length and both ends.

    Reading only the ends keeps it fast for long bodies.
    """
    ends = crc32(body[-_HASHED_END:], crc32(body[:_HASHED_END]))
    return (len(body) ^ ends) & 0x3FFFFFFF
