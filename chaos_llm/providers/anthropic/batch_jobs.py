"""A Message Batch: what was asked in it, how far it is, and what became of each request.

Shapes are those of the types in anthropic 2.11. How long a batch takes is assumed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from chaos_llm.errors import UsageError
from chaos_llm.protocol.batch_length import LIFETIME, done_of
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.messages import Completion, Refusal, Request
from chaos_llm.providers.anthropic.common import refuse
from chaos_llm.providers.anthropic.message_bodies import (
    MODEL_TOO,
    refusal_of,
    request_fields,
    whole,
)
from chaos_llm.providers.provider import ReplyContext

WORK = 300.0  # seconds; most batches end within an hour, says the documentation
_CANCELLING = 10.0
_FATES = ("processing", "succeeded", "errored", "canceled", "expired")


@dataclass(frozen=True)
class Batch:
    """A batch as it was created, and when it was cancelled, in Unix seconds."""

    id: str
    created: float
    requests: tuple[dict[str, Any], ...]
    cancelled: float | None = None
    takes: float = WORK

    @property
    def ends(self) -> float:
        """When the last request is done."""
        if self.cancelled is None:
            return self.created + min(self.takes, LIFETIME)
        return self.cancelled + _CANCELLING

    def cancel(self, now: float) -> Batch:
        """The batch with its cancellation; one that has ended, or is cancelled, stays as it is."""
        late = self.cancelled is not None or now >= self.ends
        return self if late else replace(self, cancelled=now)

    def shown(self, now: float, address: str) -> dict[str, Any]:
        """Show the batch as the API does; its results are at an address once it has ended."""
        ended = now >= self.ends
        state = "canceling" if self.cancelled is not None else "in_progress"
        return {
            "id": self.id,
            "type": "message_batch",
            "processing_status": "ended" if ended else state,
            "request_counts": self._counts(ended=ended),
            "ended_at": _moment(self.ends) if ended else None,
            "created_at": _moment(self.created),
            "expires_at": _moment(self.created + LIFETIME),
            "archived_at": None,
            "cancel_initiated_at": _moment(self.cancelled),
            "results_url": f"{address}/{self.id}/results" if ended else None,
        }

    def results(self, request: Request, reply_context: ReplyContext) -> list[dict[str, Any]]:
        """Answer every request of the batch, the same way whenever it is asked.

        Those for which its lifetime was too short have expired.
        """
        answered = self.requests[: self._in_time]
        results = [self._result(entry, request, reply_context) for entry in answered]
        results += [{"type": "expired"}] * (len(self.requests) - len(answered))
        return [
            {"custom_id": entry["custom_id"], "result": result}
            for entry, result in zip(self.requests, results, strict=True)
        ]

    @property
    def _in_time(self) -> int:
        """How many requests get a result other than that they expired."""
        total = len(self.requests)
        return total if self.cancelled is not None else done_of(total, self.takes)

    def _result(
        self, entry: dict[str, Any], request: Request, reply_context: ReplyContext
    ) -> dict[str, Any]:
        if self.cancelled is not None:
            return {"type": "canceled"}
        key, params = f"{self.id} {entry['custom_id']}", entry["params"]
        mine = replace(reply_context, rng=KeyedRandom("batch", key))
        refused = refusal_of(params, MODEL_TOO)
        if not refused:
            inner = _inner(request, params)
            if reply_context.speak is None:
                raise UsageError("batches: a batch's answers need a stamp that can speak")
            answer = reply_context.speak(inner, key)
            if isinstance(answer, Completion):
                return {"type": "succeeded", "message": json.loads(whole(inner, answer, mine))}
            refused = answer if isinstance(answer, Refusal) else Refusal("server_error")
        return {"type": "errored", "error": json.loads(refuse(request, refused, mine).body)}

    def _counts(self, *, ended: bool) -> dict[str, int]:
        counts = dict.fromkeys(_FATES, 0)
        if not ended:
            return counts | {"processing": len(self.requests)}
        if self.cancelled is not None:
            return counts | {"canceled": len(self.requests)}
        done = self._in_time
        succeeded = {"succeeded": done - self._bad, "errored": self._bad}
        return counts | succeeded | {"expired": len(self.requests) - done}

    @cached_property
    def _bad(self) -> int:
        """How many of its requests are refused."""
        answered = self.requests[: self._in_time]
        return sum(refusal_of(entry["params"], MODEL_TOO) is not None for entry in answered)


def _inner(request: Request, params: dict[str, Any]) -> Request:
    """The request to a model that one of a batch's is."""
    size = len(json.dumps(params))
    return Request(
        provider=request.provider,
        api="messages",
        surface=request.surface,
        host=request.host,
        path=request.path,
        model=params["model"],
        credential=request.credential,
        size=size,
        input_tokens=size // 4,  # roughly four bytes a token
        **request_fields(params),
    )


def _moment(at: float | None) -> str | None:
    return (
        None if at is None else datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
    )
