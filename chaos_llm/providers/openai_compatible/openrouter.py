"""OpenRouter's Chat Completions, whose replies have a cost and an upstream provider.

Shapes are those of recorded replies; error bodies are those of the sources in errors.py.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from chaos_llm.protocol.messages import Chunk, Completion, Reasoning, Request, Usage
from chaos_llm.providers import reasoning
from chaos_llm.providers.framing import quote, split
from chaos_llm.providers.openai.chat_parts import Delta
from chaos_llm.providers.openai.errors import OpenAIError
from chaos_llm.providers.openai_compatible.base import LookAlike
from chaos_llm.providers.openai_compatible.openrouter_base import (
    OpenRouterDialect,
    cost_of,
    of_upstream,
    upstream_of,
)
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.signatures import sign

_THINKERS = re.compile(
    f"{reasoning.OPENAI.pattern}|{reasoning.GEMINI.pattern}|{reasoning.XAI.pattern}"
    f"|{reasoning.OPEN_WEIGHTS.pattern}|:thinking"
)
_NATIVE = {"end": "stop", "tool": "tool_calls", "length": "length", "refusal": "stop"}
_CLAUDE = {"end": "end_turn", "tool": "tool_use", "length": "max_tokens", "refusal": "refusal"}


class OpenRouter(OpenRouterDialect, LookAlike):
    """OpenRouter: error codes are HTTP statuses, and come inside a 200 once a stream has begun."""

    filters: ClassVar[bool] = True
    comment: ClassVar[str] = "OPENROUTER PROCESSING"
    tells_usage: ClassVar[bool] = True
    thinkers: ClassVar[re.Pattern[str]] = _THINKERS
    reasoning_field: ClassVar[str] = "reasoning"
    numbers_calls: ClassVar[bool] = True
    null_usage: ClassVar[bool] = False
    media: ClassVar[str] = "text/event-stream"

    def _reasons(self, model: str, body: dict[str, Any]) -> bool:
        settings = body.get("reasoning")
        hidden = isinstance(settings, dict) and settings.get("exclude") is True
        if hidden or body.get("include_reasoning") is False:
            return False
        return reasoning.thinks_if_asked(self.thinkers, model, body)

    def _whole_choice(
        self, index: int, request: Request, answer: Completion, reply_context: ReplyContext
    ) -> str:
        return (
            f'{{"logprobs":{self._logprobs(request, answer)},'
            f'"finish_reason":"{self._finish(request, answer)}",'
            f'"native_finish_reason":"{_native(request, answer)}","index":{index},'
            f'"message":{{{self._message(request, answer, reply_context)}}}}}'
        )

    def _message(self, request: Request, answer: Completion, reply_context: ReplyContext) -> str:
        content = quote(answer.text) if answer.text or not answer.tool_calls else "null"
        message = f'"role":"assistant","content":{content},"refusal":null'
        if answer.reasoning:
            message += self._reasoned(request, answer.reasoning, reply_context)
        else:
            message += ',"reasoning":null'
        return message + self._calls(request, answer, reply_context)

    def _reasoned(self, request: Request, reasoning: Reasoning, reply_context: ReplyContext) -> str:
        details = _details(request, reasoning, reply_context)
        return f',"reasoning":{quote(reasoning.text)},"reasoning_details":{details}'

    def _more(self, request_id: str, number: int) -> str:  # noqa: ARG002 - some repeat it
        return ',"system_fingerprint":null'

    def _usage(self, request: Request, usage: Usage) -> str:
        return cost_of(request.model, usage)

    def _about(self, request: Request) -> str:
        return f'"provider":"{upstream_of(request.model)}","service_tier":null,'

    def _choice(self, delta: str, finish: str, index: int = 0, logprobs: str = "null") -> str:
        native = f'"native_finish_reason":{finish}'
        return (
            f'{{"index":{index},"delta":{delta},"finish_reason":{finish},{native},'
            f'"logprobs":{logprobs}}}'
        )

    def _first_delta(self, answer: Completion) -> str:
        content = '""' if answer.text or not answer.tool_calls else "null"
        return f'{{"role":"assistant","content":{content}}}'

    def _reasoning_deltas(
        self, request: Request, reasoning: Reasoning, reply_context: ReplyContext
    ) -> list[Delta]:
        deltas = []
        for piece in split(reasoning.text):
            detail = _detail(request, "text", f'"text":{quote(piece)}')
            fields = f'"reasoning":{quote(piece)},"reasoning_details":[{detail}]'
            deltas.append(Delta(f'{{"role":"assistant","content":"",{fields}}}', True))
        closing = _details(request, reasoning, reply_context, with_text=False)
        fields = f'"reasoning":null,"reasoning_details":{closing}'
        return [*deltas, Delta(f'{{"role":"assistant","content":"",{fields}}}')]

    def _failed(self, row: OpenAIError, head: str) -> Chunk:
        """Break off as openrouter.ai/docs/api/reference/streaming has it."""
        finish = self._choice('{"content":""}', '"error"')
        data = f'{head}{finish}],"error":{of_upstream(row)}}}'
        return Chunk(0.0, f"data: {data}\n\n".encode("utf-8", "replace"))


def _native(request: Request, answer: Completion) -> str:
    """The upstream's own word for why it stopped."""
    if answer.filtered:
        return "refusal" if "claude" in request.model else "content_filter"
    return (_CLAUDE if "claude" in request.model else _NATIVE)[answer.stop]


def _details(
    request: Request, reasoning: Reasoning, reply_context: ReplyContext, *, with_text: bool = True
) -> str:
    """Write what was thought in the upstream's own kinds: OpenAI's is a summary with ciphertext."""
    nonce = reply_context.rng.number(128)
    seal = sign("openrouter", "", nonce) if reasoning.signed else ""
    if "openai/" in request.model:
        summary = [_detail(request, "summary", f'"summary":{quote(reasoning.text)}')]
        secret = f'"data":"{seal}","id":"rs_{reply_context.rng.number(128):032x}"'
        sealed = [_detail(request, "encrypted", secret)] if seal else []
        parts = ",".join([*(summary if with_text else ()), *sealed])
        return f"[{parts}]"
    text = reasoning.text if with_text else ""
    signature = f',"signature":"{seal}"' if seal else ""
    detail = _detail(request, "text", f'"text":{quote(text)}{signature}')
    return f"[{detail}]"


def _detail(request: Request, kind: str, fields: str) -> str:
    style = "anthropic-claude-v1" if "claude" in request.model else "unknown"
    style = "openai-responses-v1" if "openai/" in request.model else style
    return f'{{"type":"reasoning.{kind}",{fields},"format":"{style}","index":0}}'
