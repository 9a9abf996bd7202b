"""OpenAI's APIs at Gemini: POST /v1beta/openai/chat/completions and embeddings.

Shapes are those of recorded replies; where none was recorded, OpenAI's shape is assumed.
"""

from __future__ import annotations

import re
from typing import ClassVar

from chaos_llm.protocol.messages import Refusal, Reply, Request, ToolCall
from chaos_llm.providers import reasoning
from chaos_llm.providers.google.common import json_reply, printed
from chaos_llm.providers.google.gemini_base import GeminiEndpoint
from chaos_llm.providers.openai.chat_parts import Delta
from chaos_llm.providers.openai.common import Headers
from chaos_llm.providers.openai.documents import Embeddings
from chaos_llm.providers.openai_compatible.base import LookAlike, LookAlikeDialect
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.routes import Routed
from chaos_llm.providers.signatures import sign


class _GeminiWords(GeminiEndpoint, Routed):
    """Gemini's own refusals, which its OpenAI compatibility uses, too."""

    verbs: ClassVar[tuple[str, ...]] = ()

    def _headers(self, request: Request, reply_context: ReplyContext) -> Headers:  # noqa: ARG002 - never asked
        return ()


_GEMINI = _GeminiWords()


class GeminiCompatibility(LookAlikeDialect):
    """Gemini's OpenAI compatibility, which refuses with a list of one of Google's errors."""

    asks_to_wait: ClassVar[bool] = True
    name: ClassVar[str] = GeminiEndpoint.name
    hosts: ClassVar[tuple[str, ...]] = GeminiEndpoint.hosts

    def _refuse(self, request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:  # noqa: ARG002
        error = _GEMINI.error(request, refusal)
        status = refusal.status or error["error"]["code"]
        return json_reply(status, f"[{printed(error)}]")

    def _ids(self, reply_context: ReplyContext) -> tuple[str, Headers]:  # noqa: ARG002 - it names none
        return "", ()


class GeminiCompatible(GeminiCompatibility, LookAlike):
    """Gemini's Chat Completions, which sign the first tool call of a turn."""

    thinkers: ClassVar[re.Pattern[str]] = reasoning.GEMINI
    has_logprobs: ClassVar[bool] = False
    null_usage: ClassVar[bool] = False
    roles: ClassVar[bool] = True
    whole_calls: ClassVar[bool] = True
    numbers_calls: ClassVar[bool] = True

    def _call(self, index: int, call: ToolCall, reply_context: ReplyContext) -> str:
        written = super()._call(index, call, reply_context)
        if index:
            return written
        seal = sign("gemini", "", reply_context.rng.number(128))
        signed = f'{{"google":{{"thought_signature":"{seal}"}}}}'
        return f'{written[:-1]},"extra_content":{signed}}}'

    def _call_deltas(self, index: int, call: ToolCall, reply_context: ReplyContext) -> list[Delta]:
        fields = self._call(index, call, reply_context)
        number = "" if '"index"' in fields[:10] else f'"index":{index},'
        return [Delta(self._delta(f'"tool_calls":[{{{number}{fields[1:]}]'), bool(call.arguments))]


class GeminiCompatibleEmbeddings(GeminiCompatibility, Embeddings):
    """Gemini's embeddings in OpenAI's form."""
