"""Ollama's embeddings: POST /api/embed."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from chaos_llm.protocol.messages import Answer, Document, Refusal, Reply, Request
from chaos_llm.providers.document_endpoint import DocumentEndpoint
from chaos_llm.providers.ollama.common import OllamaEndpoint, compact, json_reply, no_model
from chaos_llm.providers.provider import Headers, ReplyContext
from chaos_llm.providers.vectors import vector

_SIZE = 768  # of nomic-embed-text, where a request asks for no other


class OllamaEmbed(OllamaEndpoint, DocumentEndpoint):
    """Ollama's embeddings."""

    api: ClassVar[str] = "api_embed"
    routes: ClassVar[tuple[tuple[str, re.Pattern[str]], ...]] = (
        ("POST", re.compile(r"/api/embed$")),
    )

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | None:
        texts, size = request.body.get("input"), request.body.get("dimensions")
        took = (
            100_000_000 + reply_context.again().rng.number(64) % 100_000_000
        )  # nanoseconds: assumed
        document = {
            "model": request.model,
            "embeddings": [
                vector(str(text), size if isinstance(size, int) else _SIZE)
                for text in (texts if isinstance(texts, list) else [texts])
            ],
            "total_duration": took,
            "load_duration": took // 10,
            "prompt_eval_count": request.input_tokens,
        }
        return Document(document)

    def render(self, request: Request, answer: Answer, reply_context: ReplyContext) -> Reply:
        if isinstance(answer, Document):
            return json_reply(answer.status, compact(answer.json), int(answer.status < 400))
        return super().render(request, answer, reply_context)

    def _lacks(self, body: dict[str, Any], method: str, path: str) -> Refusal | None:  # noqa: ARG002
        if not isinstance(body.get("model"), str) or not body["model"]:
            return no_model()
        if not isinstance(body.get("input"), str | list):
            return Refusal("invalid_request", message="invalid input type")
        return None

    def _headers(self, request: Request, reply_context: ReplyContext) -> Headers:  # noqa: ARG002 - it has none
        return ()
