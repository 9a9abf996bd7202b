"""The journal of an outage: one record a request, append-only, written and read as JSON lines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from chaos_llm.decisions.plan import HEALTHY, Decision
from chaos_llm.journal.content_timing import ContentTiming
from chaos_llm.journal.exchange_kinds import ExchangeKind, HasExchangeKind, exchange_kind_of
from chaos_llm.journal.sent_content import SentContent
from chaos_llm.journal.shared_fields import (
    HEALTHY_REPLY,
    NO_CONTENT,
    NOT_SENT,
    Field,
    own,
    shared,
)
from chaos_llm.protocol import strict_json
from chaos_llm.protocol.markers import reference_from
from chaos_llm.protocol.messages import UNSERVED, BrokenRule, Request
from chaos_llm.protocol.redaction import Secrets, without_shapes_cached
from chaos_llm.protocol.tool_history import ReportedToolCall
from chaos_llm.protocol.websocket import SWITCHING_PROTOCOLS
from chaos_llm.requests.app_deadlines import AppDeadline
from chaos_llm.requests.correlation import BACKGROUND_USER, Key

Effect = Literal["applied", "no_effect", "unsupported", "masked"]
_ROUNDING = 1e-6  # seconds; of the difference of two times
End = Literal["open", "complete", "closed", "reset", "refused", "timeout", "abandoned"]


class FaultEffect(NamedTuple):
    """One planned fault, the window that planned it, and its effect."""

    window: str
    fault: str
    effect: Effect


class Exchange(HasExchangeKind):
    """One request, its decision, and its reply; begun when the request comes, and updated later.

    There may be millions of records, so equal texts are one object and nothing is kept twice.

    * at, until: when the request came and when its reply ended, in seconds of the profile; negative
      before its start
    * effects: the effect of each planned fault, in the order of `decision.hits`
    * status: the HTTP status, 0 if none was sent
    * answered: whether the reply as sent is a complete answer; `end` says whether it arrived
    * reference: the mark that closes a healthy answer
    * error_message: the message of an error reply, or the beginning of an error page
    * silently_corrupted: whether the answer differs from a healthy one, and looks like one
    * opening: the first letters of an answer to which a fault was applied
    * body_hash: a fingerprint of the request's body
    * app_line: the line of the app's code that made the request, in calls with failures only; it is
      no part of written journals, which are the same on every machine
    * began_cancelled: whether the task or thread that sent the request had been cancelled, or its
      deadline had passed
    * app_deadline: the outermost deadline that the app's own code had set, None if there is none
    * content_arrived: whether a client that counts what it reads has read the last piece of content
    * content_timing: when the content of the reply was planned to arrive
    * conversation_digest: the packed digest of the conversation, in calls with failures only
    * sent_content: the content of the answer, in calls with failures only
    * reported_tool_calls: the tool calls in the request's conversation, in calls with failures only
    * session: the number of the exchange that opened the websocket on which the request came
    * repeats_message: whether such a request has the user's last message twice in a row
    * retry_after: the wait in seconds that a refusal asked for, None if it asked for none
    * broken_rule: the rule for which a healthy provider refused the request, a mistake of the app
    """

    __slots__ = (
        "_own",
        "_reference",
        "_shared",
        "_user_or_content",  # a request has a user, or is in the background and has a content
        "at",
        "attempt",
        "body_hash",
        "call",
        "conversation_digest",
        "decision",
        "end",
        "input_tokens",
        "number",
        "output_tokens",
        "until",
    )

    status: Field[int] = shared("status")
    answered: Field[bool] = shared("answered")
    silently_corrupted: Field[bool] = shared("silently_corrupted")
    content_arrived: Field[bool] = shared("content_arrived")
    began_cancelled: Field[bool] = shared("began_cancelled")
    effects: Field[tuple[Effect, ...]] = shared("effects")
    error_message: Field[str] = shared("error_message")
    app_line: Field[str] = shared("app_line")
    retry_after: Field[float | None] = shared("retry_after")
    broken_rule: Field[BrokenRule | None] = shared("broken_rule")
    content_timing: Field[ContentTiming] = shared("content_timing")
    app_deadline: Field[AppDeadline | None] = own("app_deadline")
    opening: Field[str] = own("opening")
    sent_content: Field[SentContent | None] = own("sent_content")
    reported_tool_calls: Field[tuple[ReportedToolCall, ...]] = own("reported_tool_calls")
    session: Field[int | None] = own("session")
    repeats_message: Field[bool] = own("repeats_message")

    def __init__(
        self, number: int, at: float, kind: ExchangeKind, key: Key, decision: Decision = HEALTHY
    ) -> None:
        self.number, self.at, self.until = number, at, at
        self.kind = kind
        user, self.call, _, _, self.attempt, content = key
        self._user_or_content: int | str = content or user
        self.decision = decision
        self.end: End = "open"
        self.body_hash = self.conversation_digest = self.input_tokens = self.output_tokens = 0
        self._reference: str | int = ""
        self._shared, self._own = NOT_SENT, NO_CONTENT

    def has_healthy_reply(
        self, reference: str | int, input_tokens: int, output_tokens: int, body_hash: int
    ) -> None:
        """Record that a complete, healthy answer is sent at once.

        `reference` may be given as its number, which needs half the memory.
        """
        self._shared, self._reference = HEALTHY_REPLY, reference
        self.input_tokens, self.output_tokens = input_tokens, output_tokens
        self.body_hash = body_hash

    @property
    def reference(self) -> str:
        """The mark that closes a healthy answer."""
        reference = self._reference
        return reference if isinstance(reference, str) else reference_from(reference)

    @reference.setter
    def reference(self, reference: str) -> None:
        self._reference = reference

    @property
    def user(self) -> int:
        """The number of the user whose call made the request."""
        user = self._user_or_content
        return user if isinstance(user, int) else BACKGROUND_USER

    @property
    def content(self) -> str:
        """The hash of a background request's body; empty for a request of a call."""
        content = self._user_or_content
        return content if isinstance(content, str) else ""

    @property
    def key(self) -> Key:
        """The identity of the request: user, call, endpoint and attempt."""
        return Key(self.user, self.call, self.provider, self.path, self.attempt, self.content)

    @property
    def fault_effects(self) -> tuple[FaultEffect, ...]:
        """The planned faults with their effects."""
        hits = zip(self.decision.hits, self.effects, strict=True)
        return tuple(FaultEffect(window, fault.name, effect) for (window, fault), effect in hits)

    @property
    def applied(self) -> tuple[FaultEffect, ...]:
        """The faults that changed the reply."""
        if "applied" not in self.effects:
            return ()
        return tuple(planned for planned in self.fault_effects if planned.effect == "applied")

    @property
    def opens_session(self) -> bool:
        """Whether it is the request that opened a websocket; the answers are other exchanges."""
        return self.status == SWITCHING_PROTOCOLS and not self.stream

    @property
    def ok(self) -> bool:
        """Whether the app got the provider's complete answer.

        A client that leaves a stream after the last piece of content (at its finish_reason, before
        [DONE]) got it, too.
        """
        return self.answered and (self.end == "complete" or self._left_after_content)

    @property
    def _left_after_content(self) -> bool:
        if self.end != "abandoned" or not self.stream:
            return False
        timing = self.content_timing
        # Clients that do not count what they read are judged by the time, if it tells anything.
        by_time = timing.first < timing.last <= self.until - self.at + _ROUNDING
        return self.content_arrived or by_time

    @property
    def is_empty(self) -> bool:
        """Whether the app got an answer without any output, because of a fault."""
        return bool(self.ok and self.input_tokens and not self.output_tokens and self.applied)

    @property
    def failed(self) -> bool:
        """Whether the provider failed to answer.

        A client that leaves a healthy reply, or leaves at once, is not a provider failure; neither
        is a request to an endpoint that chaos_llm does not simulate.
        """
        if self.surface == UNSERVED:
            return False
        hung_up = self.end in ("abandoned", "open") and self.answered
        return not self.ok and not (hung_up and (not self.applied or self.until == self.at))

    def line(self) -> dict[str, Any]:
        """The record as JSON, without any field that differs between runs of one seed."""
        return {
            "n": self.number,
            "at": round(self.at, 6),
            "until": round(self.until, 6),
            "provider": self.provider,
            "api": self.api,
            "surface": self.surface,
            "path": without_shapes_cached(self.path),
            "model": without_shapes_cached(self.model),
            "stream": self.stream,
            "credential": self.credential,
            "user": self.user,
            "call": self.call,
            "attempt": self.attempt,
            "content": self.content,
            "status": self.status,
            "end": self.end,
            "answered": self.answered,
            "error_message": without_shapes_cached(self.error_message),
            "reference": self.reference,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "fault_effects": [list(planned) for planned in self.fault_effects],
            "why": self.decision.why if self.decision.draws else "",
            "draws": [
                [d.window, round(d.roll, 6), round(d.share, 6), repr(d.fault) if d.fault else ""]
                for d in self.decision.draws
            ],
            "silently_corrupted": self.silently_corrupted,
            "retry_after": self.retry_after,
            "broken_rule": list(self.broken_rule) if self.broken_rule else None,
        } | ({} if self.session is None else {"session": self.session})

    def __repr__(self) -> str:
        faults = ", ".join(planned.fault for planned in self.fault_effects) or "healthy"
        return f"<{self.number} {self.provider} at {self.at:g}: {self.status} {self.end}, {faults}>"


