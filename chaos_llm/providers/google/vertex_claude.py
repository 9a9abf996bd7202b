"""Claude on Vertex AI: POST .../publishers/anthropic/models/{model}:rawPredict, and streamed.

The bodies are Anthropic's, without the model, which is in the path. What is wrong with a request or
with the model, Anthropic says; what is wrong with the account, Google says.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, ClassVar

from chaos_llm.protocol.messages import (
    Completion,
    Document,
    Refusal,
    Reply,
    Request,
    WireRequest,
)
from chaos_llm.providers.anthropic import common
from chaos_llm.providers.anthropic.message_bodies import (
    COUNTED,
    PING,
    events,
    refusal_of,
    request_fields,
    whole,
)
from chaos_llm.providers.framing import pieces_of, sse_reply
from chaos_llm.providers.google.common import HEADERS, json_reply, region_of
from chaos_llm.providers.google.documents import GoogleDocuments
from chaos_llm.providers.google.vertex_base import VertexEndpoint
from chaos_llm.providers.model_endpoint import ModelEndpoint
from chaos_llm.providers.provider import ReplyContext

_ID = "vrtx_"  # in the ids of messages and tool calls
_ANTHROPICS = ("invalid_request", "overloaded", "server_error", "timeout")
_NO_VERSION = "anthropic_version: Field required"
_COUNTED = re.compile(r"/publishers/anthropic/models/count-tokens:rawPredict$")


class _ClaudeOnVertex(VertexEndpoint):
    """What Anthropic says of a request, and Google of everything else."""

    def _refuse(self, request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:
        if refusal.kind not in _ANTHROPICS:
            return super()._refuse(request, refusal, reply_context)
        return common.refuse(request, refusal, reply_context)


class VertexClaude(_ClaudeOnVertex, ModelEndpoint):
    """Claude on Vertex AI."""

    filters: ClassVar[bool] = True
    api: ClassVar[str] = "raw_predict"
    verbs: ClassVar[tuple[str, ...]] = ("rawPredict", "streamRawPredict")

    def claims(self, method: str, path: str) -> bool:
        return super().claims(method, path) and not _COUNTED.search(path)

    def _read(self, wire: WireRequest, secret: str, body: dict[str, Any]) -> Request:
        refused = refusal_of(body)
        if not refused and "anthropic_version" not in body:
            refused = Refusal("invalid_request", message=_NO_VERSION)
        if refused:
            return self._invalid(wire, secret, refused)
        model, verb = self._model_and_verb(wire.path)
        return Request(
            provider=self.name,
            api=self.api,
            surface=self.surface,
            host=wire.host,
            path=wire.path,
            model=model,
            stream=verb == "streamRawPredict" or body.get("stream") is True,
            credential=secret,
            region=region_of(wire),
            size=len(wire.body),
            input_tokens=len(wire.body) // 4,  # roughly four bytes a token
            **request_fields(body),
        )

    def _whole(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        return json_reply(
            200, whole(_named(request), answer, reply_context, _ID), pieces_of(answer)
        )

    def _stream(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        return sse_reply(HEADERS, events(_named(request), answer, reply_context, _ID), PING.data)


class VertexClaudeTokenCount(_ClaudeOnVertex, GoogleDocuments):
    """The tokens of a prompt for Claude, counted at the model "count-tokens"."""

    api: ClassVar[str] = "count_claude"
    verbs: ClassVar[tuple[str, ...]] = ("rawPredict",)

    def claims(self, method: str, path: str) -> bool:
        return super().claims(method, path) and bool(_COUNTED.search(path))

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | None:  # noqa: ARG002 - no ids
        return Document({"input_tokens": request.input_tokens})

    def _lacks(self, body: dict[str, Any], method: str, path: str) -> Refusal | None:  # noqa: ARG002
        return refusal_of(body, COUNTED)


def _named(request: Request) -> Request:
    """Name the model as Anthropic does: claude-x@20260101 is claude-x-20260101."""
    return replace(request, model=request.model.replace("@", "-"))
