"""A vendor that took Chat Completions over: plain shapes, words of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from chaos_llm.protocol.messages import Refusal, Request, WireRequest
from chaos_llm.protocol.rate_limits import Quota, State
from chaos_llm.protocol.reason_phrases import PHRASES
from chaos_llm.providers.framing import quote
from chaos_llm.providers.openai.chat_completions import ChatCompletions
from chaos_llm.providers.openai.common import Headers, OpenAIDialect, uuid
from chaos_llm.providers.openai.errors import OpenAIError, error_object
from chaos_llm.providers.openai_compatible.errors import PLAIN
from chaos_llm.providers.provider import NO_VALUES, NamedValues, ReplyContext


class LookAlikeDialect(OpenAIDialect):
    """How a look-alike of OpenAI's admits and refuses.

    What a vendor's row does not say is assumed: no request id in a header, no header on its limits,
    the words of PLAIN.
    """

    asks_to_wait: ClassVar[bool] = False
    words: ClassVar[Mapping[str, OpenAIError]] = PLAIN
    no_key: ClassVar[OpenAIError] = PLAIN["auth_expired"]
    unreadable: ClassVar[str] = "Invalid JSON: {}"
    wait: ClassVar[str] = "5.289s"
    usual_quota: ClassVar[Quota | None] = None
    gateway_headers: ClassVar[Headers] = ()

    def _no_route(self, wire: WireRequest) -> Refusal | None:
        refusal = super()._no_route(wire)
        if not refusal:
            return None
        words = "Not Found" if refusal.kind == "not_found" else "Method Not Allowed"
        return Refusal(refusal.kind, refusal.status, words)

    def _ids(self, reply_context: ReplyContext) -> tuple[str, Headers]:
        return uuid(reply_context), ()

    def _account_headers(self, request: Request) -> Headers:  # noqa: ARG002 - none is known
        return ()

    def _with_message(self, row: OpenAIError, kind: str, message: str) -> OpenAIError:
        if kind == "not_found" and self.words[kind].status != 404:
            row = PLAIN[kind]._replace(status=row.status)  # a path, and not the model
        return super()._with_message(row, kind, message)

    def _lacks_field(self, row: OpenAIError, field: str) -> OpenAIError:  # noqa: ARG002 - some name it
        return row

    def _error(self, row: OpenAIError) -> str:
        return self._event(row)

    def _event(self, row: OpenAIError) -> str:
        return f'{{"error":{error_object(row)}}}'

    def _id(self, reply_context: ReplyContext) -> str:
        return uuid(reply_context)

    def quota(self, state: State) -> NamedValues:  # noqa: ARG002 - none is known
        return NO_VALUES


class LookAlike(LookAlikeDialect, ChatCompletions):
    """Chat Completions as a look-alike speaks them."""


def problem(row: OpenAIError) -> str:
    """Write a refusal as Meta's Llama API does: title, detail, status."""
    title = PHRASES.get(row.status, "Error")
    return f'{{"title":{quote(title)},"detail":{quote(row.message)},"status":{row.status}}}'
