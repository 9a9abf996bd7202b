"""Gemini on Vertex AI: POST .../publishers/google/models/{model}:generateContent, and streamed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from chaos_llm.protocol.messages import Request, Usage
from chaos_llm.providers.google.generate_content import GenerateContent
from chaos_llm.providers.google.vertex_base import VertexEndpoint
from chaos_llm.providers.provider import ReplyContext


class VertexGemini(VertexEndpoint, GenerateContent):
    """Gemini on Vertex AI."""

    def _usage(self, usage: Usage, finish: str) -> dict[str, Any]:
        return super()._usage(usage, finish) | {"trafficType": "ON_DEMAND"}

    def _signed(self, request: Request, reply_context: ReplyContext) -> dict[str, Any]:
        created = datetime.fromtimestamp(reply_context.now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        signed = super()._signed(request, reply_context)
        return {
            "modelVersion": signed["modelVersion"],
            "createTime": created,
            "responseId": signed["responseId"],
        }
