"""Anthropic's endpoints without a model, and its count of tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from chaos_llm.protocol.messages import Document, Refusal, Reply, Request
from chaos_llm.protocol.rate_limits import State
from chaos_llm.providers.anthropic.common import quota, refuse, reply_ids
from chaos_llm.providers.anthropic.message_bodies import COUNTED, refusal_of
from chaos_llm.providers.document_endpoint import DocumentEndpoint
from chaos_llm.providers.framing import bearer
from chaos_llm.providers.provider import NamedValues, ReplyContext

Headers = tuple[tuple[str, str], ...]


class AnthropicDocument(DocumentEndpoint):
    """An endpoint of Anthropic's without a conversation."""

    name: ClassVar[str] = "anthropic"
    hosts: ClassVar[tuple[str, ...]] = ("api.anthropic.com",)
    unreadable: ClassVar[str] = "The request body is not valid JSON: {}"

    def _secret(self, headers: Mapping[str, str]) -> str:
        return headers.get("x-api-key") or bearer(headers.get("authorization", ""))

    def _refuse(self, request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:
        return refuse(request, refusal, reply_context)

    def _headers(self, request: Request, reply_context: ReplyContext) -> Headers:
        return reply_ids(reply_context, request.credential)[1]

    def quota(self, state: State) -> NamedValues:
        return quota(state)


class AnthropicTokenCount(AnthropicDocument):
    """Anthropic's count of tokens, computed like the usage in its messages."""

    api: ClassVar[str] = "count_tokens"
    routes: ClassVar[tuple[tuple[str, re.Pattern[str]], ...]] = (
        ("POST", re.compile(r"/v1/messages/count_tokens$")),
    )

    def _lacks(self, body: dict[str, Any], method: str, path: str) -> Refusal | None:  # noqa: ARG002
        return refusal_of(body, COUNTED)

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | None:  # noqa: ARG002
        """Count as the usage of an answer does: four bytes a token."""
        return Document({"input_tokens": request.input_tokens})
