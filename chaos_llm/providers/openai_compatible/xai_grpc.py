"""xAI's own API, which xai-sdk speaks: gRPC, the service xai_api.Chat.

    /xai_api.Chat/GetCompletion        GetCompletionsRequest -> GetChatCompletionResponse
    /xai_api.Chat/GetCompletionChunk   GetCompletionsRequest -> stream of GetChatCompletionChunk

Messages are those of xai-sdk 1.21. A refusal says what the REST API says: its `code` there is the
description of a gRPC status ("The service is currently unavailable" is UNAVAILABLE). Nobody has
published one from gRPC itself, so that a wrong key is UNAUTHENTICATED here, which REST answers with
400, is assumed; and so is that the wait which a refusal asks for is a trailer `retry-after`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from chaos_llm.errors import Unsupported
from chaos_llm.protocol.grpc_wire import (
    CODES,
    Metadata,
    Status,
    refusal_reply,
    streamed_reply,
    unframed,
    whole_reply,
)
from chaos_llm.protocol.messages import (
    Chunk,
    Completion,
    Refusal,
    Reply,
    Request,
    ToolCall,
    Usage,
    WireRequest,
)
from chaos_llm.protocol.rate_limits import State
from chaos_llm.providers import protobuf
from chaos_llm.providers.endpoint import UNREADABLE
from chaos_llm.providers.framing import broken_at, count_pieces, seconds, split
from chaos_llm.providers.openai.common import uuid
from chaos_llm.providers.openai_compatible.vendors import XAI
from chaos_llm.providers.provider import NO_VALUES, NamedValues, ReplyContext

_SERVICE = "/xai_api.Chat/"
_WHOLE, _STREAM = _SERVICE + "GetCompletion", _SERVICE + "GetCompletionChunk"
_REQUEST = "xai_api.GetCompletionsRequest"
_RESPONSE, _CHUNK = "xai_api.GetChatCompletionResponse", "xai_api.GetChatCompletionChunk"
_ASSISTANT = "ROLE_ASSISTANT"
_ROLES = {
    "ROLE_USER": "user",
    "ROLE_ASSISTANT": "assistant",
    "ROLE_SYSTEM": "system",
    "ROLE_DEVELOPER": "developer",
    "ROLE_FUNCTION": "tool",
    "ROLE_TOOL": "tool",
}
_MODES = {"TOOL_MODE_AUTO": "auto", "TOOL_MODE_NONE": "none", "TOOL_MODE_REQUIRED": "required"}
_FINISHES = {
    "end": "REASON_STOP",
    "tool": "REASON_TOOL_CALLS",
    "length": "REASON_MAX_LEN",
    "refusal": "REASON_STOP",
}
_CODES = {
    "invalid_request": "INVALID_ARGUMENT",
    "auth_expired": "UNAUTHENTICATED",
    "permission": "PERMISSION_DENIED",
    "not_found": "NOT_FOUND",
    "method_not_allowed": "UNIMPLEMENTED",
    "too_large": "RESOURCE_EXHAUSTED",
    "rate_limited": "RESOURCE_EXHAUSTED",
    "quota": "RESOURCE_EXHAUSTED",
    "server_error": "INTERNAL",
    "overloaded": "UNAVAILABLE",
    "timeout": "DEADLINE_EXCEEDED",
}


class XAIChat(XAI, protobuf.GrpcService):
    """Chat of xAI over gRPC; what a request asks is read as the REST API would be asked."""

    def claims(self, method: str, path: str) -> bool:
        return method == "POST" and path in (_WHOLE, _STREAM)

    def request_message(self, path: str) -> str:  # noqa: ARG002 - both methods take the same
        return _REQUEST

    def parse(self, wire: WireRequest) -> Request:
        try:
            message = protobuf.read(_REQUEST, unframed(wire.body), original_names=True)
        except ValueError as error:
            secret, refusal = self._admit(wire)
            unreadable = Refusal("invalid_request", message=str(error), broken_rule=UNREADABLE)
            return self._invalid(wire, secret, refusal or unreadable)
        body = _as_chat(message) | {"stream": wire.path == _STREAM}
        request = super().parse(replace(wire, body=json.dumps(body).encode()))
        return replace(request, size=len(wire.body), stream=wire.path == _STREAM)

    def quota(self, state: State) -> NamedValues:  # noqa: ARG002 - REST alone tells it
        return NO_VALUES

    def _refuse(self, request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:
        if refusal.status == 200:
            raise Unsupported(f"{self.api} over gRPC: an error has a status of its own")
        status = self._status(request, refusal, reply_context)
        return refusal_reply(status, refusal.status)

    def _status(self, request: Request, refusal: Refusal, reply_context: ReplyContext) -> Status:
        row = self._row(request, refusal, self._ids(reply_context)[0])
        wait = refusal.retry_after
        trailers: Metadata = () if wait is None else (("retry-after", seconds(wait)),)
        code = _CODES[refusal.kind]
        if refusal.status is not None and refusal.status != CODES[code].http:
            code = next((c for c in _CODES.values() if CODES[c].http == refusal.status), code)
        return Status(code, row.message, trailers)

    def _whole(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        body = self._about_reply(request, reply_context)
        body["outputs"] = [
            {
                "index": index,
                "finish_reason": _finish(each),
                "message": _message(each, reply_context),
            }
            for index, each in enumerate((answer, *answer.alternatives))
        ]
        if answer.tells_usage:
            body["usage"] = _counted(answer.usage)
        return whole_reply(protobuf.written(_RESPONSE, body), self._pieces(answer))

    def _pieces(self, answer: Completion) -> int:
        thought = answer.reasoning.text if answer.reasoning else ""
        return count_pieces(thought) + count_pieces(answer.text) + len(answer.tool_calls)

    def _stream(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        about = self._about_reply(request, reply_context)
        chunks = []
        for index, each in enumerate((answer, *answer.alternatives)):
            for delta in _deltas(each, reply_context):
                output = {"index": index, "delta": delta | {"role": _ASSISTANT}}
                chunks.append(_chunk(about | {"outputs": [output]}, content=True))
            last = {"index": index, "finish_reason": _finish(each), "delta": {"role": _ASSISTANT}}
            usage_fields = {"usage": _counted(answer.usage)} if answer.tells_usage else {}
            chunks.append(_chunk(about | usage_fields | {"outputs": [last]}))
        if answer.broken_by is None:
            return streamed_reply(chunks, Status("OK"))
        sent = broken_at(chunks, answer.broken_by.after)
        status = self._status(request, answer.broken_by.refusal, reply_context)
        return streamed_reply(sent, status)

    def _about_reply(self, request: Request, reply_context: ReplyContext) -> dict[str, Any]:
        reply_id, number = uuid(reply_context), reply_context.rng.number(40)
        created = datetime.fromtimestamp(int(reply_context.now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "id": reply_id,
            "created": created,
            "model": request.model,
            "system_fingerprint": f"fp_{number:010x}",
        }


def _chunk(body: dict[str, Any], *, content: bool = False) -> Chunk:
    return Chunk(0.0, protobuf.written(_CHUNK, body), content)


def _finish(answer: Completion) -> str:
    return _FINISHES[answer.stop]


def _deltas(answer: Completion, reply_context: ReplyContext) -> list[dict[str, Any]]:
    """What is said, piece by piece; calls come whole, as xai-sdk appends each that it reads."""
    thought = answer.reasoning.text if answer.reasoning else ""
    deltas: list[dict[str, Any]] = [{"reasoning_content": piece} for piece in split(thought)]
    deltas += [{"content": piece} for piece in split(answer.text)]
    return deltas + [{"tool_calls": [call]} for call in _called(answer, reply_context)]


def _message(answer: Completion, reply_context: ReplyContext) -> dict[str, Any]:
    message: dict[str, Any] = {"role": _ASSISTANT, "content": answer.text}
    if answer.reasoning:
        message["reasoning_content"] = answer.reasoning.text
    return message | {"tool_calls": _called(answer, reply_context)}


def _called(answer: Completion, reply_context: ReplyContext) -> list[dict[str, Any]]:
    return [_call(call, reply_context) for call in answer.tool_calls]


def _call(call: ToolCall, reply_context: ReplyContext) -> dict[str, Any]:
    return {
        "id": f"call_{reply_context.rng.number(32) % 100_000_000:08d}",
        "type": "TOOL_CALL_TYPE_CLIENT_SIDE_TOOL",
        "function": {"name": call.name, "arguments": call.arguments},
    }


def _counted(usage: Usage) -> dict[str, Any]:
    output_tokens = usage.output_tokens - usage.reasoning_tokens
    return {
        "prompt_tokens": usage.input_tokens,
        "prompt_text_tokens": usage.input_tokens,
        "cached_prompt_text_tokens": usage.cache_read_tokens,
        "completion_tokens": output_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def _as_chat(fields: dict[str, Any]) -> dict[str, Any]:
    """The body by which xAI's REST API would be asked the same."""
    plain = ("model", "n", "max_tokens", "stop", "logprobs", "top_logprobs", "temperature", "user")
    chat: dict[str, Any] = {name: fields[name] for name in plain if name in fields}
    chat["messages"] = [_as_message(message) for message in fields.get("messages", ())]
    tools = [_as_tool(tool["function"]) for tool in fields.get("tools", ()) if "function" in tool]
    if tools:
        chat["tools"] = tools
    choice = fields.get("tool_choice", {})
    if "function_name" in choice:
        named = {"name": choice["function_name"]}
        chat["tool_choice"] = {"type": "function", "function": named}
    elif choice.get("mode") in _MODES:
        chat["tool_choice"] = _MODES[choice["mode"]]
    if "reasoning_effort" in fields:
        chat["reasoning_effort"] = fields["reasoning_effort"].removeprefix("EFFORT_").lower()
    return chat | _as_format(fields.get("response_format", {}))


