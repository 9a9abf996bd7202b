"""Ollama's completion of one prompt: POST /api/generate, streamed unless it is told not to.

The reply's `context`, which Ollama calls deprecated, is left out. Without a prompt the model is
loaded and says nothing, as the real server has it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from chaos_llm.errors import Unsupported
from chaos_llm.protocol.messages import Answer, Completion, Document, Reply, Request, WireRequest
from chaos_llm.providers.framing import count_pieces, split
from chaos_llm.providers.model_endpoint import ModelEndpoint
from chaos_llm.providers.ollama.common import (
    OllamaEndpoint,
    compact,
    ending,
    json_reply,
    line,
    lines_reply,
    no_model,
    opening,
    schema_of,
)
from chaos_llm.providers.provider import ReplyContext


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
            body=body,
        )

    def _whole(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        _only_text(answer)
        body = (
            opening(request, reply_context)
            | {"response": answer.text}
            | ending(answer, reply_context)
        )
        return json_reply(200, compact(body), count_pieces(answer.text))

    def _stream(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        _only_text(answer)
        head = opening(request, reply_context)
        lines = [
            line(head | {"response": piece, "done": False}, content=True)
            for piece in split(answer.text)
        ]
        last = line(head | {"response": ""} | ending(answer, reply_context))
        return lines_reply(request, answer, [*lines, last])


def _only_text(answer: Completion) -> None:
    if answer.tool_calls:
        raise Unsupported("api_generate: a completion of a prompt has no tool calls, only text")
