"""OpenAI's Chat Completions API.

Whole replies are printed over many lines, as on the wire; chunks are not.
"""

from __future__ import annotations

import re
from typing import ClassVar

from chaos_llm.protocol.messages import Completion, Refusal, Reply, Request, ToolCall, Usage
from chaos_llm.providers import reasoning
from chaos_llm.providers.framing import json_reply, pieces_of, quote
from chaos_llm.providers.openai.chat_completions import ChatCompletions
from chaos_llm.providers.openai.chat_parts import fingerprint, usage_in_detail, usage_over_lines
from chaos_llm.providers.openai.request_fields import is_legacy, obfuscation
from chaos_llm.providers.provider import ReplyContext

_WHOLE = """{
  "id": "%s",
  "object": "chat.completion",
  "created": %d,
  "model": %s,
  "choices": [%s
  ],
  "usage": %s,
  "service_tier": "default",
  "system_fingerprint": %s
}
"""
_CHOICE = """
    {
      "index": %d,
      "message": {
        "role": "assistant",
        "content": %s,%s
        "refusal": %s,
        "annotations": []
      },
      "logprobs": %s,
      "finish_reason": "%s"
    }"""
_TOOL_CALL = """
          {
            "id": "%s",
            "type": "function",
            "function": {
              "name": %s,
              "arguments": %s
            }
          }"""


class OpenAIChat(ChatCompletions):
    """OpenAI's Chat Completions API, whole and as chunks.

    What its models think is never shown here: only the usage counts it.
    """

    filters: ClassVar[bool] = True
    thinkers: ClassVar[re.Pattern[str]] = reasoning.OPENAI

    def _no_model(self) -> Refusal:
        return Refusal("invalid_request", message="you must provide a model parameter")

    def _whole(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        _, headers = self._opened(request, reply_context)
        reply_id, choices = self._id(reply_context), (answer, *answer.alternatives)
        written = [
            self._whole_choice(i, request, each, reply_context) for i, each in enumerate(choices)
        ]
        usage = usage_over_lines(answer.usage) if answer.tells_usage else "null"
        body = _WHOLE % (
            reply_id,
            reply_context.now,
            quote(request.model),
            ",".join(written),
            usage,
            fingerprint(request.model),
        )
        return json_reply(200, headers, body, pieces_of(answer))

    def _whole_choice(
        self, index: int, request: Request, answer: Completion, reply_context: ReplyContext
    ) -> str:
        content, refusal = quote(answer.text) if answer.text else "null", "null"
        if answer.stop == "refusal":
            content, refusal = refusal, content
        elif not answer.tool_calls and not answer.text:
            content = '""'
        return _CHOICE % (
            index,
            content,
            self._calls(request, answer, reply_context),
            refusal,
            self._logprobs(request, answer),
            self._finish(request, answer),
        )

    def _calls(self, request: Request, answer: Completion, reply_context: ReplyContext) -> str:
        if not answer.tool_calls or is_legacy(request.body):
            legacy = super()._calls(request, answer, reply_context)
            return f"\n        {legacy[1:]}," if legacy else ""
        calls = (self._call(i, call, reply_context) for i, call in enumerate(answer.tool_calls))
        return f'\n        "tool_calls": [{",".join(calls)}\n        ],'

    def _frame(self, request: Request, reply_context: ReplyContext) -> tuple[str, str]:
        head = (
            f'{{"id":"{self._id(reply_context)}","object":"chat.completion.chunk",'
            f'"created":{int(reply_context.now)},"model":{quote(request.model)},"service_tier":"default",'
            f'"system_fingerprint":{fingerprint(request.model)},"choices":['
        )
        return head, "]"

    def _first_delta(self, answer: Completion) -> str:
        silent = answer.stop == "refusal" or (answer.tool_calls and not answer.text)
        opening = "null" if silent else '""'
        return f'{{"role":"assistant","content":{opening},"refusal":null}}'

    def _content_delta(self, piece: str, answer: Completion) -> str:
        field = "refusal" if answer.stop == "refusal" else "content"
        return f'{{"{field}":{quote(piece)}}}'

    def _padding(self, request: Request, text: str) -> str:
        return obfuscation(request.body, text)

    def _call(self, index: int, call: ToolCall, reply_context: ReplyContext) -> str:  # noqa: ARG002 - the order
        return _TOOL_CALL % (self._call_id(reply_context), quote(call.name), quote(call.arguments))

    def _usage(self, request: Request, usage: Usage) -> str:  # noqa: ARG002 - some show the cost
        return usage_in_detail(usage)
