"""Cohere's v1 chat: POST /v1/chat, whole and as lines of JSON, each with its event's type.

Shapes are those of the types in cohere 7.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from chaos_llm.protocol.messages import (
    Chunk,
    Completion,
    Refusal,
    Reply,
    Request,
    Tool,
    ToolCall,
    WireRequest,
)
from chaos_llm.providers.cohere.common import CohereEndpoint, cohere_headers, row_of
from chaos_llm.providers.conversation import arguments_of, broken, insist_on_whole_calls, uuid
from chaos_llm.providers.framing import count_pieces, json_reply, split, text_of
from chaos_llm.providers.model_endpoint import ModelEndpoint
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.request_limits import most_tokens, stop_sequences

_FINISHES = {"end": "COMPLETE", "tool": "COMPLETE", "length": "MAX_TOKENS", "refusal": "COMPLETE"}
_LINES = "application/stream+json"
_KINDS = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}


class CohereV1Chat(CohereEndpoint, ModelEndpoint):
    """Cohere's v1 chat."""

    api: ClassVar[str] = "v1_chat"
    ending: ClassVar[str] = "/v1/chat"

    def _read(self, wire: WireRequest, secret: str, body: dict[str, Any]) -> Request:
        prompt = body.get("message")
        if not isinstance(prompt, str):
            message = "invalid request: message is required"  # assumed wording
            return self._invalid(wire, secret, Refusal("invalid_request", message=message))
        history = body.get("chat_history") or []
        user_turns = [
            each for each in history if isinstance(each, dict) and each.get("role") == "USER"
        ]
        return Request(
            provider=self.name,
            api=self.api,
            surface=self.surface,
            host=wire.host,
            path=wire.path,
            model=str(body.get("model") or "command-r-08-2024"),
            stream=body.get("stream") is True,
            prompt=prompt,
            tools=_tools(body.get("tools")),
            answers_tool=bool(body.get("tool_results")),
            turns=len(user_turns) + 1,
            credential=secret,
            size=len(wire.body),
            input_tokens=len(wire.body) // 4,  # roughly four bytes a token
            max_tokens=most_tokens(body, "max_tokens"),
            stop_sequences=stop_sequences(body.get("stop_sequences")),
            body=body,
        )

    def _whole(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        headers, body = cohere_headers(reply_context), _response(request, answer, reply_context)
        pieces = count_pieces(answer.text) + len(answer.tool_calls)
        return json_reply(200, headers, _compact(body), pieces)

    def _stream(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        insist_on_whole_calls(answer, self.api)
        headers, body = cohere_headers(reply_context), _response(request, answer, reply_context)
        lines = [_line("stream-start", generation_id=body["generation_id"])]
        lines += [
            _line("text-generation", text=piece, is_content=True) for piece in split(answer.text)
        ]
        if answer.tool_calls:
            calls = [_call(call) for call in answer.tool_calls]
            lines.append(_line("tool-calls-generation", tool_calls=calls, is_content=True))
        finish = body["finish_reason"]
        if answer.broken_by:
            lines = broken(lines, answer, opening=1)
            finish = "ERROR"
            row = row_of(request, answer.broken_by.refusal, body["response_id"])
            body |= {"finish_reason": finish, "text": row.message}
        lines.append(_line("stream-end", ended=True, finish_reason=finish, response=body))
        pieces = sum(chunk.content for chunk in lines)
        head = (("content-type", _LINES), *headers)
        return Reply(200, head, tuple(lines), streamed=True, pieces=pieces)


def _response(request: Request, answer: Completion, reply_context: ReplyContext) -> dict[str, Any]:
    turns = [
        {"role": "USER", "message": request.prompt},
        {"role": "CHATBOT", "message": answer.text},
    ]
    body: dict[str, Any] = {
        "response_id": uuid(reply_context),
        "text": answer.text,
        "generation_id": uuid(reply_context),
        "chat_history": [*(request.body.get("chat_history") or []), *turns],
        "finish_reason": _FINISHES[answer.stop],
    }
    if answer.tool_calls:
        body["tool_calls"] = [_call(call) for call in answer.tool_calls]
    meta: dict[str, Any] = {"api_version": {"version": "1"}}
    if answer.tells_usage:
        input_tokens, output_tokens = answer.usage.input_tokens, answer.usage.output_tokens
        tokens = {"input_tokens": input_tokens, "output_tokens": output_tokens}
        meta |= {"billed_units": tokens, "tokens": tokens}
    return body | {"meta": meta}


def _call(call: ToolCall) -> dict[str, Any]:
    return {"name": call.name, "parameters": arguments_of(call, "v1_chat")}


def _line(kind: str, *, is_content: bool = False, ended: bool = False, **fields: Any) -> Chunk:
    event = {"is_finished": ended, "event_type": kind, **fields}
    return Chunk(0.0, f"{_compact(event)}\n".encode("utf-8", "replace"), is_content)


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _tools(offered: object) -> tuple[Tool, ...]:
    """Read the app's tools, whose parameters have names of Python's types."""
    return tuple(
        Tool(
            tool["name"],
            _schema(tool.get("parameter_definitions")),
            text_of(tool.get("description")),
        )
        for tool in (offered if isinstance(offered, list) else ())
        if isinstance(tool, dict) and isinstance(tool.get("name"), str)
    )


def _schema(definitions: object) -> dict[str, Any]:
    parameters = definitions if isinstance(definitions, dict) else {}
    fields = {name: each for name, each in parameters.items() if isinstance(each, dict)}
    kinds = {name: _KINDS.get(str(each.get("type")), "string") for name, each in fields.items()}
    required = [name for name, each in fields.items() if each.get("required")]
    properties = {name: {"type": kind} for name, kind in kinds.items()}
    return {"type": "object", "properties": properties, "required": required}
