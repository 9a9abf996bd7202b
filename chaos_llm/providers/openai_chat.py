"""OpenAI's Chat Completions API: POST .../chat/completions, whole and as chunks.

Whole replies are printed over many lines, as on the wire; chunks are not.
"""

from __future__ import annotations

from typing import Any, ClassVar

from chaos_llm.model import Chunk, Completion, Refusal, Reply, Request, Usage, WireRequest
from chaos_llm.providers._framing import (
    base58,
    broken_at,
    json_reply,
    last_prompt,
    nameless_event,
    pieces_of,
    quote,
    split,
    sse_reply,
)
from chaos_llm.providers._openai import (
    OpenAIEndpoint,
    error_object,
    forced_tool_of,
    missing,
    reply_ids,
    row_of,
    schema_of,
    tools_of,
)
from chaos_llm.providers.provider import Stamp

_FINISHES = {"end": "stop", "tool": "tool_calls", "length": "length", "refusal": "stop"}
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
_USAGE_CHUNK = _USAGE.replace("\n", "").replace(" ", "")


class OpenAIChat(OpenAIEndpoint):
    """OpenAI's Chat Completions API."""

    api: ClassVar[str] = "chat"
    ending: ClassVar[str] = "/chat/completions"

    def _read(self, wire: WireRequest, secret: str, body: dict[str, Any]) -> Request:
        model, messages = body.get("model") or _deployment(wire.path), body.get("messages")
        if not isinstance(model, str) or not model:
            refusal = Refusal("invalid_request", message="you must provide a model parameter")
            return self._invalid(wire, secret, refusal)
        if not isinstance(messages, list) or not messages:
            return self._invalid(wire, secret, missing("messages"))
        last = messages[-1]
        return Request(
            provider=self.name,
            api=self.api,
            surface=self.surface,
            host=wire.host,
            path=wire.path,
            model=model,
            stream=body.get("stream") is True,
            prompt=last_prompt(messages),
            tools=tools_of(body),
            forced_tool=forced_tool_of(body),
            answers_tool=isinstance(last, dict) and last.get("role") == "tool",
            schema=schema_of(body.get("response_format")),
            credential=secret,
            size=len(wire.body),
            input_tokens=len(wire.body) // 4,  # roughly four bytes a token
            body=body,
        )

    def _whole(self, request: Request, answer: Completion, stamp: Stamp) -> Reply:
        _, headers = reply_ids(stamp)
        content, refusal = quote(answer.text) if answer.text else "null", "null"
        if answer.stop == "refusal":
            content, refusal = refusal, content
        elif not answer.tool_calls and not answer.text:
            content = '""'
        calls = ""
        if answer.tool_calls:
            listed = [
                _TOOL_CALL % (_call_id(stamp), quote(call.name), quote(call.arguments))
                for call in answer.tool_calls
            ]
            calls = f'\n        "tool_calls": [{",".join(listed)}\n        ],'
        body = _WHOLE % (
            _completion_id(stamp),
            stamp.now,
            quote(request.model),
            content,
            calls,
            refusal,
            _FINISHES[answer.stop],
            _usage(_USAGE, answer.usage),
        )
        return json_reply(200, headers, body, pieces_of(answer))

    def _stream(self, request: Request, answer: Completion, stamp: Stamp) -> Reply:
        request_id, headers = reply_ids(stamp)
        wants_usage = _wants_usage(request.body)
        head = (
            f'{{"id":"{_completion_id(stamp)}","object":"chat.completion.chunk",'
            f'"created":{int(stamp.now)},"model":{quote(request.model)},"service_tier":"default",'
            f'"system_fingerprint":null,"choices":['
        )
        tail = '],"usage":null}' if wants_usage else "]}"
        chunks = [
            _delta(head, delta, tail, content=content) for delta, content in _deltas(answer, stamp)
        ]
        chunks.append(_delta(head, "{}", tail, finish=f'"{_FINISHES[answer.stop]}"'))
        if wants_usage:
            usage = _usage(_USAGE_CHUNK, answer.usage)
            chunks.append(nameless_event(f'{head}],"usage":{usage}}}'))
        chunks.append(nameless_event("[DONE]"))
        if answer.broken_by:
            # as pasted in sashabaranov/go-openai#69; that no [DONE] follows is assumed
            row = row_of(request, answer.broken_by.refusal, request_id)
            chunks = broken_at(chunks, answer.broken_by.after)
            chunks.append(nameless_event(f'{{"error":{error_object(row)}}}'))
        return sse_reply(headers, chunks)


def _deployment(path: str) -> str:
    """Azure names the model in the path: /openai/deployments/{name}/chat/completions."""
    return path.partition("/deployments/")[2].partition("/")[0]


def _wants_usage(body: Any) -> bool:
    options = body.get("stream_options") if isinstance(body, dict) else None
    return isinstance(options, dict) and options.get("include_usage") is True


def _completion_id(stamp: Stamp) -> str:
    return "chatcmpl-" + base58(stamp.die.number(256), 29)


def _call_id(stamp: Stamp) -> str:
    return "call_" + base58(stamp.die.number(256), 24)


def _usage(template: str, usage: Usage) -> str:
    used = (usage.input_tokens, usage.output_tokens)
    return template % (*used, sum(used))


def _delta(
    head: str, delta: str, tail: str, *, finish: str = "null", content: bool = False
) -> Chunk:
    choice = f'{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}'
    return nameless_event(head + choice + tail, content=content)


def _deltas(answer: Completion, stamp: Stamp) -> list[tuple[str, bool]]:
    """Everything that is said, as deltas, each with whether it is a piece of the answer."""
    field = "refusal" if answer.stop == "refusal" else "content"
    silent = field == "refusal" or (answer.tool_calls and not answer.text)
    opening = "null" if silent else '""'
    deltas = [(f'{{"role":"assistant","content":{opening},"refusal":null}}', False)]
    deltas += [(f'{{"{field}":{quote(piece)}}}', True) for piece in split(answer.text)]
    for index, call in enumerate(answer.tool_calls):
        head = f'{{"tool_calls":[{{"index":{index},'
        function = f'{{"name":{quote(call.name)},"arguments":""}}'
        start = f'{head}"id":"{_call_id(stamp)}","type":"function","function":{function}}}]}}'
        deltas.append((start, False))
        deltas += [
            (f'{head}"function":{{"arguments":{quote(piece)}}}}}]}}', True)
            for piece in split(call.arguments)
        ]
    return deltas
