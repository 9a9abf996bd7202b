"""OpenAI's batches: POST /v1/batches with a file of requests, whose answers are another file.

Shapes are those of the types in openai 3.52. How long a batch takes is assumed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, ClassVar

from chaos_llm.protocol.messages import Document, Refusal
from chaos_llm.protocol.webhooks import SENDER, Webhook
from chaos_llm.providers.openai.batch_lines import FORMATS, answer_lines, read_lines
from chaos_llm.providers.openai.files import FILES, keep_file
from chaos_llm.providers.openai.routed import OpenAIRouted, found, long_id, short_id
from chaos_llm.providers.openai.webhooks import batch_webhook
from chaos_llm.providers.routes import Asked, Route, page_of

_BATCHES = "openai_batches"
_VALIDATED, _WORKED, _FINALIZED = 10.0, 300.0, 310.0  # seconds from creation: assumed
_CANCELLED = 10.0  # seconds after the request to cancel
_LIFETIME = 86_400.0
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
        state = "validating"
        for reached, name, moment in (
            (_VALIDATED, "in_progress", "in_progress_at"),
            (_WORKED, "finalizing", "finalizing_at"),
            (_FINALIZED, "completed", "completed_at"),
        ):
            if age >= reached:
                state = name
                self.moments[moment] = self.created + reached
        return state

    def shown(self, asked: Asked) -> dict[str, Any]:
        """Show the batch as the API does; its answers are a file once it has completed."""
        status = self.status(asked.reply_context.now)
        done = status == "completed"
        if done and self.output_file not in asked.kept(FILES):
            self._write(asked)
        errors = {"object": "list", "data": [self.error]} if self.error else None
        counts = {"total": len(self.lines), "completed": len(self.lines) if done else 0}
        return {
            "id": self.id,
            "object": "batch",
            "endpoint": self.asked["endpoint"],
            "errors": errors if status == "failed" else None,
            "input_file_id": self.asked["input_file_id"],
            "completion_window": self.asked.get("completion_window", "24h"),
            "status": status,
            "output_file_id": self.output_file if done else None,
            "error_file_id": None,
            "created_at": int(self.created),
            "expires_at": int(self.created + _LIFETIME),
            **{name: _seconds(self.moments.get(name)) for name in _MOMENTS},
            "request_counts": counts | {"failed": 0},
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
        answers = answer_lines(self.id, self.lines, self.asked["endpoint"], asked)
        data = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in answers)
        name = f"{self.id}_output.jsonl"
        keep_file(asked, self.output_file, name, data.encode(), "batch_output")


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
    batch_id, output = long_id("batch", asked.reply_context), short_id("file-", asked.reply_context)
    batch = _Batch(batch_id, asked.reply_context.now, fields, lines, output, error)
    asked.kept(_BATCHES)[batch_id] = batch
    _announce(asked, batch, _VALIDATED if error else _FINALIZED)
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
