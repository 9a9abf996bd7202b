"""What the server says for itself: JSON, and errors that say what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from chaos_llm.protocol import strict_json
from chaos_llm.protocol.reason_phrases import PHRASES

ADMIN = "/__chaos"
# Browsers must not guess the content type, and no other site may show the page in a frame.
_FOR_BROWSERS = "x-content-type-options: nosniff\r\nx-frame-options: DENY\r\n"


@dataclass(frozen=True)
class ServerReply:
    """A whole response of the server's own, not of any provider."""

    status: int
    body: bytes
    kind: str = "application/json"

    @property
    def is_text(self) -> bool:
        """Whether a reply holds data of requests: JSON and text do, a page does not."""
        return self.kind.startswith(("application/json", "text/plain"))

    def rewritten(self, rewrite: Callable[[str], str]) -> ServerReply:
        """The same with another text."""
        return replace(self, body=rewrite(self.body.decode("utf-8", "replace")).encode())

    def wire(self, *, keep: bool, head_only: bool = False) -> bytes:
        """Its bytes on the wire."""
        head = (
            f"HTTP/1.1 {self.status} {PHRASES.get(self.status, '')}\r\n"
            f"content-type: {self.kind}\r\ncontent-length: {len(self.body)}\r\n"
            f"cache-control: no-store\r\n{_FOR_BROWSERS}"
            f"connection: {'keep-alive' if keep else 'close'}\r\n\r\n"
        ).encode()
        return head if head_only else head + self.body


def json_reply(value: Any, status: int = 200) -> ServerReply:
    """A value as JSON."""
    return ServerReply(status, strict_json.dumps(value).encode() + b"\n")


def error_reply(status: int, text: str) -> ServerReply:
    """An error that says what to do."""
    return json_reply({"error": {"type": "chaos_llm", "message": text}}, status)


NO_PROVIDER = (
    "no provider of this server answers {method} {path} at {host}. Begin the path with a provider "
    "(/anthropic/v1/messages), send a vendor's Host header, or use a path that only one provider "
    f"has; GET {ADMIN}/ lists them"
)
