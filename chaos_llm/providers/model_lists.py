"""The lists of models of every vendor but OpenAI; many apps use them as a health check.

Any model that is requested by name exists. Shapes are those of the vendors' SDKs, and where no SDK
reads a field, those of the documentation.
"""

from __future__ import annotations

from typing import Any, ClassVar

from chaos_llm.protocol.messages import Answer, Document, Reply, Request
from chaos_llm.protocol.rate_limits import Quota
from chaos_llm.providers import model_rows as rows
from chaos_llm.providers.anthropic.documents import AnthropicDocument
from chaos_llm.providers.aws.bedrock_base import BedrockDocuments
from chaos_llm.providers.cohere.common import CohereEndpoint, cohere_headers
from chaos_llm.providers.google.common import HEADERS, document_reply
from chaos_llm.providers.google.gemini_base import GeminiEndpoint
from chaos_llm.providers.google.openai_compatible import GeminiCompatibility
from chaos_llm.providers.google.vertex_base import VertexEndpoint
from chaos_llm.providers.ollama.openai_compatible import OllamaCompatibility
from chaos_llm.providers.openai.common import Headers
from chaos_llm.providers.openai_compatible.base import LookAlikeDialect
from chaos_llm.providers.openai_compatible.mistral_base import MistralDialect
from chaos_llm.providers.openai_compatible.openrouter_base import OpenRouterDialect
from chaos_llm.providers.openai_compatible.vendors_base import (
    DeepSeekDialect,
    GroqDialect,
    MetaDialect,
    TGIDialect,
    TogetherDialect,
    VLLMDialect,
    XAIDialect,
)
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.routes import Asked, Route, Routed

_ALL, _ONE = r"/models/?$", r"/models/(.+)$"
_V1 = r"^(?!/v2/).*/models/?$"  # Together lists its own models at /v2/projects/{id}/models


def _list(data: list[dict[str, Any]]) -> Document:
    return Document({"object": "list", "data": data})


class ModelList(LookAlikeDialect, Routed):
    """A list in OpenAI's form; a vendor's additional fields are in its rows."""

    api: ClassVar[str] = "models"
    usual_quota: ClassVar[Quota | None] = None

    def _headers(self, request: Request, reply_context: ReplyContext) -> Headers:
        return self._opened(request, reply_context)[1]


class MistralModels(MistralDialect, ModelList):
    """Mistral's list of models."""

    usual_quota: ClassVar[Quota | None] = None
    table: ClassVar[tuple[Route, ...]] = (
        Route("GET", _ALL, lambda _: _list([rows.mistral(name) for name in rows.MISTRAL])),
        Route("GET", _ONE, lambda api_call: Document(rows.mistral(api_call.id))),
    )


class GroqModels(GroqDialect, ModelList):
    """Groq's list of models."""

    usual_quota: ClassVar[Quota | None] = None
    table: ClassVar[tuple[Route, ...]] = (
        Route("GET", _ALL, lambda _: _list([rows.groq(name) for name in rows.GROQ])),
        Route("GET", _ONE, lambda api_call: Document(rows.groq(api_call.id))),
    )


class TogetherModels(TogetherDialect, ModelList):
    """Together's list of models, a bare JSON array."""

    usual_quota: ClassVar[Quota | None] = None
    table: ClassVar[tuple[Route, ...]] = (
        Route("GET", _V1, lambda _: Document([rows.together(name) for name in rows.TOGETHER])),
    )


def _language_models(api_call: Asked) -> Document:  # noqa: ARG001 - the same for all
    priced = {"prompt_text_token_price": 30_000, "completion_text_token_price": 150_000}
    modes = {"input_modalities": ["text"], "output_modalities": ["text"], "aliases": []}
    models = [rows.plain(name, "xai", version="1.0", **modes, **priced) for name in rows.XAI]
    return Document({"models": models})


class XAIModels(XAIDialect, ModelList):
    """Two lists of xAI's models: in OpenAI's form, and with prices."""

    usual_quota: ClassVar[Quota | None] = None
    table: ClassVar[tuple[Route, ...]] = (
        Route("GET", r"/language-models/?$", _language_models),
        Route("GET", _ALL, lambda _: _list([rows.plain(name, "xai") for name in rows.XAI])),
        Route("GET", _ONE, lambda api_call: Document(rows.plain(api_call.id, "xai"))),
    )


