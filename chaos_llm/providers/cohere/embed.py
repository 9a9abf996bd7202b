"""Cohere's embeddings: POST /v2/embed, in every type that a vector may be asked for."""

from __future__ import annotations

import re
from base64 import b64encode
from struct import pack
from typing import Any, ClassVar

from chaos_llm.protocol.messages import Document, Refusal, Request
from chaos_llm.providers.cohere.common import CohereEndpoint, Headers, cohere_headers
from chaos_llm.providers.conversation import uuid
from chaos_llm.providers.document_endpoint import DocumentEndpoint
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.vectors import vector

_SIZE = 1536  # of embed-v4.0, where a request asks for no other
_FULL = 127  # a number of one stands for this in a byte


class CohereEmbed(CohereEndpoint, DocumentEndpoint):
    """Cohere's embeddings, version 2."""

    api: ClassVar[str] = "v2_embed"
    routes: ClassVar[tuple[tuple[str, re.Pattern[str]], ...]] = (
        ("POST", re.compile(r"/v2/embed$")),
    )

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | None:
        body, texts = request.body, _texts(request.body)
        size = body.get("output_dimension")
        vectors = [vector(text, size if isinstance(size, int) else _SIZE) for text in texts]
        kinds = body.get("embedding_types") or ["float"]
        document = {
            "id": uuid(reply_context.again()),
            "embeddings": {kind: [_as(kind, each) for each in vectors] for kind in kinds},
            "texts": texts,
            "meta": {
                "api_version": {"version": "2"},
                "billed_units": {"input_tokens": request.input_tokens, "image_tokens": 0},
            },
            "response_type": "embeddings_by_type",
        }
        letters = str(sum(map(len, texts)))
        counted = (("num-chars", letters), ("num-tokens", str(request.input_tokens)))
        return Document(document, headers=counted)

    def _lacks(self, body: dict[str, Any], method: str, path: str) -> Refusal | None:  # noqa: ARG002
        for field in ("model", "input_type"):
            if not isinstance(body.get(field), str):
                return _lacking(f"{field} is required")
        if not _texts(body):
            return _lacking("texts is required")
        kinds = body.get("embedding_types") or []
        if not isinstance(kinds, list) or not all(kind in _TYPES for kind in kinds):
            return _lacking(f"embedding_types must be among {', '.join(_TYPES)}")
        return None

    def _headers(self, request: Request, reply_context: ReplyContext) -> Headers:  # noqa: ARG002 - one key
        return cohere_headers(reply_context)


def _lacking(what: str) -> Refusal:
    return Refusal("invalid_request", message=f"invalid request: {what}")  # assumed wording


def _texts(body: dict[str, Any]) -> list[str]:
    """Collect the texts, which may also come as inputs of several parts."""
    texts = body.get("texts")
    if isinstance(texts, list):
        return [text for text in texts if isinstance(text, str)]
    inputs = body.get("inputs")
    contents = [each.get("content") for each in inputs if isinstance(each, dict)] if inputs else []
    parts = (content for content in contents if isinstance(content, list))
    return [
        "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
        for content in parts
    ]


_TYPES = ("float", "int8", "uint8", "binary", "ubinary", "base64")


def _as(kind: str, numbers: list[float]) -> Any:
    """Write a vector in one of the types; binary ones pack eight signs into a number."""
    if kind == "float":
        return numbers
    if kind == "base64":
        return b64encode(pack(f"<{len(numbers)}f", *numbers)).decode()
    if kind in ("int8", "uint8"):
        middle = 0 if kind == "int8" else _FULL + 1
        return [round(number * _FULL) + middle for number in numbers]
    bits = "".join("1" if number > 0 else "0" for number in numbers)
    packed = [int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)]
    return packed if kind == "ubinary" else [byte - _FULL - 1 for byte in packed]
