"""Meta's Llama API in its own shapes: POST /v1/chat/completions, whole and as events.

The shapes are those of the types in llama-api-client 0.6, which reads to the end of the stream and
takes `event: error` for an error; the metrics' names are assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from chaos_llm.protocol.messages import Chunk, Completion, Reply, Request, ToolCall, Usage
from chaos_llm.providers.framing import (
    broken_at,
    event,
    json_reply,
    nameless_event,
    pieces_of,
    quote,
    split,
    sse_reply,
)
from chaos_llm.providers.openai.errors import OpenAIError
from chaos_llm.providers.openai_compatible.base import LookAlike, problem
from chaos_llm.providers.openai_compatible.errors import META
from chaos_llm.providers.provider import ReplyContext

_NOTHING = '{"type":"text","text":""}'


class MetaLlama(LookAlike):
    """Meta's Llama API in its own shapes."""

    name: ClassVar[str] = "meta-llama"
    api: ClassVar[str] = "llama_chat"
    hosts: ClassVar[tuple[str, ...]] = ("api.llama.com",)
    ending: ClassVar[str] = "/v1/chat/completions"
    words: ClassVar[Mapping[str, OpenAIError]] = META
    no_key: ClassVar[OpenAIError] = META["auth_expired"]

    def claims(self, method: str, path: str) -> bool:
        return super().claims(method, path) and not path.endswith("/compat" + self.ending)

    def _whole(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:  # noqa: ARG002
        _, headers = self._ids(reply_context)
        message = f'"role":"assistant","stop_reason":"{self.finishes[answer.stop]}"'
        if answer.text or not answer.tool_calls:
            message += f',"content":{{"type":"text","text":{quote(answer.text)}}}'
        if answer.tool_calls:
            calls = (self._call(i, call, reply_context) for i, call in enumerate(answer.tool_calls))
            message += f',"tool_calls":[{",".join(calls)}]'
        metrics = _metrics(answer.usage) if answer.tells_usage else "null"
        head = f'"id":"{self._id(reply_context)}"'
        body = f'{{{head},"completion_message":{{{message}}},"metrics":{metrics}}}'
        return json_reply(200, headers, body, pieces_of(answer))

    def _stream(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        request_id, headers = self._ids(reply_context)
        head = f'{{"id":"{self._id(reply_context)}","event":{{"event_type":'
        chunks = [_event(head, "start", _NOTHING)]
        chunks += [
            _event(head, "progress", f'{{"type":"text","text":{quote(piece)}}}', content=True)
            for piece in split(answer.text)
        ]
        for call in answer.tool_calls:
            chunks += _call_chunks(head, call, self._call_id(reply_context))
        stop = f',"stop_reason":"{self.finishes[answer.stop]}"'
        chunks.append(_event(head, "complete", _NOTHING, stop))
        if answer.tells_usage:
            metrics = f',"metrics":{_metrics(answer.usage)}'
            chunks.append(_event(head, "metrics", _NOTHING, metrics))
        if answer.broken_by:
            row = self._row(request, answer.broken_by.refusal, request_id)
            chunks = broken_at(chunks, answer.broken_by.after)
            chunks.append(event("error", self._event(row)))
        return sse_reply(headers, chunks, b": keep-alive\n\n")

    def _call(self, index: int, call: ToolCall, reply_context: ReplyContext) -> str:  # noqa: ARG002 - the order
        function = f'{{"name":{quote(call.name)},"arguments":{quote(call.arguments)}}}'
        return f'{{"id":"{self._call_id(reply_context)}","function":{function}}}'

    def _error(self, row: OpenAIError) -> str:
        return problem(row)

    def _event(self, row: OpenAIError) -> str:
        return f'{{"error":{problem(row)}}}'


def _event(head: str, kind: str, delta: str, more: str = "", *, content: bool = False) -> Chunk:
    return nameless_event(f'{head}"{kind}","delta":{delta}{more}}}}}', content=content)


def _call_chunks(head: str, call: ToolCall, call_id: str) -> list[Chunk]:
    function = f'{{"name":{quote(call.name)},"arguments":""}}'
    start = f'{{"type":"tool_call","id":"{call_id}","function":{function}}}'
    pieces = (f'{{"arguments":{quote(piece)}}}' for piece in split(call.arguments))
    return [
        _event(head, "progress", start),
        *(
            _event(head, "progress", f'{{"type":"tool_call","function":{piece}}}', content=True)
            for piece in pieces
        ),
    ]


def _metrics(usage: Usage) -> str:
    counts = (
        ("num_completion_tokens", usage.output_tokens),
        ("num_prompt_tokens", usage.input_tokens),
        ("num_total_tokens", usage.input_tokens + usage.output_tokens),
    )
    metrics = (f'{{"metric":"{name}","value":{count},"unit":"tokens"}}' for name, count in counts)
    return f"[{','.join(metrics)}]"
