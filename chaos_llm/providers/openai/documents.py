"""OpenAI's endpoints without a conversation: embeddings and the list of models."""

from __future__ import annotations

import re
import struct
from base64 import b64encode
from typing import Any, ClassVar
from urllib.parse import unquote

from chaos_llm.protocol.messages import Document, Refusal, Request
from chaos_llm.protocol.rate_limits import Quota
from chaos_llm.providers.document_endpoint import DocumentEndpoint
from chaos_llm.providers.openai.common import Headers, OpenAIDialect
from chaos_llm.providers.openai.request_fields import deployment
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.vectors import vector

_BYTES_PER_TOKEN = 4
_SIZES = {"text-embedding-3-large": 3072}
_USUAL_SIZE = 1536  # of text-embedding-3-small and -ada-002
_LARGEST_SIZE = 3072
_MODELS = re.compile(r"/models(?:/([^?]+))?$")
# Some of the SDK's own list, openai/types/shared/chat_model.py; the times are assumed.
_KNOWN = (
    "gpt-5.2",
    "gpt-5-mini",
    "gpt-4.1",
    "gpt-4.1-mini",
    "gpt-4o",
    "o3",
    "o4-mini",
    "text-embedding-3-large",
    "text-embedding-3-small",
)
_BEGAN = 1715367049


class _OpenAIDocument(OpenAIDialect, DocumentEndpoint):
    def _headers(self, request: Request, reply_context: ReplyContext) -> Headers:
        return self._opened(request, reply_context)[1]


class Embeddings(_OpenAIDocument):
    """POST texts, get vectors: equal texts have equal ones, in every run.

    They say nothing about likeness. The SDK asks for base64, others for lists of floats.
    """

    api: ClassVar[str] = "embeddings"
    routes: ClassVar[tuple[tuple[str, re.Pattern[str]], ...]] = (
        ("POST", re.compile(r"/embeddings$")),
    )

    def _headers(self, request: Request, reply_context: ReplyContext) -> Headers:
        return (*super()._headers(request, reply_context), *self._more_headers(request))

    def _more_headers(self, request: Request) -> Headers:
        """The headers that only embeddings have, as recorded."""
        model = str(request.body.get("model") or deployment(request.path))
        return (
            ("access-control-allow-origin", "*"),
            ("openai-model", model.encode("ascii", "replace").decode()),
            ("via", "envoy-router-example"),
        )

    def _lacks(self, body: dict[str, Any], method: str, path: str) -> Refusal | None:  # noqa: ARG002
        if not isinstance(body.get("model"), str | None) or not (
            body.get("model") or deployment(path)
        ):
            return Refusal("invalid_request", message="you must provide a model parameter")
        if body.get("input") in (None, []):  # an empty text is embedded as any other
            return self._missing("input")
        size = body.get("dimensions")
        if size is None or (isinstance(size, int) and 0 < size <= _LARGEST_SIZE):
            return None
        return Refusal("invalid_request", message="Invalid value for 'dimensions'.")  # assumed

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | None:  # noqa: ARG002
        """Embed every text of the request."""
        body = request.body
        model = body.get("model") or deployment(request.path)
        size = body.get("dimensions") or _SIZES.get(model, _USUAL_SIZE)
        texts = _texts(body["input"])
        packed = body.get("encoding_format") == "base64"
        data = [
            {
                "object": "embedding",
                "index": index,
                "embedding": _packed(vector(text, size)) if packed else vector(text, size),
            }
            for index, text in enumerate(texts)
        ]
        tokens = sum(-(-len(text) // _BYTES_PER_TOKEN) for text in texts)
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return Document({"object": "list", "data": data, "model": model, "usage": usage})


class Models(_OpenAIDocument):
    """GET the models, or one of them; any that is asked for by name is there."""

    api: ClassVar[str] = "models"
    usual_quota: ClassVar[Quota | None] = None  # a list costs nothing
    routes: ClassVar[tuple[tuple[str, re.Pattern[str]], ...]] = (("GET", _MODELS),)

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | None:  # noqa: ARG002
        """List the models, or show one."""
        found = _MODELS.search(request.path)
        if found and found[1]:
            return Document(_model(unquote(found[1])))
        return Document({"object": "list", "data": [_model(name) for name in _KNOWN]})


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": _BEGAN, "owned_by": "system"}


def _texts(value: object) -> list[str]:
    """Read one text or many; tokens stand for the text that they are."""
    if not isinstance(value, list) or all(isinstance(token, int) for token in value):
        return [str(value)]
    return [str(text) for text in value]


def _packed(numbers: list[float]) -> str:
    return b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


class OpenAIEmbeddings(Embeddings):
    """OpenAI's embeddings, as floats or as base64."""


class OpenAIModels(Models):
    """OpenAI's list of models, which many apps take for a health check."""
