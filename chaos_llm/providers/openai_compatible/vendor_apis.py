"""Further APIs in OpenAI's form at other vendors: responses, completions, embeddings, media.

    POST https://api.x.ai/v1/responses, https://api.mistral.ai/v1/embeddings, ...

Shapes are those of recorded replies; where none was recorded, OpenAI's shape is assumed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from chaos_llm.protocol.messages import Document, Request, Usage
from chaos_llm.protocol.rate_limits import Quota
from chaos_llm.providers import reasoning
from chaos_llm.providers.openai.audio import AUDIO
from chaos_llm.providers.openai.common import Headers, uuid
from chaos_llm.providers.openai.completions import CompletionsDialect
from chaos_llm.providers.openai.documents import Embeddings
from chaos_llm.providers.openai.images import IMAGES
from chaos_llm.providers.openai.response_items import ItemStyle
from chaos_llm.providers.openai.responses import ECHOED, Responses, counted_items
from chaos_llm.providers.openai.stored_responses import KEPT
from chaos_llm.providers.openai_compatible.base import LookAlikeDialect
from chaos_llm.providers.openai_compatible.mistral_base import MistralDialect
from chaos_llm.providers.openai_compatible.openrouter_base import (
    OpenRouterDialect,
    cost_of,
    upstream_of,
)
from chaos_llm.providers.openai_compatible.vendors_base import (
    DeepSeekDialect,
    GroqDialect,
    TogetherDialect,
    VLLMDialect,
    XAIDialect,
)
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.routes import Route, Routed


class _Stored(LookAlikeDialect, Routed):
    """Responses that a vendor stores."""

    api: ClassVar[str] = "stored_responses"
    usual_quota: ClassVar[Quota | None] = None
    table: ClassVar[tuple[Route, ...]] = KEPT

    def _headers(self, request: Request, reply_context: ReplyContext) -> Headers:
        return self._opened(request, reply_context)[1]


class XAIResponses(XAIDialect, Responses):
    """The Responses of xAI, which always have a summary and ciphertext of the reasoning."""

    usual_quota: ClassVar[Quota | None] = XAIDialect.usual_quota
    thinkers: ClassVar[re.Pattern[str]] = reasoning.XAI
    media: ClassVar[str] = "text/event-stream"
    style: ClassVar[ItemStyle] = ItemStyle(
        vendor="xai",
        short_ids=True,
        obfuscates=False,
        has_status=True,
        summarizes=True,
        encrypts=True,
    )
    echoed: ClassVar[Mapping[str, str]] = {
        name: value for name, value in ECHOED.items() if name != "prompt_cache_retention"
    } | {"text": '{"format":{"type":"text"}}'}
    effort: ClassVar[str] = "null"

    def response_id(self, reply_context: ReplyContext) -> str:
        return uuid(reply_context)

    def _usage(self, usage: Usage) -> str:
        """Write the counts and the cost, in ten-billionths of a dollar: assumed."""
        input_tokens, output_tokens = usage.input_tokens, usage.output_tokens
        return (
            f'{{{counted_items(usage)},"num_sources_used":0,"num_server_side_tools_used":0,'
            f'"cost_in_usd_ticks":{input_tokens * 20_000 + output_tokens * 100_000},'
            f'"context_details":{{"input_tokens":{input_tokens},"output_tokens":{output_tokens}}}}}'
        )


class XAIStoredResponses(XAIDialect, _Stored):
    """Responses that xAI stores."""

    usual_quota: ClassVar[Quota | None] = None


class DeepSeekResponses(DeepSeekDialect, Responses):
    """DeepSeek's Responses, which show the reasoning in clear text."""

    filters: ClassVar[bool] = True
    usual_quota: ClassVar[Quota | None] = None
    thinkers: ClassVar[re.Pattern[str]] = reasoning.DEEPSEEK
    effort: ClassVar[str] = "null"
    style: ClassVar[ItemStyle] = ItemStyle(
        vendor="deepseek",
        phase="final_answer",
        short_ids=True,
        obfuscates=False,
        has_status=True,
        shows_thoughts=True,
        prefixes=False,
    )
    echoed: ClassVar[Mapping[str, str]] = ECHOED | {
        "text": '{"format":{"type":"text"},"verbosity":null}',
        "content_filters": "null",
        "moderation": "null",
    }

    def response_id(self, reply_context: ReplyContext) -> str:
        return uuid(reply_context)

    def _reasons(self, model: str, body: dict[str, Any]) -> bool:
        return reasoning.thinks_if_asked(self.thinkers, model, body)


