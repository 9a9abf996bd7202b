"""Ollama's completion of one prompt: POST /api/generate, streamed unless `stream` is false.

Without a prompt the model is loaded and the answer is empty, as from the real server.
"""

from __future__ import annotations

from typing import Any, ClassVar

from chaos_llm.errors import Unsupported
from chaos_llm.protocol.messages import Answer, Completion, Document, Reply, Request, WireRequest
from chaos_llm.providers.framing import pieces_of, split
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

_CONTEXT = 64  # tokens of `context`: the real ones are as many as were spoken


class OllamaGenerate(OllamaEndpoint, ModelEndpoint):
    """Ollama's completion of one prompt."""

    api: ClassVar[str] = "api_generate"
    ending: ClassVar[str] = "/api/generate"

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | None:
        if request.prompt:
            return None
        loaded = {"response": "", "done": True, "done_reason": "load"}
        return Document(opening(request, reply_context) | loaded)

    def render(self, request: Request, answer: Answer, reply_context: ReplyContext) -> Reply:
        if isinstance(answer, Document):
            return json_reply(answer.status, compact(answer.json), int(answer.status < 400))
        return super().render(request, answer, reply_context)

    def _read(self, wire: WireRequest, secret: str, body: dict[str, Any]) -> Request:
        model, prompt = body.get("model"), body.get("prompt")
        if not isinstance(model, str) or not model:
            return self._invalid(wire, secret, no_model())
        return Request(
            provider=self.name,
            api=self.api,
            surface=self.surface,
            host=wire.host,
            path=wire.path,
            model=model,
            stream=body.get("stream") is not False,
            prompt=prompt if isinstance(prompt, str) else "",
            schema=schema_of(body.get("format")),
            credential=secret,
            size=len(wire.body),
            input_tokens=len(wire.body) // 4,  # roughly four bytes a token
            turns=1,
            reasons=thinks(model, body),
            **limits_of(body),
            body=body,
        )

    def _whole(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        _only_text(answer)
        fields = {"response": answer.text}
        if answer.reasoning:
            fields["thinking"] = answer.reasoning.text
        body = (
            opening(request, reply_context)
            | fields
            | ending(answer, reply_context)
            | _context(request)
        )
        return json_reply(200, compact(body), pieces_of(answer))

    def _stream(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        _only_text(answer)
        head = opening(request, reply_context)
        thought = split(answer.reasoning.text) if answer.reasoning else []
        records = [{"response": "", "thinking": piece, "done": False} for piece in thought]
        records += [{"response": piece, "done": False} for piece in split(answer.text)]
        lines = [line(head | each, content=True) for each in records]
        last = line(head | {"response": ""} | ending(answer, reply_context) | _context(request))
        return lines_reply(request, answer, [*lines, last])


def _context(request: Request) -> dict[str, list[int]]:
    """The conversation so far as tokens, which the next request may send back; deprecated."""
    return {"context": [ord(letter) % 32_000 for letter in request.prompt[:_CONTEXT]]}


def _only_text(answer: Completion) -> None:
    if answer.tool_calls:
        raise Unsupported("api_generate: a completion of a prompt has no tool calls, only text")
