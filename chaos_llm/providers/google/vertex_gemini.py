"""Gemini on Vertex AI: POST .../publishers/google/models/{model}:generateContent, and streamed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from chaos_llm.protocol.messages import Completion, Request, Usage
from chaos_llm.providers.google.generate_content import GenerateContent
from chaos_llm.providers.google.vertex_base import VertexEndpoint
from chaos_llm.providers.openai.logprobs import logprob
from chaos_llm.providers.provider import ReplyContext

_UNLIKELY = 0.01  # that no answer is certain


class VertexGemini(VertexEndpoint, GenerateContent):
    """Gemini on Vertex AI."""

    def _candidate(
        self, request: Request, parts: list[Any], answer: Completion, finish: str
    ) -> dict[str, Any]:
        """Vertex says how likely a whole answer was, and has no numbers and no finish messages."""
        candidate = super()._candidate(request, parts, answer, finish)
        del candidate["index"]
        candidate.pop("finishMessage", None)
        if finish and not request.stream:
            candidate.setdefault("avgLogprobs", logprob(answer.text) - _UNLIKELY)
        return candidate

    def _blocked(self) -> dict[str, Any]:
        """With a message, as recorded; its wording is assumed."""
        message = "The prompt was blocked by a safety filter."
        return super()._blocked() | {"blockReasonMessage": message}

    def _usage(self, usage: Usage, *, ended: bool) -> dict[str, Any]:
        counted = super()._usage(usage, ended=ended)
        if "candidatesTokenCount" in counted:
            detail = {"modality": "TEXT", "tokenCount": counted["candidatesTokenCount"]}
            counted["candidatesTokensDetails"] = [detail]
        return counted | {"trafficType": "ON_DEMAND"}

    def _signed(self, request: Request, reply_context: ReplyContext) -> dict[str, Any]:
        created = datetime.fromtimestamp(reply_context.now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        signed = super()._signed(request, reply_context)
        return {
            "modelVersion": signed["modelVersion"],
            "createTime": created,
            "responseId": signed["responseId"],
        }