class DeepSeekModels(DeepSeekDialect, ModelList):
    """DeepSeek's list of models."""

    table: ClassVar[tuple[Route, ...]] = (
        Route("GET", _ALL, lambda _: _list([_of_deepseek(name) for name in rows.DEEPSEEK])),
        Route("GET", _ONE, lambda api_call: Document(_of_deepseek(api_call.id))),
    )


def _of_deepseek(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "owned_by": "deepseek"}


class MetaModels(MetaDialect, ModelList):
    """The list of models of Meta's Llama API."""

    table: ClassVar[tuple[Route, ...]] = (
        Route("GET", _ALL, lambda _: _list([rows.plain(name, "Meta") for name in rows.META])),
        Route("GET", _ONE, lambda api_call: Document(rows.plain(api_call.id, "Meta"))),
    )


def _own_key(api_call: Asked) -> Document:  # noqa: ARG001 - the same for all
    fields = {"label": "sk-or-v1-...", "usage": 0.5, "limit": None, "limit_remaining": None}
    return Document({"data": fields | {"is_free_tier": False, "is_provisioning_key": False}})


def _credits(api_call: Asked) -> Document:  # noqa: ARG001 - the same for all
    return Document({"data": {"total_credits": 100.0, "total_usage": 0.5}})


class OpenRouterModels(OpenRouterDialect, ModelList):
    """OpenRouter's list of models, and the limit and the credit of a key."""

    table: ClassVar[tuple[Route, ...]] = (
        Route("GET", r"/v1/(?:auth/)?key$", _own_key),
        Route("GET", r"/v1/credits$", _credits),
        Route(
            "GET",
            _ALL,
            lambda _: Document({"data": [rows.openrouter(name) for name in rows.OPENROUTER]}),
        ),
    )


def _of_vllm(name: str) -> dict[str, Any]:
    return rows.plain(name, "vllm", root=name, parent=None, max_model_len=131_072, permission=[])


def _tokenized(api_call: Asked) -> Document:
    text = str(api_call.fields.get("prompt") or api_call.fields.get("messages") or "")
    tokens = [ord(text[at]) for at in range(0, len(text), 4)]  # a token for four letters
    return Document({"count": len(tokens), "max_model_len": 131_072, "tokens": tokens})


class VLLMModels(VLLMDialect, ModelList):
    """A vLLM server's models, its health check and its tokenizer."""

    table: ClassVar[tuple[Route, ...]] = (
        Route("GET", r"/health$", lambda _: Document(content=b"", media="text/plain")),
        Route("GET", r"/version$", lambda _: Document({"version": "0.11.0"})),
        Route("POST", r"/tokenize$", _tokenized),
        Route("GET", _ALL, lambda _: _list([_of_vllm(name) for name in rows.SERVED])),
    )


class OldVLLMModels(VLLMModels):
    """The same of a server of the versions that OldVLLM stands for."""

    name: ClassVar[str] = "vllm-old"


def _tgi_info(api_call: Asked) -> Document:  # noqa: ARG001 - the same for all
    limits = {"max_concurrent_requests": 128, "max_input_tokens": 4095, "max_total_tokens": 4096}
    return Document({"model_id": rows.SERVED[0], "version": "3.3.4", **limits})


class TGIModels(TGIDialect, ModelList):
    """A text-generation-inference server's models and its health check."""

    table: ClassVar[tuple[Route, ...]] = (
        Route("GET", r"/health$", lambda _: Document(content=b"", media="text/plain")),
        Route("GET", r"/info$", _tgi_info),
        Route("GET", _ALL, lambda _: _list([rows.plain(name, "tgi") for name in rows.SERVED])),
    )


def _anthropic_list(api_call: Asked) -> Document:
    limit = str(api_call.fields.get("limit", ""))
    listed = [rows.anthropic(*each) for each in rows.ANTHROPIC]
    data = listed[: int(limit)] if limit.isdecimal() else listed
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {}
    return Document({"data": data, "has_more": len(data) < len(listed)} | ends)


class AnthropicModels(Routed, AnthropicDocument):
    """Anthropic's list of models."""

    yields: ClassVar[bool] = True
    api: ClassVar[str] = "models"
    table: ClassVar[tuple[Route, ...]] = (
        Route("GET", r"/v1" + _ALL, _anthropic_list),
        Route("GET", r"/v1" + _ONE, lambda api_call: Document(rows.anthropic(api_call.id))),
    )


