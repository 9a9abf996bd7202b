"""OpenAI's Chat Completions at Anthropic: POST https://api.anthropic.com/v1/chat/completions.

Shapes are those of recorded replies; where none was recorded, OpenAI's shape is assumed.
"""

from __future__ import annotations

from typing import ClassVar

from chaos_llm.protocol.messages import Refusal, Reply, Request
from chaos_llm.protocol.rate_limits import Quota, State
from chaos_llm.providers.anthropic import common
from chaos_llm.providers.openai.common import Headers, hexadecimal
from chaos_llm.providers.openai_compatible.base import LookAlike, LookAlikeDialect
from chaos_llm.providers.provider import NamedValues, ReplyContext, named_values


class AnthropicCompatibility(LookAlikeDialect):
    """Anthropic's OpenAI compatibility."""

    asks_to_wait: ClassVar[bool] = True
    yields: ClassVar[bool] = True
    name: ClassVar[str] = "anthropic"
    hosts: ClassVar[tuple[str, ...]] = ("api.anthropic.com",)
    usual_quota: ClassVar[Quota | None] = Quota(4_000, 2_000_000)  # assumed

    def _ids(self, reply_context: ReplyContext) -> tuple[str, Headers]:
        request_id, headers = common.reply_ids(reply_context)
        return request_id, (("x-request-id", request_id), *headers)

    def _refuse(self, request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:
        return common.refuse(request, refusal, reply_context)

    def quota(self, state: State) -> NamedValues:
        """Write limits as recorded: OpenAI's names without their middle word, in whole seconds."""
        both = (("requests", state.requests), ("tokens", state.tokens))
        return named_values(
            (name, value)
            for noun, level in both
            if level
            for name, value in (
                (f"x-ratelimit-{noun}", level.limit),
                (f"x-ratelimit-remaining-{noun}", level.remaining),
                (f"x-ratelimit-reset-{noun}", f"{round(level.reset)}s"),
            )
        )


class AnthropicCompatible(AnthropicCompatibility, LookAlike):
    """Anthropic's Chat Completions, which never show thinking."""

    ending: ClassVar[str] = "/v1/chat/completions"
    has_logprobs: ClassVar[bool] = False
    null_usage: ClassVar[bool] = False

    def _id(self, reply_context: ReplyContext) -> str:
        return "msg_01" + hexadecimal(reply_context, 22)
