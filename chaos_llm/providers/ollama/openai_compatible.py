"""OpenAI's APIs at Ollama: POST http://localhost:11434/v1/chat/completions and others.

Shapes are those of recorded replies; where none was recorded, OpenAI's shape is assumed.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from chaos_llm.protocol.messages import Reasoning, Refusal, Request, ToolCall
from chaos_llm.providers import reasoning
from chaos_llm.providers.ollama.common import OllamaEndpoint, refusal_row
from chaos_llm.providers.openai.chat_parts import Delta
from chaos_llm.providers.openai.common import Headers, hexadecimal
from chaos_llm.providers.openai.completions import CompletionsDialect
from chaos_llm.providers.openai.documents import Embeddings
from chaos_llm.providers.openai.errors import OpenAIError
from chaos_llm.providers.openai.responses import Responses
from chaos_llm.providers.openai_compatible.base import LookAlike, LookAlikeDialect
from chaos_llm.providers.provider import ReplyContext


class OllamaCompatibility(LookAlikeDialect):
    """Ollama's OpenAI compatibility: no key, and Ollama's own messages."""

    yields: ClassVar[bool] = True
    name: ClassVar[str] = OllamaEndpoint.name
    hosts: ClassVar[tuple[str, ...]] = OllamaEndpoint.hosts
    keyless: ClassVar[bool] = True

    def _row(self, request: Request, refusal: Refusal, request_id: str) -> OpenAIError:
        """Ollama's message in OpenAI's error object, as recorded."""
        error = refusal_row(request, refusal)
        kind = "api_error" if error.status in (401, 500) else _OLLAMA_TYPES.get(error.status)
        return OpenAIError(error.status, kind or "api_error", None, error.message, None, request_id)

    def _ids(self, reply_context: ReplyContext) -> tuple[str, Headers]:  # noqa: ARG002 - it names none
        return "", ()

    def _error(self, row: OpenAIError) -> str:
        return self._event(row) + "\n"


_OLLAMA_TYPES = {400: "invalid_request_error", 404: "not_found_error"}


class OllamaCompatible(OllamaCompatibility, LookAlike):
    """Ollama's Chat Completions."""

    thinkers: ClassVar[re.Pattern[str]] = reasoning.OPEN_WEIGHTS
    reasoning_field: ClassVar[str] = "reasoning"
    no_text: ClassVar[str] = '""'
    has_logprobs: ClassVar[bool] = False
    null_usage: ClassVar[bool] = False
    roles: ClassVar[bool] = True
    numbers_calls: ClassVar[bool] = True
    whole_calls: ClassVar[bool] = True
    media: ClassVar[str] = "text/event-stream"

    def _reasons(self, model: str, body: dict[str, Any]) -> bool:
        return reasoning.thinks_if_asked(self.thinkers, model, body)

    def _id(self, reply_context: ReplyContext) -> str:
        return f"chatcmpl-{reply_context.rng.number(30) % 1000}"

    def _about(self, request: Request) -> str:  # noqa: ARG002 - one for all
        return '"system_fingerprint":"fp_ollama",'

    def _call_id(self, reply_context: ReplyContext) -> str:
        return "call_" + hexadecimal(reply_context, 8)

    def _reasoning_deltas(
        self, request: Request, reasoning: Reasoning, reply_context: ReplyContext
    ) -> list[Delta]:
        deltas = super()._reasoning_deltas(request, reasoning, reply_context)
        return [each._replace(fields=each.fields[:-1] + ',"content":""}') for each in deltas]

    def _call_deltas(self, index: int, call: ToolCall, reply_context: ReplyContext) -> list[Delta]:
        deltas = super()._call_deltas(index, call, reply_context)
        return [each._replace(fields=each.fields[:-1] + ',"content":""}') for each in deltas]


class OllamaCompletions(OllamaCompatibility, CompletionsDialect):
    """Ollama's completions of a prompt."""


class OllamaCompatibleEmbeddings(OllamaCompatibility, Embeddings):
    """Ollama's embeddings in OpenAI's form."""


class OllamaResponses(OllamaCompatibility, Responses):
    """Ollama's Responses, in OpenAI's shapes."""

    thinkers: ClassVar[re.Pattern[str]] = reasoning.OPEN_WEIGHTS
