"""Anthropic's count of a request's tokens: POST /v1/messages/count_tokens."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from chaos_llm.protocol.messages import Document, Refusal, Request
from chaos_llm.providers.anthropic.documents import AnthropicDocument
from chaos_llm.providers.anthropic.message_bodies import MODEL_TOO, refusal_of
from chaos_llm.providers.provider import ReplyContext

_REQUIRED = tuple(field for field in MODEL_TOO if field[0] != "max_tokens")


class AnthropicTokenCount(AnthropicDocument):
    """Anthropic's count of tokens, computed like the usage in its messages."""

    api: ClassVar[str] = "count_tokens"
    routes: ClassVar[tuple[tuple[str, re.Pattern[str]], ...]] = (
        ("POST", re.compile(r"/v1/messages/count_tokens$")),
    )

    def _lacks(self, body: dict[str, Any], method: str, path: str) -> Refusal | None:  # noqa: ARG002
        return refusal_of(body, _REQUIRED)

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | None:  # noqa: ARG002
        """Count as the usage of an answer does: four bytes a token."""
        return Document({"input_tokens": request.input_tokens})