class _GoogleModels(Routed):
    def render(self, request: Request, answer: Answer, reply_context: ReplyContext) -> Reply:
        if isinstance(answer, Document):
            return document_reply(answer)
        return super().render(request, answer, reply_context)

    def _headers(self, request: Request, reply_context: ReplyContext) -> Headers:  # noqa: ARG002 - fixed
        return HEADERS


class GeminiModels(_GoogleModels, GeminiEndpoint):
    """Gemini's list of models."""

    yields: ClassVar[bool] = True
    api: ClassVar[str] = "models"
    verbs: ClassVar[tuple[str, ...]] = ()
    table: ClassVar[tuple[Route, ...]] = (
        Route(
            "GET",
            r"/v1\w*/models/?$",
            lambda _: Document({"models": [rows.gemini(*each) for each in rows.GEMINI]}),
        ),
        Route(
            "GET",
            r"/v1\w*/models/([^/:]+)$",
            lambda api_call: Document(rows.gemini(api_call.id)),
        ),
    )


class VertexModels(_GoogleModels, VertexEndpoint):
    """The list of Vertex AI's own models."""

    api: ClassVar[str] = "models"
    verbs: ClassVar[tuple[str, ...]] = ()
    table: ClassVar[tuple[Route, ...]] = (
        Route(
            "GET",
            r"/publishers/google/models/?$",
            lambda _: Document({"publisherModels": [rows.vertex(each[0]) for each in rows.GEMINI]}),
        ),
        Route(
            "GET",
            r"/publishers/google/models/([^/:]+)$",
            lambda api_call: Document(rows.vertex(api_call.id)),
        ),
    )


class CohereModels(CohereEndpoint, Routed):
    """Cohere's list of models."""

    yields: ClassVar[bool] = True
    api: ClassVar[str] = "models"
    usual_quota: ClassVar[Quota | None] = None
    table: ClassVar[tuple[Route, ...]] = (
        Route(
            "GET",
            r"/v1" + _ALL,
            lambda _: Document({"models": [rows.cohere(*each) for each in rows.COHERE]}),
        ),
        Route("GET", r"/v1" + _ONE, lambda api_call: Document(rows.cohere(api_call.id))),
    )

    def _headers(self, request: Request, reply_context: ReplyContext) -> Headers:  # noqa: ARG002 - one key
        return cohere_headers(reply_context)


def _bedrock_list(api_call: Asked) -> Document:
    vendor = api_call.fields.get("byProvider")
    listed = [rows.bedrock(*each) for each in rows.BEDROCK if vendor in (None, each[2])]
    return Document({"modelSummaries": listed})


class BedrockModels(BedrockDocuments):
    """Bedrock's list of foundation models, at the host of its control plane."""

    api: ClassVar[str] = "models"
    hosts: ClassVar[tuple[str, ...]] = (
        "bedrock.us-east-1.amazonaws.com",
        "bedrock.*.amazonaws.com",
        "bedrock-fips.*.amazonaws.com",
        "bedrock.*.api.aws",
    )
    table: ClassVar[tuple[Route, ...]] = (
        Route("GET", r"/foundation-models/?$", _bedrock_list),
        Route(
            "GET",
            r"/foundation-models/(.+)$",
            lambda api_call: Document({"modelDetails": rows.bedrock(api_call.id)}),
        ),
        Route(
            "GET", r"/inference-profiles/?$", lambda _: Document({"inferenceProfileSummaries": []})
        ),
    )


class OllamaCompatibleModels(OllamaCompatibility, ModelList):
    """The models of an Ollama server, in OpenAI's form."""

    table: ClassVar[tuple[Route, ...]] = (
        Route("GET", r"/v1" + _ALL, lambda _: _list([_at_ollama(name) for name in rows.OLLAMA])),
        Route("GET", r"/v1" + _ONE, lambda api_call: Document(_at_ollama(api_call.id))),
    )


def _at_ollama(name: str) -> dict[str, Any]:
    return rows.plain(name, "library")


class GeminiCompatibleModels(GeminiCompatibility, ModelList):
    """Gemini's models, in OpenAI's form."""

    api: ClassVar[str] = "compatible_models"
    table: ClassVar[tuple[Route, ...]] = (
        Route(
            "GET",
            r"/openai" + _ALL,
            lambda _: _list([_at_gemini(f"models/{each[0]}") for each in rows.GEMINI]),
        ),
        Route("GET", r"/openai" + _ONE, lambda api_call: Document(_at_gemini(api_call.id))),
    )


def _at_gemini(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "owned_by": "google"}
