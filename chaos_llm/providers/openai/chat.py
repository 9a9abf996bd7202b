"""OpenAI's Chat Completions API.

Whole replies are printed over many lines, as on the wire; chunks are not.
"""

from __future__ import annotations

from chaos_llm.protocol.messages import Completion, Refusal, Reply, Request, ToolCall, Usage
from chaos_llm.providers.framing import json_reply, pieces_of, quote
from chaos_llm.providers.openai.chat_completions import ChatCompletions
from chaos_llm.providers.provider import ReplyContext

_WHOLE = """{
  "id": "%s",
  "object": "chat.completion",
  "created": %d,
  "model": %s,
  "choices": [
    {
      "index": 0,
      "message": {
        "role": "assistant",
        "content": %s,%s
        "refusal": %s,
        "annotations": []
      },
      "logprobs": null,
      "finish_reason": "%s"
    }
  ],
  "usage": %s,
  "service_tier": "default",
  "system_fingerprint": null
}
"""
_TOOL_CALL = """
          {
            "id": "%s",
            "type": "function",
            "function": {
              "name": %s,
              "arguments": %s
            }
          }"""
_USAGE = """{
    "prompt_tokens": %d,
    "completion_tokens": %d,
    "total_tokens": %d,
    "prompt_tokens_details": {
      "cached_tokens": 0,
      "audio_tokens": 0
    },
    "completion_tokens_details": {
      "reasoning_tokens": 0,
      "audio_tokens": 0,
      "accepted_prediction_tokens": 0,
      "rejected_prediction_tokens": 0
    }
  }"""


class OpenAIChat(ChatCompletions):
    """OpenAI's Chat Completions API, whole and as chunks."""

    def _no_model(self) -> Refusal:
        return Refusal("invalid_request", message="you must provide a model parameter")

    def _whole(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        _, headers = self._ids(reply_context)
        content, refusal = quote(answer.text) if answer.text else "null", "null"
        if answer.stop == "refusal":
            content, refusal = refusal, content
        elif not answer.tool_calls and not answer.text:
            content = '""'
        calls = ""
        if answer.tool_calls:
            listed = ",".join(self._call(call, reply_context) for call in answer.tool_calls)
            calls = f'\n        "tool_calls": [{listed}\n        ],'
        body = _WHOLE % (
            self._id(reply_context),
            reply_context.now,
            quote(request.model),
            content,
            calls,
            refusal,
            self.finishes[answer.stop],
            _USAGE % _used(answer.usage) if answer.tells_usage else "null",
        )
        return json_reply(200, headers, body, pieces_of(answer))

    def _frame(self, request: Request, reply_context: ReplyContext) -> tuple[str, str]:
        head = (
            f'{{"id":"{self._id(reply_context)}","object":"chat.completion.chunk",'
            f'"created":{int(reply_context.now)},"model":{quote(request.model)},"service_tier":"default",'
            f'"system_fingerprint":null,"choices":['
        )
        return head, "]"

    def _first_delta(self, answer: Completion) -> str:
        silent = answer.stop == "refusal" or (answer.tool_calls and not answer.text)
        opening = "null" if silent else '""'
        return f'{{"role":"assistant","content":{opening},"refusal":null}}'

    def _said(self, piece: str, answer: Completion) -> str:
        field = "refusal" if answer.stop == "refusal" else "content"
        return f'{{"{field}":{quote(piece)}}}'

    def _call(self, call: ToolCall, reply_context: ReplyContext) -> str:
        return _TOOL_CALL % (self._call_id(reply_context), quote(call.name), quote(call.arguments))

    def _usage(self, usage: Usage) -> str:
        return _USAGE_CHUNK % _used(usage)


_USAGE_CHUNK = _USAGE.replace("\n", "").replace(" ", "")


def _used(usage: Usage) -> tuple[int, int, int]:
    return (usage.input_tokens, usage.output_tokens, usage.input_tokens + usage.output_tokens)
