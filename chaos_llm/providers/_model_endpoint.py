"""What all endpoints with a model share: who is admitted, and which face of a reply is rendered."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from chaos_llm.errors import Inexpressible
from chaos_llm.model import Answer, Completion, Document, Refusal, Reply, Request, WireRequest
from chaos_llm.providers._framing import credential, document_reply
from chaos_llm.providers.provider import Provider, Stamp


class ModelEndpoint(Provider):
    """POST a conversation, get a completion, at any path with this ending.

    Gateways and base URLs put prefixes before it. The order of the refusals is that of the real
    ones: the route first, then the credential, then the body.
    """

    ending: ClassVar[str]
    unreadable: ClassVar[str]

    def claims(self, method: str, path: str) -> bool:
        return method == "POST" and path.endswith(self.ending)

    def parse(self, wire: WireRequest) -> Request:
        secret = credential(self._secret(wire.headers))
        invalid = self._no_route(wire) or (None if secret else Refusal("auth_expired"))
        body: dict[str, Any] | Refusal = invalid or read_object(wire.body, self.unreadable)
        if isinstance(body, Refusal):
            return self._invalid(wire, secret, body)
        return self._read(wire, secret, body)

    def render(self, request: Request, answer: Answer, stamp: Stamp) -> Reply:
        stamp = stamp.again()
        if isinstance(answer, Refusal):
            return self._refuse(request, answer, stamp)
        if isinstance(answer, Document):
            return document_reply(answer)
        if request.stream:
            return self._stream(request, answer, stamp)
        if answer.broken_by:
            raise Inexpressible(f"{self.api}: a whole reply has no place for an error after a part")
        return self._whole(request, answer, stamp)

    def _no_route(self, wire: WireRequest) -> Refusal | None:
        if self.claims(wire.method, wire.path):
            return None
        known = self.claims("POST", wire.path)
        return Refusal("method_not_allowed" if known else "not_found")

    def _invalid(self, wire: WireRequest, secret: str, refusal: Refusal) -> Request:
        return Request(
            provider=self.name,
            api=self.api,
            surface=self.surface,
            host=wire.host,
            path=wire.path,
            credential=secret,
            size=len(wire.body),
            invalid=refusal,
        )

    @abstractmethod
    def _secret(self, headers: Mapping[str, str]) -> str:
        """The key or token that a request shows; "" without one."""

    @abstractmethod
    def _read(self, wire: WireRequest, secret: str, body: dict[str, Any]) -> Request:
        """Read an admitted request."""

    @abstractmethod
    def _refuse(self, request: Request, refusal: Refusal, stamp: Stamp) -> Reply:
        """Write a refusal before any content."""

    @abstractmethod
    def _whole(self, request: Request, answer: Completion, stamp: Stamp) -> Reply:
        """Write an answer in one piece."""

    @abstractmethod
    def _stream(self, request: Request, answer: Completion, stamp: Stamp) -> Reply:
        """Write an answer as events."""


def read_object(body: bytes, unreadable: str) -> dict[str, Any] | Refusal:
    """Read a JSON object; anything else is refused in the vendor's words for it."""
    try:
        value = json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        return Refusal("invalid_request", message=unreadable.replace("{}", str(error)))
    if not isinstance(value, dict):
        return Refusal("invalid_request", message=unreadable.replace("{}", "expected an object"))
    return value
