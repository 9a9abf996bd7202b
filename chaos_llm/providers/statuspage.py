"""The status pages' JSON API, as Statuspage serves it and OpenAI's page imitates it.

What a page says comes as a Document: it depends on the profile and the time, not on a format.
"""

from __future__ import annotations

from typing import ClassVar

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
from chaos_llm.providers.framing import document_reply
from chaos_llm.providers.provider import Provider, ReplyContext

PATHS = (
    "/api/v2/components.json",
    "/api/v2/incidents.json",
    "/api/v2/incidents/unresolved.json",
    "/api/v2/status.json",
    "/api/v2/summary.json",
)
_REFUSALS = {
    "not_found": (404, "Not Found"),
    "method_not_allowed": (405, "Method Not Allowed"),
    "rate_limited": (429, "Too Many Requests"),
    "overloaded": (503, "Service Unavailable"),
    "timeout": (504, "Gateway Timeout"),
}  # assumed: what a page says about itself when it fails was not found


class Statuspage(Provider):
    """A status page; there is one row for each vendor."""

    api: ClassVar[str] = "statuspage"
    surface: ClassVar[str] = "page"

    def claims(self, method: str, path: str) -> bool:
        return method == "GET" and path in PATHS

    def parse(self, wire: WireRequest) -> Request:
        invalid = None
        if not self.claims(wire.method, wire.path):
            invalid = Refusal("method_not_allowed" if wire.path in PATHS else "not_found")
        return Request(
            provider=self.name,
            api=self.api,
            surface=self.surface,
            host=wire.host,
            path=wire.path,
            size=len(wire.body),
            invalid=invalid,
        )

    def render(self, request: Request, answer: Answer, reply_context: ReplyContext) -> Reply:  # noqa: ARG002
        if isinstance(answer, Completion):
            raise Unsupported("statuspage: a status page has no model to speak")
        return document_reply(_error(answer) if isinstance(answer, Refusal) else answer)


class AnthropicStatus(Statuspage):
    """Anthropic's status page."""

    name: ClassVar[str] = "anthropic"
    hosts: ClassVar[tuple[str, ...]] = ("status.claude.com", "status.anthropic.com")


class OpenAIStatus(Statuspage):
    """OpenAI's status page."""

    name: ClassVar[str] = "openai"
    hosts: ClassVar[tuple[str, ...]] = ("status.openai.com",)


def _error(refusal: Refusal) -> Document:
    status, message = _REFUSALS.get(refusal.kind, (500, "Internal Server Error"))
    return Document({"error": refusal.message or message}, status=refusal.status or status)
