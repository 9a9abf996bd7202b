"""The Responses API: POST .../responses, whole and as a numbered sequence of events."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from chaos_llm.protocol.messages import Completion, Refusal, Reply, Request, Usage, WireRequest
from chaos_llm.providers.conversation import turns_of
from chaos_llm.providers.framing import (
    broken_at,
    event,
    json_reply,
    last_prompt,
    pieces_of,
    quote,
    sse_reply,
)
from chaos_llm.providers.model_endpoint import ModelEndpoint
from chaos_llm.providers.openai.common import OpenAIDialect, hexadecimal
from chaos_llm.providers.openai.errors import OpenAIError
from chaos_llm.providers.openai.request_fields import forced_tool_of, schema_of, tools_of
from chaos_llm.providers.openai.response_items import Events, items_of, status_of
from chaos_llm.providers.provider import ReplyContext

# What a request may say and a response repeats, with what it says where the request does not.
_ECHOED = (
    ("instructions", "null"),
    ("max_output_tokens", "null"),
    ("metadata", "{}"),
    ("parallel_tool_calls", "true"),
    ("previous_response_id", "null"),
    ("reasoning", '{"effort":null,"summary":null}'),
    ("store", "true"),
    ("temperature", "1.0"),
    ("text", '{"format":{"type":"text"},"verbosity":"medium"}'),
    ("tool_choice", '"auto"'),
    ("tools", "[]"),
    ("top_p", "1.0"),
    ("truncation", '"disabled"'),
    ("user", "null"),
)
_DEFAULTS = "".join(f',"{field}":{value}' for field, value in _ECHOED)
_ECHOED_FIELDS = frozenset(field for field, _ in _ECHOED)
_OF_PROMPTS = "gpt-5.5"  # assumed: the model of a stored prompt, where the request names none
_TRUNCATED = '{"reason":"max_output_tokens"}'
_SERVER_ERROR = (
    "An error occurred while processing your request. You can retry your request, or contact us "
    "through our help center at help.openai.com if the error persists. Please include the request "
    "ID {request_id} in your message."
)  # openai/openai-node#1730; before a stream begins the wording is another


class Responses(OpenAIDialect, ModelEndpoint):
    """The Responses API, wherever it is hosted."""

    api: ClassVar[str] = "responses"
    ending: ClassVar[str] = "/responses"

    def _read(self, wire: WireRequest, secret: str, body: dict[str, Any]) -> Request:
        prompt = body.get("prompt")  # one that is stored, and names a model and a first input
        model, said = body.get("model") or (_OF_PROMPTS if prompt else None), body.get("input")
        if not isinstance(model, str) or not model:
            return self._invalid(wire, secret, self._missing("model"))
        stored = prompt or body.get("previous_response_id") or body.get("conversation")
        if not stored and not (said and isinstance(said, str | list)):
            return self._invalid(wire, secret, self._missing("input"))
        items = said if isinstance(said, list) else [{"role": "user", "content": said}]
        text = body.get("text")
        return Request(
            provider=self.name,
            api=self.api,
            surface=self.surface,
            host=wire.host,
            path=wire.path,
            model=model,
            stream=body.get("stream") is True,
            prompt=last_prompt(items),
            turns=turns_of(items) + bool(stored),
            tools=tools_of(body),
            forced_tool=forced_tool_of(body),
            answers_tool=_is_tool_result(items[-1]) if items else False,
            schema=schema_of(text.get("format")) if isinstance(text, dict) else None,
            credential=secret,
            size=len(wire.body),
            input_tokens=len(wire.body) // 4,  # roughly four bytes a token
            body=body,
        )

    def _whole(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        _, headers = self._ids(reply_context)
        head, tail = _frame(request, reply_context)
        output = [item.written for item in items_of(answer, reply_context)]
        body = head + _state(answer, output) + tail
        return json_reply(200, headers, body, pieces_of(answer))

    def _stream(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        request_id, headers = self._ids(reply_context)
        head, tail = _frame(request, reply_context)
        items = items_of(answer, reply_context)
        events = Events()
        begun = f'"response":{head}{_IN_PROGRESS}{tail}'
        events.add("response.created", begun)
        events.add("response.in_progress", begun)
        for index, item in enumerate(items):
            item.tell(events, index)
        ended = head + _state(answer, [item.written for item in items]) + tail
        events.add(f"response.{status_of(answer)}", f'"response":{ended}')
        if answer.broken_by:
            events.chunks = broken_at(events.chunks, answer.broken_by.after)
            row = self._row_in_stream(request, answer.broken_by.refusal, request_id)
            # this event, nested so, then response.failed: openai/codex#43337; the documented flat
            # shape is another, and the SDK would not raise on it
            events.chunks.append(event("error", _ERROR % _error_texts(row, len(events.chunks))))
            failed = _FAILED % (quote(row.code or row.type), quote(row.message))
            events.add("response.failed", f'"response":{head}{failed}{tail}')
        return sse_reply(headers, events.chunks, _PING)

    def _row_in_stream(self, request: Request, refusal: Refusal, request_id: str) -> OpenAIError:
        row = self._row(request, refusal, request_id)
        if refusal.kind == "server_error" and refusal.message is None:
            message = _SERVER_ERROR.replace("{request_id}", request_id)
            return row._replace(code="server_error", message=message)
        return row


# As in openai/openai-node#1964; the number is the next one's of a response that has just begun.
_PING = event("keepalive", '{"type":"keepalive","sequence_number":4}').data
_IN_PROGRESS = (
    '"status":"in_progress","error":null,"incomplete_details":null,"output":[],"usage":null'
)
_ERROR = (
    '{"type":"error","error":{"type":"%s","code":%s,"message":%s,"param":null},'
    '"sequence_number":%d}'
)
_FAILED = (
    '"status":"failed","error":{"code":%s,"message":%s},"incomplete_details":null,"output":[],'
    '"usage":null'
)


def _state(answer: Completion, output: list[str]) -> str:
    """Write the fields that a response has only at its end."""
    details = _TRUNCATED if answer.stop == "length" else "null"
    return (
        f'"status":"{status_of(answer)}","error":null,"incomplete_details":{details},'
        f'"output":[{",".join(output)}],"usage":'
        + (_usage(answer.usage) if answer.tells_usage else "null")
    )


def _usage(usage: Usage) -> str:
    return (
        f'{{"input_tokens":{usage.input_tokens},'
        f'"input_tokens_details":{{"cached_tokens":0,"cache_write_tokens":0}},'
        f'"output_tokens":{usage.output_tokens},"output_tokens_details":{{"reasoning_tokens":0}},'
        f'"total_tokens":{usage.input_tokens + usage.output_tokens}}}'
    )


def _frame(request: Request, reply_context: ReplyContext) -> tuple[str, str]:
    """Write what a response says from its first event to its last, around its state."""
    head = (
        f'{{"id":"resp_{hexadecimal(reply_context, 50)}","object":"response",'
        f'"created_at":{int(reply_context.now)},"background":false,"model":{quote(request.model)},'
        f'"service_tier":"default",'
    )
    body = request.body if isinstance(request.body, dict) else {}
    if not _ECHOED_FIELDS.intersection(body):
        return head, _DEFAULTS + "}"
    return head, "".join(f',"{f}":{_said(body, f, otherwise)}' for f, otherwise in _ECHOED) + "}"


def _said(body: dict[str, Any], field: str, otherwise: str) -> str:
    value = body.get(field)
    if value is None:
        return otherwise
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _error_texts(row: OpenAIError, number: int) -> tuple[str, str, str, int]:
    code = "null" if row.code is None else quote(row.code)
    return (row.type, code, quote(row.message), number)


def _is_tool_result(item: object) -> bool:
    return isinstance(item, dict) and str(item.get("type", "")).endswith("_output")
