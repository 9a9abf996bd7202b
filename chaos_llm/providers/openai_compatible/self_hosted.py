"""Servers that a team runs itself, vLLM and TGI: they have no fixed host and need no key.

VLLM_BASE_URL, TGI_BASE_URL or `[tool.chaos_llm.hosts]` give their addresses. Error bodies are
those of the servers' sources: vLLM's entrypoints/openai, TGI's router. In vLLM's, both generations
wrap a stream's error in "error"; only the older one's refusals were flat.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from chaos_llm.providers import reasoning
from chaos_llm.providers.openai.common import hexadecimal
from chaos_llm.providers.openai.errors import OpenAIError
from chaos_llm.providers.openai_compatible.base import LookAlike
from chaos_llm.providers.openai_compatible.vendors_base import TGIDialect, VLLMDialect, with_status
from chaos_llm.providers.provider import ReplyContext


class VLLM(VLLMDialect, LookAlike):
    """A current vLLM server: error codes are HTTP statuses."""

    thinkers: ClassVar[re.Pattern[str]] = reasoning.OPEN_WEIGHTS
    reasoning_field: ClassVar[str] = "reasoning"

    def _call_id(self, reply_context: ReplyContext) -> str:
        return "chatcmpl-tool-" + hexadecimal(reply_context, 32)

    def _reasons(self, model: str, body: dict[str, Any]) -> bool:
        template = body.get("chat_template_kwargs")
        off = isinstance(template, dict) and template.get("enable_thinking") is False
        return not off and super()._reasons(model, body)


class OldVLLM(VLLM):
    """An early vLLM server: errors are flat objects."""

    name: ClassVar[str] = "vllm-old"
    reasoning_field: ClassVar[str] = "reasoning_content"

    def _event(self, row: OpenAIError) -> str:
        return f'{{"error":{self._flat(row)}}}'

    def _error(self, row: OpenAIError) -> str:
        return super()._error(row) if row.status == 401 else self._flat(row)

    def _flat(self, row: OpenAIError) -> str:
        return '{"object":"error",' + with_status(row)[1:]


class TGI(TGIDialect, LookAlike):
    """A text-generation-inference server: an error is a text and its type."""
