"""The Responses API of ChatGPT's backend on a websocket, as Codex speaks it first."""

from __future__ import annotations

from typing import ClassVar

from chaos_llm.protocol import websocket
from chaos_llm.protocol.messages import Refusal, Reply, Request
from chaos_llm.providers.openai.chatgpt import Subscribed, is_codex, limit_headers, limit_reached
from chaos_llm.providers.openai.responses_session import OpenAIResponsesSession
from chaos_llm.providers.provider import ReplyContext


class ChatGPTSession(Subscribed, OpenAIResponsesSession):
    """The Responses API of ChatGPT's backend on a websocket."""

    api: ClassVar[str] = "codex_websocket"

    def claims(self, method: str, path: str) -> bool:
        return method in websocket.METHODS and is_codex(path)

    def _refused_turn(
        self, request: Request, refusal: Refusal, reply_context: ReplyContext
    ) -> Reply:
        if refusal.kind != "quota":
            return super()._refused_turn(request, refusal, reply_context)
        status, now = refusal.status or 429, reply_context.now
        message = {
            "type": "error",
            "status": status,
            "error": limit_reached(refusal, now),
            "headers": dict(limit_headers(now, reached=True)),
        }
        chunks, ping = (websocket.message(message),), websocket.PING
        return Reply(status, (), chunks, streamed=True, pieces=0, ping=ping, websocket=True)
