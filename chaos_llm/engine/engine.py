"""The pipeline and nothing else.

bytes -parse-> Request -decide-> Decision
                  +-script-> Answer -on_answer-> -render-> Reply -on_reply-> to be played
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from sys import intern
from typing import Any
from zlib import crc32

from chaos_llm.answers import json_schema, status_page
from chaos_llm.answers.healthy_answers import HealthyAnswers
from chaos_llm.decisions.overrides import Overrides
from chaos_llm.engine.reply_builder import ReplyBuilder
from chaos_llm.faults.fault import FaultContext
from chaos_llm.journal.content_timing import content_timing_of
from chaos_llm.journal.conversation_digest import digest_of
from chaos_llm.journal.journal import Effect, Exchange, Journal
from chaos_llm.profiles.model import HealthyLatency
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.markers import find_references
from chaos_llm.protocol.messages import (
    Answer,
    Completion,
    Ending,
    Refusal,
    Reply,
    Request,
    WireRequest,
)
from chaos_llm.protocol.rate_limits import Buckets, State, with_headers
from chaos_llm.protocol.retry_after import requested_wait
from chaos_llm.providers.provider import Provider, ReplyContext
from chaos_llm.requests.correlation import Correlation, Key
from chaos_llm.requests.credentials import Credentials

_NO_PACE = HealthyLatency()
_SHOWN_BYTES = 200
_MOST_SAID = 2000  # letters of an error's message that are kept
_MOST_CALLS = 4096  # with failures that are remembered: those before them are over
_END = 512
_LONGEST_PATH = 512  # letters by which requests are told apart; keys of it are kept
_OPENING = 24  # letters of an answer by which a piece of it is known


@dataclass
class Engine:
    """Turns a request into a reply and its journal record; plays nothing."""

    overrides: Overrides
    journal: Journal
    correlation: Correlation
    now: Callable[[], float]  # seconds of the profile
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)  # by provider: batches, say
    credentials: Credentials = field(default_factory=Credentials)
    troubled: dict[int, None] = field(default_factory=dict)  # calls in which a request has failed

    def __post_init__(self) -> None:
        plan = self.overrides.plan
        self.profile, self.seed, self.script = plan.profile, plan.seed, HealthyAnswers(plan.seed)
        self._starts = plan.profile.starts.timestamp()
        self._buckets = {name: Buckets(my.quota) for name, my in plan.profile.quotas.items()}

    def exchange(self, provider: Provider, wire: WireRequest) -> tuple[Exchange, Reply]:
        """Answer one request in this provider's wire format."""
        at, request = self.now(), provider.parse(wire)
        key = self.correlation.key(provider.name, wire.path[:_LONGEST_PATH], wire.body)
        decision = self.overrides.decide(request, key, at)
        exchange = self.journal.open(at, request, key, decision)
        exchange.body_hash = _fingerprint(wire.body)
        reply_context = self._stamp(provider, key, at)
        answer = self._healthy(provider, request, key, reply_context, at)
        state = self._spend(request, reply_context)
        if state is not None and not state.allowed:
            answer = Refusal("rate_limited", retry_after=state.retry_after)
        builder = ReplyBuilder(provider, request, reply_context, self._pace(request), answer)
        if decision.draws:
            self._strike(exchange, builder, wire)
        _note(exchange, builder)
        exchange.content_timing = content_timing_of(builder.reply)
        self._look_closer(exchange, request, wire)
        reply = builder.reply
        if state is not None:
            reply = with_headers(reply, provider.quota_headers(state))
        if reply.status >= 400:
            exchange.retry_after = requested_wait(reply, reply_context.now + reply.wait)
        return exchange, reply

    def _look_closer(self, exchange: Exchange, request: Request, wire: WireRequest) -> None:
        """Write down what costs more: only for calls with failures, and for keys seen first."""
        if request.credential not in self.credentials.issuers:
            self.credentials.note(request.credential, wire.headers)
        self.journal.secrets.note(wire.headers, wire.query)
        if exchange.call >= 0 and (exchange.effects or not exchange.answered):
            if len(self.troubled) >= _MOST_CALLS:
                del self.troubled[next(iter(self.troubled))]
            self.troubled[exchange.call] = None
        if exchange.call in self.troubled:
            exchange.conversation_digest = digest_of(request).packed()

    def _stamp(self, provider: Provider, key: Key, at: float) -> ReplyContext:
        kept = self.kept.setdefault(provider.name, {})
        rng = KeyedRandom("stamp", self.seed, *key)
        return ReplyContext(round(self._starts + at, 6), rng, kept, self.script.answer)

    def _spend(self, request: Request, reply_context: ReplyContext) -> State | None:
        """Take the request from its credential's quota, where the profile sets one."""
        buckets = self._buckets.get(request.provider)
        if buckets is None or request.surface != "api" or request.invalid is not None:
            return None
        return buckets.take(request.credential, reply_context.now, request.input_tokens)

    def _healthy(
        self, provider: Provider, request: Request, key: Key, reply_context: ReplyContext, at: float
    ) -> Answer:
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
        chosen = self.overrides.answer(request)
        if chosen is not None:
            return chosen
        return self.script.answer(request, key)

    def _strike(self, exchange: Exchange, builder: ReplyBuilder, wire: WireRequest) -> None:
        """Let the planned faults strike, those of the test first, then in file order."""
        for index, (window, fault) in enumerate(exchange.decision.hits):
            rng = KeyedRandom("strike", self.seed, window, index, *exchange.key)
            builder.fault_context(fault, FaultContext(builder.request, rng, wire.reused))
        exchange.effects = _one_tuple(tuple(builder.effects))

    def _pace(self, request: Request) -> HealthyLatency:
        if request.surface != "api":
            return _NO_PACE
        return self.profile.baseline.get(request.provider, _NO_PACE).of(request.model)


