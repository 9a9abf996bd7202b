"""What Anthropic's endpoints share at which no model speaks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from chaos_llm.protocol.messages import Refusal, Reply, Request
from chaos_llm.protocol.rate_limits import State
from chaos_llm.providers.anthropic.common import quota_headers, refuse, reply_ids
from chaos_llm.providers.document_endpoint import DocumentEndpoint
from chaos_llm.providers.framing import bearer
from chaos_llm.providers.provider import ReplyContext

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

    def quota_headers(self, state: State) -> Headers:
        return quota_headers(state)
