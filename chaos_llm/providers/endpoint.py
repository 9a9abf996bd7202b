"""What all endpoints behind a key share: authentication, and the order of validation."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from chaos_llm.protocol import strict_json
from chaos_llm.protocol.messages import BrokenRule, Refusal, Reply, Request, WireRequest
from chaos_llm.providers.framing import credential
from chaos_llm.providers.provider import Provider, ReplyContext


class Endpoint(Provider):
    """An endpoint that wants a key.

    Gateways and base URLs put prefixes before its path. The order of the refusals is that of the
    real ones: the route first, then the credential, then the body.
    """

    methods: ClassVar[tuple[str, ...]] = ("POST",)
    keyless: ClassVar[bool] = False
    unreadable: ClassVar[str]

    def _admit(self, wire: WireRequest) -> tuple[str, Refusal | None]:
        """Look at the route, then at the key."""
        secret = credential(self._secret(wire.headers))
        admitted = secret or self.keyless
        return secret, self._no_route(wire) or (None if admitted else Refusal("auth_expired"))

    def _no_route(self, wire: WireRequest) -> Refusal | None:
        if self.claims(wire.method, wire.path):
            return None
        known = any(self.claims(method, wire.path) for method in self.methods)
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
    def _refuse(self, request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:
        """Write a refusal before any content."""


# What an API takes instead is in its rules, if it has some.
UNREADABLE = BrokenRule("invalid JSON", "the body is no JSON object")


def read_object(body: bytes, unreadable: str) -> dict[str, Any] | Refusal:
    """Read a JSON object; anything else is refused in the vendor's words for it."""
    try:
        value = strict_json.loads(body)
    except strict_json.TooLarge:
        return Refusal("too_large")
    except ValueError as error:
        return _unreadable(unreadable.replace("{}", str(error)))
    if not isinstance(value, dict):
        return _unreadable(unreadable.replace("{}", "expected an object"))
    return value


def _unreadable(message: str) -> Refusal:
    return Refusal("invalid_request", message=message, broken_rule=UNREADABLE)
