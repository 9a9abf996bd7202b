"""What OpenAI's endpoints share that are tables of routes and have no model."""

from __future__ import annotations

from typing import Any, ClassVar

from chaos_llm.protocol.messages import Document, Refusal, Request
from chaos_llm.protocol.rate_limits import Quota
from chaos_llm.providers.framing import base58
from chaos_llm.providers.openai.common import Headers, OpenAIDialect, hexadecimal
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.routes import Asked, Routed

BEGAN = 1715367049  # creation time of objects that always exist: assumed


class OpenAIRouted(OpenAIDialect, Routed):
    """An OpenAI endpoint that is a table of routes; its replies have no rate-limit headers."""

    usual_quota: ClassVar[Quota | None] = None

    def _headers(self, request: Request, reply_context: ReplyContext) -> Headers:
        return self._opened(request, reply_context)[1]


def long_id(prefix: str, reply_context: ReplyContext) -> str:
    """Draw an id as batch_67d1...: a word and 32 hexadecimal digits."""
    return f"{prefix}_{hexadecimal(reply_context, 32)}"


def short_id(prefix: str, reply_context: ReplyContext) -> str:
    """Draw an id as file-Abc...: a word and 24 letters."""
    return prefix + base58(reply_context.rng.number(256), 24)


def no_such(noun: str, each: str) -> Refusal:
    """Refuse an unknown id in OpenAI's words for batches; for other objects they are assumed."""
    return Refusal("not_found", message=f"No {noun} found with id '{each}'.")


def found(api_call: Asked, drawer: str, noun: str) -> Any:
    """The object that the path names, or a refusal if it does not exist."""
    return api_call.kept(drawer).get(api_call.id) or no_such(noun, api_call.id)


def deleted(api_call: Asked, drawer: str, noun: str, kind: str) -> Document | Refusal:
    """Delete the object that the path names."""
    if api_call.kept(drawer).pop(api_call.id, None) is None:
        return no_such(noun, api_call.id)
    return Document({"id": api_call.id, "object": kind, "deleted": True})