class Journal:
    """All exchanges of an outage, in the order in which they began.

    `secrets` are the credentials of their requests, which written journals mask.
    """

    def __init__(self) -> None:
        self._exchanges: list[Exchange] = []
        self.secrets = Secrets()

    def open(self, at: float, request: Request, key: Key, decision: Decision = HEALTHY) -> Exchange:
        """Begin the record of a request that has just come, and return it."""
        return self.begin(at, exchange_kind_of(request), key, decision)

    def begin(self, at: float, kind: ExchangeKind, key: Key, decision: Decision) -> Exchange:
        """The same for a request of this kind."""
        exchange = Exchange(len(self._exchanges), at, kind, key, decision)
        self._exchanges.append(exchange)
        return exchange

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self._exchanges)

    def __len__(self) -> int:
        return len(self._exchanges)

    def __getitem__(self, index: int) -> Exchange:
        return self._exchanges[index]

    def to(self, provider: str, surface: str = "api") -> list[Exchange]:
        """The exchanges with one provider on one surface, in order."""
        return [e for e in self._exchanges if e.provider == provider and e.surface == surface]

    def gaps(self, provider: str, surface: str = "api") -> list[float]:
        """Seconds from the end of each request to one provider to the start of the next."""
        exchanges = self.to(provider, surface)
        return [later.at - earlier.until for earlier, later in pairwise(exchanges)]

    def __repr__(self) -> str:
        """How many exchanges there are, by provider."""
        by_provider = Counter(exchange.provider for exchange in self._exchanges)
        counts = ", ".join(f"{provider} {count}" for provider, count in by_provider.items())
        return f"<Journal of {len(self)} requests" + (f": {counts}>" if counts else ">")

    def to_jsonl(self) -> str:
        """The records as JSON lines; the same seed gives the same bytes."""
        text = "".join(strict_json.dumps(e.line()) + "\n" for e in self._exchanges)
        return self.secrets.masked(text)

    @staticmethod
    def read(lines: Iterable[str]) -> list[dict[str, Any]]:
        """Read the records of a written journal, as plain dicts; raises ValueError."""
        return [json.loads(line) for line in lines if line.strip()]
