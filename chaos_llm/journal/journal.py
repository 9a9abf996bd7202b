"""What happened, request by request; append-only, JSONL out and in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from chaos_llm.decisions.plan import HEALTHY, Decision
from chaos_llm.journal.content_timing import AT_ONCE, ContentTiming
from chaos_llm.journal.exchange_kinds import HasExchangeKind, exchange_kind_of
from chaos_llm.protocol import strict_json
from chaos_llm.protocol.messages import UNSERVED, BrokenRule, Request
from chaos_llm.protocol.redaction import Secrets, without_shapes_cached
from chaos_llm.requests.correlation import Key

Effect = Literal["applied", "no_effect", "unsupported", "masked"]
End = Literal["open", "complete", "closed", "reset", "refused", "timeout", "abandoned"]


class FaultEffect(NamedTuple):
    """One planned fault and what became of it."""

    window: str
    fault: str
    effect: Effect


class Exchange(HasExchangeKind):
    """One request, its decision, and its reply as it ended; written once more when it ends.

    `at` and `until` are seconds of the profile; before its start they are negative. `reference` is
    the mark that closes the answer, `error_message` the message of a refusal. An answer is
    `silently_corrupted` if it is not what a healthy provider would say and looks as if it were.
    `opening` is how an answer began that did not come whole, `body_hash` a fingerprint of the
    request's body. `content_timing` is when its content was to come, `conversation_digest` what a
    request of a call with failures asks, packed. `retry_after` is the wait in seconds that a
    refusal asked for, if it did. `broken_rule` says why a healthy provider refused the request: the
    app's side, not the provider's. There may be millions of records, so equal texts are one object
    and nothing is kept twice.
    """

    __slots__ = (
        "answered",
        "at",
        "attempt",
        "body_hash",
        "broken_rule",
        "call",
        "content",
        "content_timing",
        "conversation_digest",
        "decision",
        "effects",
        "end",
        "error_message",
        "input_tokens",
        "number",
        "opening",
        "output_tokens",
        "reference",
        "retry_after",
        "silently_corrupted",
        "status",
        "until",
        "user",
    )

    def __init__(
        self, number: int, at: float, request: Request, key: Key, decision: Decision = HEALTHY
    ) -> None:
        self.number, self.at, self.until = number, at, at
        self.kind = exchange_kind_of(request)
        self.retry_after: float | None = None
        self.broken_rule: BrokenRule | None = None
        self.content_timing: ContentTiming = AT_ONCE
        self.user, self.call, self.attempt, self.content = (
            key.user,
            key.call,
            key.attempt,
            key.content,
        )
        self.decision = decision
        self.effects: tuple[Effect, ...] = ()
        self.end: End = "open"
        self.status = self.body_hash = self.conversation_digest = self.input_tokens = (
            self.output_tokens
        ) = 0
        self.answered = self.silently_corrupted = False
        self.reference = self.error_message = self.opening = ""

    @property
    def key(self) -> Key:
        """Which request this is."""
        return Key(self.user, self.call, self.provider, self.path, self.attempt, self.content)

    @property
    def fault_effects(self) -> tuple[FaultEffect, ...]:
        """The planned faults and what became of them."""
        hits = zip(self.decision.hits, self.effects, strict=True)
        return tuple(FaultEffect(window, fault.name, effect) for (window, fault), effect in hits)

    @property
    def applied(self) -> tuple[FaultEffect, ...]:
        """The faults that changed something."""
        if "applied" not in self.effects:
            return ()
        return tuple(met for met in self.fault_effects if met.effect == "applied")

    @property
    def ok(self) -> bool:
        """Whether the app was given the provider's whole answer."""
        return self.answered and self.end == "complete"

    @property
    def is_empty(self) -> bool:
        """Whether the app was given an answer without a word in it."""
        return bool(self.ok and self.input_tokens and not self.output_tokens and self.applied)

    @property
    def failed(self) -> bool:
        """Whether the provider did not answer.

        Who hangs up on a healthy one, or without waiting, cannot say so, and what nobody here
        serves is no failure of a provider's.
        """
        if self.surface == UNSERVED:
            return False
        hung_up = self.end in ("abandoned", "open") and self.answered
        return not self.ok and not (hung_up and (not self.applied or self.until == self.at))

    def line(self) -> dict[str, Any]:
        """The record as JSON, without anything that differs between runs of one seed."""
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
            "fault_effects": [list(met) for met in self.fault_effects],
            "why": self.decision.why if self.decision.draws else "",
            "draws": [
                [t.window, round(t.roll, 6), round(t.share, 6), repr(t.fault) if t.fault else ""]
                for t in self.decision.draws
            ],
            "silently_corrupted": self.silently_corrupted,
            "retry_after": self.retry_after,
            "broken_rule": list(self.broken_rule) if self.broken_rule else None,
        }

    def __repr__(self) -> str:
        faults = ", ".join(met.fault for met in self.fault_effects) or "healthy"
        return f"<{self.number} {self.provider} at {self.at:g}: {self.status} {self.end}, {faults}>"


class Journal:
    """All exchanges of an outage, in the order in which they began.

    `secrets` are the credentials that their requests carried.
    """

    def __init__(self) -> None:
        self._exchanges: list[Exchange] = []
        self.secrets = Secrets()

    def open(self, at: float, request: Request, key: Key, decision: Decision = HEALTHY) -> Exchange:
        """Begin the record of a request that has just come."""
        exchange = Exchange(len(self._exchanges), at, request, key, decision)
        self._exchanges.append(exchange)
        return exchange

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self._exchanges)

    def __len__(self) -> int:
        return len(self._exchanges)

    def __getitem__(self, index: int) -> Exchange:
        return self._exchanges[index]

    def to(self, provider: str, surface: str = "api") -> list[Exchange]:
        """The exchanges with one provider."""
        return [e for e in self._exchanges if e.provider == provider and e.surface == surface]

    def gaps(self, provider: str, surface: str = "api") -> list[float]:
        """Seconds from the end of each request to the start of the next, to one provider."""
        met = self.to(provider, surface)
        return [later.at - earlier.until for earlier, later in pairwise(met)]

    def jsonl(self) -> str:
        """One JSON object a line; the same seed gives the same bytes."""
        text = "".join(strict_json.dumps(e.line()) + "\n" for e in self._exchanges)
        return self.secrets.masked(text)

    @staticmethod
    def read(lines: Iterable[str]) -> list[dict[str, Any]]:
        """The records of a written journal, as plain dicts."""
        return [json.loads(line) for line in lines if line.strip()]
