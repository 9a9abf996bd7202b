"""Cohere's chat: POST /v2/chat, whole and as events.

The shapes are those of the types in cohere 7. In a stream an error is no event of its own: the last
one says that the answer finished by an error.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from chaos_llm.protocol.messages import (
    Chunk,
    Completion,
    Refusal,
    Reply,
    Request,
    Tool,
    Usage,
    WireRequest,
)
from chaos_llm.providers import reasoning
from chaos_llm.providers.cohere.common import CohereEndpoint, cohere_headers, row_of
from chaos_llm.providers.conversation import broken, turns_of, uuid
from chaos_llm.providers.framing import (
    event,
    json_reply,
    last_prompt,
    nameless_event,
    pieces_of,
    split,
    sse_reply,
    text_of,
)
from chaos_llm.providers.model_endpoint import ModelEndpoint
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.request_limits import most_tokens, stop_sequences

_FINISHES = {"end": "COMPLETE", "tool": "TOOL_CALL", "length": "MAX_TOKENS", "refusal": "COMPLETE"}
_SMALL = "abcdefghijklmnopqrstuvwxyz0123456789"


class CohereChat(CohereEndpoint, ModelEndpoint):
    """Cohere's chat, version 2."""

    api: ClassVar[str] = "v2_chat"
    ending: ClassVar[str] = "/v2/chat"

    def _read(self, wire: WireRequest, secret: str, body: dict[str, Any]) -> Request:
        model, messages = body.get("model"), body.get("messages")
        if not isinstance(model, str) or not model:
            return self._invalid(wire, secret, _lacking("model"))
        if not isinstance(messages, list) or not messages:
            return self._invalid(wire, secret, _lacking("messages"))
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
            tools=_tools(body),
            forced_tool="" if body.get("tool_choice") == "REQUIRED" else None,
            answers_tool=isinstance(last, dict) and last.get("role") == "tool",
            schema=_schema(body.get("response_format")),
            credential=secret,
            size=len(wire.body),
            input_tokens=len(wire.body) // 4,  # roughly four bytes a token
            turns=turns_of(messages),
            reasons=_reasons(model, body),
            max_tokens=most_tokens(body, "max_tokens"),
            stop_sequences=stop_sequences(body.get("stop_sequences")),
            body=body,
        )

    def _whole(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:  # noqa: ARG002
        headers, message = cohere_headers(reply_context), {"role": "assistant"}
        body: dict[str, Any] = {
            "id": uuid(reply_context),
            "message": message | _content_fields(answer, reply_context),
        }
        body["finish_reason"] = _FINISHES[answer.stop]
        if answer.tells_usage:
            body["usage"] = _usage(answer.usage)
        return json_reply(200, headers + counted(answer), _compact(body), pieces_of(answer))

    def _stream(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        headers, reply_id = cohere_headers(reply_context), uuid(reply_context)
        empty = {"content": [], "tool_plan": "", "tool_calls": [], "citations": []}
        message = {"role": "assistant", **empty}
        chunks = [_event("message-start", {"id": reply_id}, {"message": message})]
        chunks += _thought(answer) + (_spoken(answer) if answer.text else [])
        for index, call in enumerate(answer.tool_calls):
            opened = _call(call.name, "", reply_context)
            chunks += _block("tool-call", index, "tool_calls", opened, _arguments(call.arguments))
        end: dict[str, Any] = {"finish_reason": _FINISHES[answer.stop]}
        if answer.broken_by:
            chunks = broken(chunks, answer, opening=1)
            row = row_of(request, answer.broken_by.refusal, reply_id)
            end = {"error": row.message, "finish_reason": "ERROR"}
        if answer.tells_usage:
            end["usage"] = _usage(answer.usage)
        chunks += [_event("message-end", {}, end), nameless_event("[DONE]")]
        return sse_reply(headers, chunks, media="text/event-stream")


def counted(answer: Completion) -> tuple[tuple[str, str], ...]:
    """The headers of a whole reply that count its letters and tokens, as recorded."""
    tokens = answer.usage.input_tokens + answer.usage.output_tokens
    return (("num-chars", str(len(answer.text))), ("num-tokens", str(tokens)))


def _lacking(field: str) -> Refusal:
    return Refusal("invalid_request", message=f"invalid request: {field} is required")  # assumed


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _content_fields(answer: Completion, reply_context: ReplyContext) -> dict[str, Any]:
    """The content of a message; a text beside tool calls is the plan to make them."""
    calls = [_call(call.name, call.arguments, reply_context) for call in answer.tool_calls]
    content: list[dict[str, Any]] = []
    if answer.reasoning:
        content.append({"type": "thinking", "thinking": answer.reasoning.text})
    if calls:
        fields = {"content": content} if content else {"tool_plan": answer.text}
        return fields | {"tool_calls": calls}
    if answer.text:
        content.append({"type": "text", "text": answer.text})
    return {"content": content}


def _thought(answer: Completion) -> list[Chunk]:
    """The events of thinking: a content block before the text."""
    if not answer.reasoning:
        return []
    opened = {"type": "thinking", "thinking": ""}
    deltas = [{"thinking": piece} for piece in split(answer.reasoning.text)]
    return _block("content", 0, "content", opened, deltas)


def _spoken(answer: Completion) -> list[Chunk]:
    pieces = split(answer.text)
    if answer.tool_calls:
        plans = ({"message": {"tool_plan": piece}} for piece in pieces)
        return [_event("tool-plan-delta", {}, plan, content=True) for plan in plans]
    opened = {"type": "text", "text": ""}
    index = int(answer.reasoning is not None)
    return _block("content", index, "content", opened, [{"text": piece} for piece in pieces])


def _block(
    kind: str, index: int, field: str, opened: dict[str, Any], deltas: list[dict[str, Any]]
) -> list[Chunk]:
    at = {"index": index}
    return [
        _event(f"{kind}-start", at, {"message": {field: opened}}),
        *(
            _event(f"{kind}-delta", at, {"message": {field: delta}}, content=True)
            for delta in deltas
        ),
        _event(f"{kind}-end", at, None),
    ]


def _event(
    kind: str, fields: dict[str, Any], delta: dict[str, Any] | None, *, content: bool = False
) -> Chunk:
    opening = fields | {"type": kind} if "id" in fields else {"type": kind} | fields
    payload = opening if delta is None else opening | {"delta": delta}
    return event(kind, _compact(payload), content=content)


def _call(name: str, arguments: str, reply_context: ReplyContext) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    call_id = f"{name}_{reply_context.rng.letters(12, _SMALL)}"
    return {"id": call_id, "type": "function", "function": function}


def _arguments(arguments: str) -> list[dict[str, Any]]:
    return [{"function": {"arguments": piece}} for piece in split(arguments)]


def _usage(usage: Usage) -> dict[str, Any]:
    billed = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
    thought = {"reasoning_tokens": usage.reasoning_tokens} if usage.reasoning_tokens else {}
    read = usage.cache_read_tokens
    return {"billed_units": billed, "tokens": billed | thought, "cached_tokens": read}


def _reasons(model: str, body: dict[str, Any]) -> bool:
    """Command A Reasoning thinks unless the request disables it, and no other model does."""
    thinking = body.get("thinking")
    off = isinstance(thinking, dict) and thinking.get("type") == "disabled"
    return not off and reasoning.is_thinker(reasoning.COHERE, model)


def _tools(body: dict[str, Any]) -> tuple[Tool, ...]:
    offered = body.get("tools")
    if not isinstance(offered, list) or body.get("tool_choice") == "NONE":
        return ()
    functions = (tool.get("function") for tool in offered if isinstance(tool, dict))
    return tuple(
        Tool(
            function["name"], function.get("parameters") or {}, text_of(function.get("description"))
        )
        for function in functions
        if isinstance(function, dict) and isinstance(function.get("name"), str)
    )


def _schema(form: object) -> Mapping[str, Any] | None:
    """Find the wanted JSON schema; a bare JSON mode wants any object."""
    if not isinstance(form, dict) or form.get("type") != "json_object":
        return None
    schema = form.get("json_schema") or form.get("schema")
    return schema if isinstance(schema, dict) else {"type": "object"}
