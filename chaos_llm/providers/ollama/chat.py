"""Ollama's own chat: POST /api/chat, which streams lines of JSON unless `stream` is false.

A chat without messages loads the model and gets an empty answer, as from the real server.
"""

from __future__ import annotations

from typing import Any, ClassVar

from chaos_llm.protocol.messages import (
    Answer,
    Chunk,
    Completion,
    Document,
    Reply,
    Request,
    Tool,
    ToolCall,
    WireRequest,
)
from chaos_llm.providers.conversation import arguments_of, insist_on_whole_calls, turns_of
from chaos_llm.providers.framing import count_pieces, last_prompt, split, text_of
from chaos_llm.providers.model_endpoint import ModelEndpoint
from chaos_llm.providers.ollama.common import (
    OllamaEndpoint,
    compact,
    ending,
    json_reply,
    limits_of,
    line,
    lines_reply,
    no_model,
    opening,
    schema_of,
    thinks,
)
from chaos_llm.providers.provider import ReplyContext

_SMALL = "abcdefghijklmnopqrstuvwxyz0123456789"


class OllamaChat(OllamaEndpoint, ModelEndpoint):
    """Ollama's own chat."""

    api: ClassVar[str] = "api_chat"
    ending: ClassVar[str] = "/api/chat"

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | None:
        if request.body.get("messages"):
            return None
        empty = {"message": {"role": "assistant", "content": ""}}
        return Document(
            opening(request, reply_context) | empty | {"done": True, "done_reason": "load"}
        )

    def render(self, request: Request, answer: Answer, reply_context: ReplyContext) -> Reply:
        insist_on_whole_calls(answer, self.api)
        if isinstance(answer, Document):
            return json_reply(answer.status, compact(answer.json), int(answer.status < 400))
        return super().render(request, answer, reply_context)

    def _read(self, wire: WireRequest, secret: str, body: dict[str, Any]) -> Request:
        model, messages = body.get("model"), body.get("messages") or []
        if not isinstance(model, str) or not model or not isinstance(messages, list):
            return self._invalid(wire, secret, no_model())
        last = messages[-1] if messages else None
        return Request(
            provider=self.name,
            api=self.api,
            surface=self.surface,
            host=wire.host,
            path=wire.path,
            model=model,
            stream=body.get("stream") is not False,
            prompt=last_prompt(messages),
            tools=_tools(body.get("tools")),
            answers_tool=isinstance(last, dict) and last.get("role") == "tool",
            schema=schema_of(body.get("format")),
            credential=secret,
            size=len(wire.body),
            input_tokens=len(wire.body) // 4,  # roughly four bytes a token
            turns=turns_of(messages),
            reasons=thinks(model, body),
            **limits_of(body),
            body=body,
        )

    def _whole(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        calls = [
            self._call(index, call, reply_context) for index, call in enumerate(answer.tool_calls)
        ]
        message: dict[str, Any] = {"role": "assistant", "content": answer.text}
        if answer.reasoning:
            message["thinking"] = answer.reasoning.text
        fields = {"message": message | {"tool_calls": calls} if calls else message}
        body = opening(request, reply_context) | fields | ending(answer, reply_context)
        return json_reply(200, compact(body), _pieces(answer))

    def _stream(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        head = opening(request, reply_context)
        thought = split(answer.reasoning.text) if answer.reasoning else []
        lines = [_spoken(head, {"content": "", "thinking": piece}) for piece in thought]
        lines += [_spoken(head, {"content": piece}) for piece in split(answer.text)]
        for index, call in enumerate(answer.tool_calls):
            called = [self._call(index, call, reply_context)]
            lines.append(_spoken(head, {"content": "", "tool_calls": called}))
        nothing = {"message": {"role": "assistant", "content": ""}}
        return lines_reply(
            request, answer, [*lines, line(head | nothing | ending(answer, reply_context))]
        )

    def _call(self, index: int, call: ToolCall, reply_context: ReplyContext) -> dict[str, Any]:
        arguments = arguments_of(call, self.api)
        function = {"index": index, "name": call.name, "arguments": arguments}
        return {"id": "call_" + reply_context.rng.letters(8, _SMALL), "function": function}


def _pieces(answer: Completion) -> int:
    thought = count_pieces(answer.reasoning.text) if answer.reasoning else 0
    return thought + count_pieces(answer.text) + len(answer.tool_calls)


def _spoken(head: dict[str, Any], fields: dict[str, Any]) -> Chunk:
    message = {"role": "assistant", **fields}
    return line(head | {"message": message, "done": False}, content=True)


def _tools(offered: object) -> tuple[Tool, ...]:
    functions = (
        tool.get("function")
        for tool in (offered if isinstance(offered, list) else ())
        if isinstance(tool, dict)
    )
    return tuple(
        Tool(
            function["name"], function.get("parameters") or {}, text_of(function.get("description"))
        )
        for function in functions
        if isinstance(function, dict) and isinstance(function.get("name"), str)
    )