class GroqResponses(GroqDialect, Responses):
    """Groq's Responses, in OpenAI's shapes."""

    usual_quota: ClassVar[Quota | None] = GroqDialect.usual_quota
    thinkers: ClassVar[re.Pattern[str]] = reasoning.GROQ


class OpenRouterResponses(OpenRouterDialect, Responses):
    """OpenRouter's Responses, in OpenAI's shapes."""

    usual_quota: ClassVar[Quota | None] = None
    thinkers: ClassVar[re.Pattern[str]] = reasoning.OPENAI


class VLLMResponses(VLLMDialect, Responses):
    """The Responses of a vLLM server, in OpenAI's shapes."""

    thinkers: ClassVar[re.Pattern[str]] = reasoning.OPEN_WEIGHTS


class TogetherCompletions(TogetherDialect, CompletionsDialect):
    """Together's completions of a prompt."""


class DeepSeekCompletions(DeepSeekDialect, CompletionsDialect):
    """DeepSeek's completions of a prompt, in beta."""


class OpenRouterCompletions(OpenRouterDialect, CompletionsDialect):
    """OpenRouter's completions of a prompt."""


class VLLMCompletions(VLLMDialect, CompletionsDialect):
    """The completions of a vLLM server."""


class TogetherEmbeddings(TogetherDialect, Embeddings):
    """Together's embeddings."""


class VLLMEmbeddings(VLLMDialect, Embeddings):
    """The embeddings of a vLLM server."""


class MistralEmbeddings(MistralDialect, Embeddings):
    """Mistral's embeddings, whose usage has many fields that are null or zero."""

    usual_quota: ClassVar[Quota | None] = MistralDialect.usual_quota

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | None:
        document = super().healthy(request, reply_context)
        assert document is not None  # an embedding has no model to ask
        nothing = dict.fromkeys(_NOTHING_OF_MISTRALS)
        usage = document.json["usage"] | {"completion_tokens": 0} | nothing
        return Document({"id": self._id(reply_context.again()), **document.json, "usage": usage})


_NOTHING_OF_MISTRALS = (
    "prompt_audio_seconds",
    "prompt_token_details",
    "prompt_tokens_details",
    "completion_tokens_details",
    "request_count",
    "service_tier",
)


class OpenRouterEmbeddings(OpenRouterDialect, Embeddings):
    """OpenRouter's embeddings, with their cost."""

    usual_quota: ClassVar[Quota | None] = None

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | None:
        document = super().healthy(request, reply_context)
        assert document is not None  # an embedding has no model to ask
        tokens = document.json["usage"]["prompt_tokens"]
        cost = json.loads(cost_of(str(document.json["model"]), Usage(tokens, 0)))
        usage = {name: cost[name] for name in _COUNTED_BY_OPENROUTER}
        made = {
            "id": self._id(reply_context.again()),
            "provider": upstream_of(document.json["model"]),
        }
        return Document(document.json | made | {"usage": usage})


_COUNTED_BY_OPENROUTER = ("prompt_tokens", "total_tokens", "cost", "is_byok", "cost_details")


class GroqAudio(GroqDialect, Routed):
    """Groq's speech and transcriptions."""

    api: ClassVar[str] = "audio"
    table: ClassVar[tuple[Route, ...]] = AUDIO

    def _headers(self, request: Request, reply_context: ReplyContext) -> Headers:
        return self._opened(request, reply_context)[1]


class TogetherImages(TogetherDialect, Routed):
    """Together's images."""

    api: ClassVar[str] = "images"
    table: ClassVar[tuple[Route, ...]] = IMAGES

    def _headers(self, request: Request, reply_context: ReplyContext) -> Headers:
        return self._opened(request, reply_context)[1]


class XAIImages(XAIDialect, Routed):
    """The images of xAI."""

    api: ClassVar[str] = "images"
    table: ClassVar[tuple[Route, ...]] = IMAGES

    def _headers(self, request: Request, reply_context: ReplyContext) -> Headers:
        return self._opened(request, reply_context)[1]