@lru_cache(maxsize=256)
def _one_tuple(effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """One object for all equal effects: there may be millions of records."""
    return effects


def _fingerprint(body: bytes) -> int:
    """Tells bodies apart by their sizes and both ends; quick for long ones, and small."""
    return (len(body) ^ crc32(body[-_END:], crc32(body[:_END]))) & 0x3FFFFFFF


def _note(exchange: Exchange, builder: ReplyBuilder) -> None:
    """Write down what the reply says, before it is known how much of it arrives."""
    answer, reply = builder.answer, builder.reply
    if not reply.chunks and reply.ending is not Ending.COMPLETE:
        return  # nothing is ever sent
    exchange.status = reply.status
    if exchange.applied and isinstance(answer, Completion):
        exchange.opening = answer.text[:_OPENING].strip()
    if isinstance(answer, Completion) and reply.status < 400:
        _bill(exchange, answer, reply)
    if isinstance(answer, Refusal) or not builder.whole:
        exchange.error_message = _kept(
            _said_in_stream(reply.body) if reply.streamed else _said(reply.body)
        )
    elif isinstance(answer, Completion):
        if answer.broken_by is not None:
            exchange.error_message = _kept(_said_in_stream(reply.body))
        exchange.answered = answer.broken_by is None and answer.stop != "length"
        exchange.silently_corrupted = builder.silently_corrupted and exchange.answered
        exchange.reference = "".join(find_references(answer.text)[-1:])
    else:
        exchange.answered = reply.status < 400


def _bill(exchange: Exchange, answer: Completion, reply: Reply) -> None:
    """Count the tokens: of an answer that breaks off, as much of it as was sent (assumed)."""
    sent = sum(chunk.content for chunk in reply.chunks)
    if not sent and answer.usage.output_tokens:
        return  # somebody's page in its place
    made = sent / reply.pieces if reply.streamed and sent < reply.pieces else 1.0
    if answer.broken_by is not None:
        made = answer.broken_by.after
    exchange.input_tokens = answer.usage.input_tokens
    exchange.output_tokens = round(made * answer.usage.output_tokens)


def _kept(said: str) -> str:
    return intern(said if len(said) <= _MOST_SAID else f"{said[: _MOST_SAID - 1]}…")


def _said(body: bytes) -> str:
    """The text that a careless app would show: the error's message, or the page itself."""
    try:
        return _message(json.loads(body))
    except ValueError:
        return body[:_SHOWN_BYTES].decode("utf-8", "replace")


def _said_in_stream(body: bytes) -> str:
    """The message of the error event that ended a stream, if one did."""
    events = [line for line in body.splitlines() if line.startswith(b"data:") and b"error" in line]
    for event in reversed(events):
        with suppress(ValueError):
            if message := _message(json.loads(event.removeprefix(b"data:"))):
                return message
    return ""


def _message(said: Any) -> str:
    """The message in an error object, or in a response or an envelope that holds one."""
    if not isinstance(said, dict):
        return said if isinstance(said, str) else ""
    inner = said.get("error") or said.get("response")
    return _message(inner) or _message(said.get("message"))
