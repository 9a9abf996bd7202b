"""What all endpoints with a model share: which face of a reply is rendered."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import Any, ClassVar

from chaos_llm.errors import Unsupported
from chaos_llm.protocol.messages import (
    Answer,
    Completion,
    Document,
    Refusal,
    Reply,
    Request,
    WireRequest,
)
from chaos_llm.providers.endpoint import Endpoint, read_object
from chaos_llm.providers.framing import document_reply, placed
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.refusals import in_words


class ModelEndpoint(Endpoint):
    """POST a conversation, get a completion, at any path with this ending.

    `filters`: the API has a word for an answer that a content filter stopped.
    """

    ending: ClassVar[str]
    filters: ClassVar[bool] = False

    def claims(self, method: str, path: str) -> bool:
        return method == "POST" and path.endswith(self.ending)

    def parse(self, wire: WireRequest) -> Request:
        secret, invalid = self._admit(wire)
        body: dict[str, Any] | Refusal = invalid or read_object(wire.body, self.unreadable)
        if isinstance(body, Refusal):
            return self._invalid(wire, secret, body)
        request = self._read(wire, secret, body)
        if request.invalid is not None:  # what was read is looked at again, for what broke first
            request = replace(request, body=body | (request.body or {}))
        return request

    def render(self, request: Request, answer: Answer, reply_context: ReplyContext) -> Reply:
        reply_context.rng.rewind()
        if isinstance(answer, Refusal):
            if answer.kind == "content_filter":
                return self._block(request, answer, reply_context)
            return self._refuse(request, in_words(request, answer), reply_context)
        if isinstance(answer, Document):
            return document_reply(answer)
        if answer.filtered and not self._filters(request):
            raise Unsupported(f"{self.api}: no content filter stops an answer")
        if request.stream:
            return self._stream(request, placed(answer), reply_context)
        if answer.broken_by:
            raise Unsupported(f"{self.api}: a whole reply has no place for an error after a part")
        return self._whole(request, answer, reply_context)

    def _filters(self, request: Request) -> bool:  # noqa: ARG002 - Bedrock's depends on the model
        """Whether a content filter can stop an answer to this request."""
        return self.filters

    def _block(self, request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:  # noqa: ARG002
        """Write what an API with a content filter says to a prompt that the filter blocks."""
        raise Unsupported(f"{self.api}: no content filter blocks a prompt")

    @abstractmethod
    def _read(self, wire: WireRequest, secret: str, body: dict[str, Any]) -> Request:
        """Read an admitted request."""

    @abstractmethod
    def _whole(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        """Write an answer in one piece."""

    @abstractmethod
    def _stream(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        """Write an answer as events."""
