"""Anthropic's Messages API: POST /v1/messages, whole and as events.

The shapes are those of the types in anthropic 2.11; key order and the ping's space are the wire's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from chaos_llm.errors import Inexpressible
from chaos_llm.model import (
    Chunk,
    Completion,
    Refusal,
    Reply,
    Request,
    Tool,
    Usage,
    WireRequest,
)
from chaos_llm.providers._anthropic import error_event, refuse, reply_ids
from chaos_llm.providers._framing import (
    base58,
    bearer,
    broken_at,
    event,
    json_reply,
    last_prompt,
    pieces_of,
    quote,
    split,
    sse_reply,
)
from chaos_llm.providers._model_endpoint import ModelEndpoint
from chaos_llm.providers.provider import Stamp

_STOPS = {"end": "end_turn", "tool": "tool_use", "length": "max_tokens", "refusal": "refusal"}
_REFUSED = '{"type":"refusal","category":null,"explanation":null}'
_CACHE = '"cache_creation_input_tokens":0,"cache_read_input_tokens":0,'
_CACHED = '"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},'
_TIER = '"service_tier":"standard","inference_geo":"not_available"'


class AnthropicMessages(ModelEndpoint):
    """Anthropic's Messages API."""

    name: ClassVar[str] = "anthropic"
    api: ClassVar[str] = "messages"
    hosts: ClassVar[tuple[str, ...]] = ("api.anthropic.com",)
    ending: ClassVar[str] = "/v1/messages"
    unreadable: ClassVar[str] = "The request body is not valid JSON: {}"

    def _secret(self, headers: Mapping[str, str]) -> str:
        return headers.get("x-api-key") or bearer(headers.get("authorization", ""))

    def _read(self, wire: WireRequest, secret: str, body: dict[str, Any]) -> Request:
        refused = _refusal_of(body)
        if refused:
            return self._invalid(wire, secret, refused)
        messages = body["messages"]
        choice = body.get("tool_choice")
        barred = isinstance(choice, dict) and choice.get("type") == "none"
        return Request(
            provider=self.name,
            api=self.api,
            surface=self.surface,
            host=wire.host,
            path=wire.path,
            model=body["model"],
            stream=body.get("stream") is True,
            prompt=last_prompt(messages),
            tools=_tools(body) if "tools" in body and not barred else (),
            forced_tool=_forced(choice),
            answers_tool=_has_tool_result(messages[-1]),
            schema=_schema(body),
            credential=secret,
            size=len(wire.body),
            input_tokens=len(wire.body) // 4,  # roughly four bytes a token
            body=body,
        )

    def _refuse(self, request: Request, refusal: Refusal, stamp: Stamp) -> Reply:
        return refuse(request, refusal, stamp)

    def _whole(self, request: Request, answer: Completion, stamp: Stamp) -> Reply:
        _, headers = reply_ids(stamp)
        message_id, stop = _message_id(stamp), _STOPS[answer.stop]
        details = _REFUSED if stop == "refusal" else "null"
        blocks = [f'{{"type":"text","text":{quote(answer.text)}}}'] if answer.text else []
        blocks += [
            _tool_use(call.name, _object(call.arguments), stamp) for call in answer.tool_calls
        ]
        body = (
            f'{{"model":{quote(request.model)},"id":"{message_id}","type":"message",'
            f'"role":"assistant","content":[{",".join(blocks)}],"stop_reason":"{stop}",'
            f'"stop_sequence":null,"stop_details":{details},"usage":{{{_usage(answer.usage)}}}}}'
        )
        return json_reply(200, headers, body, pieces_of(answer))

    def _stream(self, request: Request, answer: Completion, stamp: Stamp) -> Reply:
        _, headers = reply_ids(stamp)
        chunks = [_start(request, answer.usage, stamp)]
        if answer.text:
            opening = '{"type":"text","text":""}'
            chunks += _block(0, opening, "text_delta", "text", split(answer.text))
        for index, call in enumerate(answer.tool_calls, start=bool(answer.text)):
            opening = _tool_use(call.name, "{}", stamp)
            # the wire's first delta of a tool call is an empty one
            pieces = ["", *split(call.arguments)]
            chunks += _block(index, opening, "input_json_delta", "partial_json", pieces)
        chunks.insert(min(2, len(chunks)), event("ping", '{"type": "ping"}'))
        chunks += _end(answer)
        if answer.broken_by:
            chunks = broken_at(chunks, answer.broken_by.after)
            chunks.append(event("error", error_event(request, answer.broken_by.refusal)))
        return sse_reply(headers, chunks)


