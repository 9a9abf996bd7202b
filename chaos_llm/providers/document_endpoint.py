"""What endpoints share at which no model speaks: counts, lists, vectors, jobs."""

from __future__ import annotations

import re
from abc import abstractmethod
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from chaos_llm.errors import Unsupported
from chaos_llm.protocol.messages import Answer, Completion, Refusal, Reply, Request, WireRequest
from chaos_llm.providers.endpoint import Endpoint, read_object
from chaos_llm.providers.framing import document_reply
from chaos_llm.providers.provider import ReplyContext


class DocumentEndpoint(Endpoint):
    """Ask for a document, by one of these routes: a method, and how the path ends."""

    routes: ClassVar[tuple[tuple[str, re.Pattern[str]], ...]]
    methods: ClassVar[tuple[str, ...]] = ("GET", "POST", "DELETE")

    def claims(self, method: str, path: str) -> bool:
        return any(method == known and ending.search(path) for known, ending in self.routes)

    def parse(self, wire: WireRequest) -> Request:
        secret, invalid = self._admit(wire)
        body = invalid or self._request_fields(wire)
        if isinstance(body, dict):
            invalid = self._lacks(body, wire.method, wire.path)
            if not invalid:
                return self._read(wire, secret, body)
            refused = self._invalid(wire, secret, invalid)
            # What is in the body decides what else is wrong with it.
            return refused if refused.body is not None else replace(refused, body=body)
        return self._invalid(wire, secret, body)

    def render(self, request: Request, answer: Answer, reply_context: ReplyContext) -> Reply:
        reply_context = reply_context.again()
        if isinstance(answer, Completion):
            raise Unsupported(f"{self.api}: no model speaks here")
        if isinstance(answer, Refusal):
            return self._refuse(request, answer, reply_context)
        return document_reply(answer, self._headers(request, reply_context))

    def _request_fields(self, wire: WireRequest) -> dict[str, Any] | Refusal:
        """Read what was asked: a JSON object, or the query where nothing is posted."""
        if wire.method == "POST" and wire.body:
            return read_object(wire.body, self.unreadable)
        return dict(parse_qsl(wire.query))

    def _lacks(self, body: dict[str, Any], method: str, path: str) -> Refusal | None:  # noqa: ARG002
        """Refuse what the API's validation refuses; by default nothing."""
        return None

    def _read(self, wire: WireRequest, secret: str, body: dict[str, Any]) -> Request:
        return Request(
            provider=self.name,
            api=self.api,
            surface=self.surface,
            host=wire.host,
            path=wire.path,
            model=str(body.get("model", "")),
            credential=secret,
            size=len(wire.body),
            input_tokens=len(wire.body) // 4,  # roughly four bytes a token
            body=body,
        )

    @abstractmethod
    def _headers(
        self, request: Request, reply_context: ReplyContext
    ) -> tuple[tuple[str, str], ...]:
        """The headers of every reply, ids among them."""
