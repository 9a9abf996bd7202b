"""What Google's endpoints share at which no model speaks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chaos_llm.protocol.messages import Answer, Document, Reply, Request, WireRequest
from chaos_llm.providers.document_endpoint import DocumentEndpoint
from chaos_llm.providers.google.common import HEADERS, GoogleEndpoint, document_reply, region_of
from chaos_llm.providers.provider import Headers, ReplyContext


class GoogleDocuments(GoogleEndpoint, DocumentEndpoint):
    """An endpoint of Google's that answers with a document."""

    def render(self, request: Request, answer: Answer, reply_context: ReplyContext) -> Reply:
        if isinstance(answer, Document):
            return document_reply(answer)
        return super().render(request, answer, reply_context)

    def _read(self, wire: WireRequest, secret: str, body: dict[str, Any]) -> Request:
        model, region = self._model_and_verb(wire.path)[0], region_of(wire)
        return replace(super()._read(wire, secret, body), model=model, region=region)

    def _headers(self, request: Request, reply_context: ReplyContext) -> Headers:  # noqa: ARG002 - fixed
        return HEADERS