_REQUIRED = (("model", str, "string"), ("messages", list, "list"), ("max_tokens", int, "integer"))


def _refusal_of(body: dict[str, Any]) -> Refusal | None:
    """Refuse what the API's validation refuses, in its words."""
    for field, kind, noun in _REQUIRED:
        if not isinstance(body.get(field), kind):
            fault = f"Input should be a valid {noun}" if field in body else "Field required"
            return Refusal("invalid_request", message=f"{field}: {fault}")
    if not body["messages"]:
        return Refusal("invalid_request", message="messages: at least one message is required")
    return None


def _tools(body: dict[str, Any]) -> tuple[Tool, ...]:
    """Collect the app's own tools; those that Anthropic runs itself have no schema."""
    offered = body["tools"]
    if not isinstance(offered, list):
        return ()
    return tuple(
        Tool(tool["name"], tool["input_schema"])
        for tool in offered
        if isinstance(tool, dict) and "name" in tool and "input_schema" in tool
    )


def _forced(choice: object) -> str | None:
    if not isinstance(choice, dict) or choice.get("type") not in ("any", "tool"):
        return None
    return str(choice.get("name", ""))


def _has_tool_result(message: object) -> bool:
    content = message.get("content") if isinstance(message, dict) else None
    return isinstance(content, list) and any(
        isinstance(part, dict) and part.get("type") == "tool_result" for part in content
    )


def _schema(body: dict[str, Any]) -> Mapping[str, Any] | None:
    """Find the wanted JSON schema; `output_format` is the older beta's name for it."""
    output = body.get("output_config")
    form = output.get("format") if isinstance(output, dict) else body.get("output_format")
    return form.get("schema") if isinstance(form, dict) else None


def _message_id(stamp: Stamp) -> str:
    return "msg_01" + base58(stamp.die.number(256), 22)


def _usage(usage: Usage) -> str:
    return (
        f'"input_tokens":{usage.input_tokens},{_CACHE}{_CACHED}'
        f'"output_tokens":{usage.output_tokens},{_TIER}'
    )


def _tool_use(name: str, arguments: str, stamp: Stamp) -> str:
    tool_id = "toolu_01" + base58(stamp.die.number(256), 22)
    return f'{{"type":"tool_use","id":"{tool_id}","name":{quote(name)},"input":{arguments}}}'


def _object(arguments: str) -> str:
    """Insist on a JSON object: in a whole reply, `input` is one and not a text."""
    try:
        whole = isinstance(json.loads(arguments), dict)
    except ValueError:
        whole = False
    if not whole:
        raise Inexpressible("messages: tool arguments that are no JSON object can only be streamed")
    return arguments


def _start(request: Request, usage: Usage, stamp: Stamp) -> Chunk:
    message = (
        f'{{"model":{quote(request.model)},"id":"{_message_id(stamp)}","type":"message",'
        f'"role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,'
        f'"stop_details":null,"usage":{{{_usage(Usage(usage.input_tokens, 1))}}}}}'
    )
    return event("message_start", f'{{"type":"message_start","message":{message}}}')


def _block(index: int, opening: str, kind: str, field: str, pieces: list[str]) -> list[Chunk]:
    start = f'{{"type":"content_block_start","index":{index},"content_block":{opening}}}'
    head = f'{{"type":"content_block_delta","index":{index},"delta":{{"type":"{kind}","{field}":'
    stop = f'{{"type":"content_block_stop","index":{index}}}'
    return [
        event("content_block_start", start),
        *(
            event("content_block_delta", f"{head}{quote(piece)}}}}}", content=bool(piece))
            for piece in pieces
        ),
        event("content_block_stop", stop),
    ]


def _end(answer: Completion) -> list[Chunk]:
    stop = _STOPS[answer.stop]
    details = _REFUSED if stop == "refusal" else "null"
    delta = f'{{"stop_reason":"{stop}","stop_sequence":null,"stop_details":{details}}}'
    tokens = answer.usage
    usage = (
        f'{{"input_tokens":{tokens.input_tokens},{_CACHE}"output_tokens":{tokens.output_tokens}}}'
    )
    return [
        event("message_delta", f'{{"type":"message_delta","delta":{delta},"usage":{usage}}}'),
        event("message_stop", '{"type":"message_stop"}'),
    ]
