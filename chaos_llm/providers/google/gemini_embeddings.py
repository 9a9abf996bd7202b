"""Gemini's embeddings: POST .../models/{model}:embedContent and :batchEmbedContents."""

from __future__ import annotations

from typing import Any, ClassVar

from chaos_llm.protocol.messages import Document, Refusal, Request
from chaos_llm.providers.google.documents import GoogleDocuments
from chaos_llm.providers.google.gemini_base import GeminiEndpoint
from chaos_llm.providers.google.json_fields import field, listed
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.vectors import vector

_SIZE = 3072  # of gemini-embedding-001, where a request asks for no other
_NO_CONTENT = (
    "* EmbedContentRequest.content: contents is not specified\n"  # assumed, as its like is
)
_NO_REQUESTS = "* BatchEmbedContentsRequest.requests: at least one request is required\n"  # assumed


class GeminiEmbeddings(GeminiEndpoint, GoogleDocuments):
    """Gemini's embeddings."""

    api: ClassVar[str] = "embed_content"
    verbs: ClassVar[tuple[str, ...]] = ("embedContent", "batchEmbedContents")

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | None:  # noqa: ARG002 - no ids
        if self._model_and_verb(request.path)[1] == "embedContent":
            return Document({"embedding": _embedded(request.body)})
        return Document({"embeddings": [_embedded(each) for each in request.body["requests"]]})

    def _lacks(self, body: dict[str, Any], method: str, path: str) -> Refusal | None:  # noqa: ARG002
        if path.endswith(":embedContent"):
            return None if texts_of(body) else Refusal("invalid_request", message=_NO_CONTENT)
        requests = body.get("requests")
        if not isinstance(requests, list) or not requests:
            return Refusal("invalid_request", message=_NO_REQUESTS)
        if not all(texts_of(each) for each in requests):
            return Refusal("invalid_request", message=_NO_CONTENT)
        return None


def texts_of(request: object) -> list[str]:
    """Collect the texts of one content to embed."""
    parts = (field(part, "text") for part in listed(field(field(request, "content"), "parts")))
    return [text for text in parts if isinstance(text, str)]


def _embedded(request: object) -> dict[str, list[float]]:
    size = field(request, "outputDimensionality")
    return {
        "values": vector("\n".join(texts_of(request)), size if isinstance(size, int) else _SIZE)
    }
