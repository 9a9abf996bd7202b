"""OpenAI's batches: POST /v1/batches with a file of requests, whose answers are another file.

Shapes are those of the types in openai 3.52. How long a batch takes is assumed. One that takes more
than its 24 hours expires: what was answered by then is in its output file, and for the others the
error file has the line that OpenAI's guide shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from chaos_llm.protocol.batch_length import LIFETIME, done_of, length_of
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.messages import Document, Refusal
from chaos_llm.protocol.webhooks import SENDER, Webhook
from chaos_llm.providers.framing import base58
from chaos_llm.providers.openai.batch_lines import (
    FORMATS,
    answer_lines,
    expired_lines,
    read_lines,
)
from chaos_llm.providers.openai.files import FILES, keep_file
from chaos_llm.providers.openai.routed import OpenAIRouted, found, long_id, short_id
from chaos_llm.providers.openai.webhooks import batch_webhook
from chaos_llm.providers.routes import Asked, Route, page_of

_BATCHES = "openai_batches"
_VALIDATED = 10.0  # seconds from creation: assumed
_FINALIZED_IN = 10.0  # seconds before the end: assumed
_CANCELLED = 10.0  # seconds after the request to cancel
_MOMENTS = (
    "in_progress_at",
    "finalizing_at",
    "completed_at",
    "failed_at",
    "expired_at",
    "cancelling_at",
    "cancelled_at",
)


@dataclass
class _Batch:
    id: str
    created: float
    asked: dict[str, Any]
    lines: list[dict[str, Any]]
    output_file: str
    error_file: str
    takes: float
    error: dict[str, Any] | None = None
    cancelled: float | None = None
    moments: dict[str, float] = field(default_factory=dict)
    is_announced: bool = False  # its webhook has been sent

    def status(self, now: float) -> str:
        """The state of the batch now; each state begins at a fixed time after creation."""
        if self.error:
            self.moments["failed_at"] = self.created + _VALIDATED
            return "failed" if now >= self.created + _VALIDATED else "validating"
        if self.cancelled is not None:
            self.moments["cancelling_at"] = self.cancelled
            if now < self.cancelled + _CANCELLED:
                return "cancelling"
            self.moments["cancelled_at"] = self.cancelled + _CANCELLED
            return "cancelled"
        return self._state(now - self.created)

    def _state(self, age: float) -> str:
        stages = [(_VALIDATED, "in_progress")]
        if self.takes > LIFETIME:
            stages += [(LIFETIME, "expired")]
        else:
            stages += [(self.takes - _FINALIZED_IN, "finalizing"), (self.takes, "completed")]
        state = "validating"
        for reached, name in stages:
            if age >= reached:
                state = name
                self.moments[f"{name}_at"] = self.created + reached
        return state

    @property
    def ends_in(self) -> float:
        """Seconds from its creation to its end, unless it is cancelled."""
        return _VALIDATED if self.error else min(self.takes, LIFETIME)

    @property
    def answered(self) -> int:
        """How many of its requests are answered when it ends by itself."""
        return done_of(len(self.lines), self.takes)

    def shown(self, asked: Asked) -> dict[str, Any]:
        """Show the batch as the API does; its answers are a file once it has ended."""
        status = self.status(asked.reply_context.now)
        done = self.answered if status in ("completed", "expired") else 0
        left = len(self.lines) - done if status == "expired" else 0
        if done and self.output_file not in asked.kept(FILES):
            self._write(asked)
        if left and self.error_file not in asked.kept(FILES):
            self._write_expired(asked)
        errors = {"object": "list", "data": [self.error]} if self.error else None
        return {
            "id": self.id,
            "object": "batch",
            "endpoint": self.asked["endpoint"],
            "errors": errors if status == "failed" else None,
            "input_file_id": self.asked["input_file_id"],
            "completion_window": self.asked.get("completion_window", "24h"),
            "status": status,
            "output_file_id": self.output_file if done else None,
            "error_file_id": self.error_file if left else None,
            "created_at": int(self.created),
            "expires_at": int(self.created + LIFETIME),
            **{name: _seconds(self.moments.get(name)) for name in _MOMENTS},
            "request_counts": {"total": len(self.lines), "completed": done, "failed": left},
            "metadata": self.asked.get("metadata"),
        }

    def webhook(self, now: float) -> Webhook | None:
        """What is sent to an app when the batch has ended; None before that, and after it."""
        status = self.status(now)
        webhook = batch_webhook(self.id, status, self.moments.get(f"{status}_at", now))
        if webhook is None or self.is_announced:
            return None
        self.is_announced = True
        return webhook

    def _write(self, asked: Asked) -> None:
        lines = self.lines[: self.answered]
        answers = answer_lines(self.id, lines, self.asked["endpoint"], asked)
        data, name = _jsonl(answers), f"{self.id}_output.jsonl"
        keep_file(asked, self.output_file, name, data, "batch_output")

    def _write_expired(self, asked: Asked) -> None:
        data = _jsonl(expired_lines(self.id, self.lines[self.answered :]))
        keep_file(asked, self.error_file, f"{self.id}_error.jsonl", data, "batch_output")


def _jsonl(lines: Iterable[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in lines).encode()


def _seconds(at: float | None) -> int | None:
    return None if at is None else int(at)


def _created(asked: Asked) -> Document | Refusal:
    fields = asked.fields
    for name in ("input_file_id", "endpoint", "completion_window"):
        if not isinstance(fields.get(name), str):
            message = f"Missing required parameter: '{name}'."
            return Refusal("invalid_request", message=message)
    if fields["endpoint"] not in FORMATS:
        message = f"Invalid value: '{fields['endpoint']}'."
        return Refusal("invalid_request", message=message)
    file = asked.kept(FILES).get(fields["input_file_id"])
    if file is None:
        message = f"Invalid file id: {fields['input_file_id']}"  # assumed
        return Refusal("invalid_request", message=message)
    read = read_lines(file["data"], fields["endpoint"])
    lines, error = (read, None) if isinstance(read, list) else ([], read)
    context = asked.reply_context
    batch_id, output = long_id("batch", context), short_id("file-", context)
    wrong, takes = (
        "file-" + base58(KeyedRandom("error file", batch_id).number(256), 24),
        length_of(context.kept),
    )
    batch = _Batch(batch_id, context.now, fields, lines, output, wrong, takes, error)
    asked.kept(_BATCHES)[batch_id] = batch
    _announce(asked, batch, batch.ends_in)
    return Document(batch.shown(asked))


def _announce(asked: Asked, batch: _Batch, ends_in: float) -> None:
    """Let the app's webhook endpoint, if there is one, know of the batch's end."""
    sender = asked.reply_context.kept.get(SENDER)
    if sender is not None:
        sender.send_in(ends_in, batch.webhook)


def _listed(asked: Asked) -> Document:
    return Document(page_of(asked.kept(_BATCHES), asked.fields, lambda each: each.shown(asked)))


def _shown(asked: Asked) -> Document | Refusal:
    batch = found(asked, _BATCHES, "batch")
    return batch if isinstance(batch, Refusal) else Document(batch.shown(asked))


def _cancelled(asked: Asked) -> Document | Refusal:
    batch = found(asked, _BATCHES, "batch")
    if isinstance(batch, Refusal):
        return batch
    if batch.status(asked.reply_context.now) in ("validating", "in_progress", "finalizing"):
        batch.cancelled = asked.reply_context.now
        _announce(asked, batch, _CANCELLED)
    return Document(batch.shown(asked))


class OpenAIBatches(OpenAIRouted):
    """OpenAI's batches."""

    api: ClassVar[str] = "openai_batches"
    table: ClassVar[tuple[Route, ...]] = (
        Route("POST", r"/v1/batches$", _created),
        Route("GET", r"/v1/batches$", _listed),
        Route("GET", r"/v1/batches/([^/]+)$", _shown),
        Route("POST", r"/v1/batches/([^/]+)/cancel$", _cancelled),
    )
