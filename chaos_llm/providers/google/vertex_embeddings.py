"""Vertex AI's embeddings: POST .../models/{model}:predict, and :embedContent for the newest."""

from __future__ import annotations

from typing import Any, ClassVar

from chaos_llm.protocol.messages import Document, Refusal, Request
from chaos_llm.providers.google.documents import GoogleDocuments
from chaos_llm.providers.google.json_fields import field, listed
from chaos_llm.providers.google.vertex_base import VertexEndpoint
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.vectors import vector

_SIZES = {"gemini": 3072}  # by the first word of the model
_SIZE = 768  # of text-embedding-005 and its like
_LETTERS_PER_TOKEN = 4
_SETTINGS = ("embedContentConfig", "parameters")


class VertexEmbeddings(VertexEndpoint, GoogleDocuments):
    """Vertex AI's embeddings."""

    api: ClassVar[str] = "predict"
    verbs: ClassVar[tuple[str, ...]] = ("predict", "embedContent")

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | None:  # noqa: ARG002 - no ids
        size = _size(request)
        if request.path.endswith(":embedContent"):
            parts = listed(field(field(request.body, "content"), "parts"))
            text = "\n".join(str(field(part, "text") or "") for part in parts)
            used = dict.fromkeys(("promptTokenCount", "totalTokenCount"), request.input_tokens)
            body = {"embedding": {"values": vector(text, size)}, "truncated": False}
            return Document(body | {"usageMetadata": used})
        texts = [str(each["content"]) for each in request.body["instances"]]
        letters = sum(map(len, texts))
        predictions = [{"embeddings": _embedded(text, size)} for text in texts]
        metadata = {"billableCharacterCount": letters}
        return Document({"predictions": predictions, "metadata": metadata})

    def _lacks(self, body: dict[str, Any], method: str, path: str) -> Refusal | None:  # noqa: ARG002
        if path.endswith(":embedContent"):
            return None if isinstance(body.get("content"), dict) else Refusal("invalid_request")
        instances = body.get("instances")
        if not isinstance(instances, list) or not instances:
            return Refusal("invalid_request", message="Empty instances.")
        if not all(isinstance(each, dict) and "content" in each for each in instances):
            return Refusal("invalid_request")
        return None


def _size(request: Request) -> int:
    places = (request.body, *(field(request.body, name) for name in _SETTINGS))
    sizes = (field(place, "outputDimensionality") for place in places)
    usual = _SIZES.get(request.model.partition("-")[0], _SIZE)
    return next((size for size in sizes if isinstance(size, int)), usual)


def _embedded(text: str, size: int) -> dict[str, Any]:
    tokens = -(-len(text) // _LETTERS_PER_TOKEN)
    counted = {"truncated": False, "token_count": tokens}
    return {"values": vector(text, size), "statistics": counted}
