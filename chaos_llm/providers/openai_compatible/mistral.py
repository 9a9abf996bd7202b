"""Mistral's Chat Completions, whose errors are flat objects, or a detail alone.

Shapes are those of recorded replies; error bodies are those of the sources in errors.py and of
mistralai 3.7.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from chaos_llm.protocol.messages import Completion, Reasoning, Request, Usage
from chaos_llm.providers import reasoning
from chaos_llm.providers.framing import base58, filler, quote, split
from chaos_llm.providers.openai.chat_parts import Delta, counted
from chaos_llm.providers.openai_compatible.base import LookAlike
from chaos_llm.providers.openai_compatible.mistral_base import MistralDialect
from chaos_llm.providers.provider import ReplyContext


class Mistral(MistralDialect, LookAlike):
    """Mistral: tool calls come in one chunk, and thinking is a part of the content."""

    filters: ClassVar[bool] = True  # promptfoo/promptfoo#5859
    whole_calls: ClassVar[bool] = True
    tells_usage: ClassVar[bool] = True
    null_usage: ClassVar[bool] = False
    has_logprobs: ClassVar[bool] = False
    numbers_calls: ClassVar[bool] = True
    no_text: ClassVar[str] = '""'
    reasoning_field: ClassVar[str] = "content"
    thinkers: ClassVar[re.Pattern[str]] = reasoning.MISTRAL

    def _reasons(self, model: str, body: dict[str, Any]) -> bool:
        """Magistral thinks, and others where they are asked for effort."""
        return reasoning.thinks_if_asked(self.thinkers, model, body)

    def _call_id(self, reply_context: ReplyContext) -> str:
        return base58(reply_context.rng.number(256), 9)

    def _message(self, request: Request, answer: Completion, reply_context: ReplyContext) -> str:
        content = quote(answer.text)
        if answer.reasoning:
            text = f',{{"type":"text","text":{content}}}' if answer.text else ""
            content = f"[{_thinking(answer.reasoning.text, closed=True)}{text}]"
        calls = self._calls(request, answer, reply_context) or ',"tool_calls":null'
        return f'"role":"assistant"{calls},"content":{content}'

    def _usage(self, request: Request, usage: Usage) -> str:  # noqa: ARG002 - some show the cost
        read = usage.cache_read_tokens
        return (
            f'{{{counted(usage)},"prompt_tokens_details":{{"cached_tokens":{read}}},'
            f'"num_cached_tokens":{read}}}'
        )

    def _first_delta(self, answer: Completion) -> str:  # noqa: ARG002 - others say null
        return '{"role":"assistant","content":""}'

    def _reasoning_deltas(
        self,
        request: Request,  # noqa: ARG002 - for some vendors it depends on the model
        reasoning: Reasoning,
        reply_context: ReplyContext,  # noqa: ARG002 - one signs it
    ) -> list[Delta]:
        pieces = split(reasoning.text)
        return [Delta(f'{{"content":[{_thinking(piece)}]}}', True) for piece in pieces]

    def _padding(self, request: Request, text: str) -> str:  # noqa: ARG002 - one can be declined
        return f',"p":"{filler(text, 24)}"'


def _thinking(text: str, *, closed: bool = False) -> str:
    end = ',"closed":true' if closed else ""
    return f'{{"type":"thinking","thinking":[{{"type":"text","text":{quote(text)}}}]{end}}}'
