"""Tokens of a prompt for Gemini, counted without an answer: POST .../{model}:countTokens."""

from __future__ import annotations

from typing import Any, ClassVar

from chaos_llm.protocol.messages import Document, Refusal, Request
from chaos_llm.providers.google.documents import GoogleDocuments
from chaos_llm.providers.google.gemini_base import GeminiEndpoint
from chaos_llm.providers.google.json_fields import field
from chaos_llm.providers.google.vertex_base import VertexEndpoint
from chaos_llm.providers.provider import ReplyContext

_NO_CONTENTS = "* CountTokensRequest.contents: contents is not specified\n"  # assumed, as its like


class _TokenCount(GoogleDocuments):
    api: ClassVar[str] = "count_content"
    verbs: ClassVar[tuple[str, ...]] = ("countTokens",)

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | None:  # noqa: ARG002 - no ids
        by_kind = [{"modality": "TEXT", "tokenCount": request.input_tokens}]
        return Document({"totalTokens": request.input_tokens, "promptTokensDetails": by_kind})

    def _lacks(self, body: dict[str, Any], method: str, path: str) -> Refusal | None:  # noqa: ARG002
        contents = field(body, "contents") or field(body, "generateContentRequest")
        return None if contents else Refusal("invalid_request", message=_NO_CONTENTS)


class GeminiTokenCount(GeminiEndpoint, _TokenCount):
    """Tokens of a prompt, counted by Gemini's API for developers."""


class VertexTokenCount(VertexEndpoint, _TokenCount):
    """Tokens of a prompt, counted by Vertex AI, with the letters by which it once billed."""

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | None:
        counted = super().healthy(request, reply_context)
        assert counted is not None  # a count has no model to ask
        letters = {"totalBillableCharacters": request.input_tokens * 4}
        return Document({**counted.json, **letters})