def _as_message(message: dict[str, Any]) -> dict[str, Any]:
    parts = [_as_part(part) for part in message.get("content", ())]
    is_text = len(parts) == 1 and parts[0]["type"] == "text"
    chat: dict[str, Any] = {
        "role": _ROLES.get(message.get("role", ""), "user"),
        "content": parts[0]["text"] if is_text else parts,
    }
    calls = [call for call in message.get("tool_calls", ()) if "function" in call]
    if calls:
        chat["tool_calls"] = [
            {"id": call.get("id", ""), "type": "function", "function": call["function"]}
            for call in calls
        ]
    if "tool_call_id" in message:
        chat["tool_call_id"] = message["tool_call_id"]
    return chat


def _as_part(part: dict[str, Any]) -> dict[str, Any]:
    if "image_url" in part:
        return {"type": "image_url", "image_url": {"url": part["image_url"].get("image_url", "")}}
    return {"type": "text", "text": part.get("text", "")}


def _as_tool(function: dict[str, Any]) -> dict[str, Any]:
    """A tool whose schema is JSON again; over gRPC it is a text."""
    try:
        parameters = json.loads(function.get("parameters") or "{}")
    except ValueError:
        parameters = {}
    return {"type": "function", "function": function | {"parameters": parameters}}


def _as_format(response_format: dict[str, Any]) -> dict[str, Any]:
    if response_format.get("format_type") == "FORMAT_TYPE_JSON_OBJECT":
        return {"response_format": {"type": "json_object"}}
    if "schema" not in response_format:
        return {}
    try:
        schema = json.loads(response_format["schema"])
    except ValueError:
        schema = {}
    named = {"name": "response", "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": named}}
