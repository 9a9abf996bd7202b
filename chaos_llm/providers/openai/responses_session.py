"""The Responses API on a websocket, as Codex and OpenAI's SDK speak it.

Each `response.create` is answered by the events that a stream of server-sent events would have, one
a message. Sources: openai/codex (codex-rs/codex-api/src/endpoint/responses_websocket.rs) and
OpenAI's page about the websocket mode.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, ClassVar

from chaos_llm.protocol import strict_json, websocket
from chaos_llm.protocol.messages import (
    Answer,
    Chunk,
    Document,
    Refusal,
    Reply,
    Request,
    WireRequest,
)
from chaos_llm.providers.openai.errors import OpenAIError
from chaos_llm.providers.openai.responses import OpenAIResponses
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.remembered_prompts import remembered
from chaos_llm.providers.websocket_session import Reaction, Session

_LONGEST = 3600.0  # seconds of a session
_TOO_OLD = OpenAIError(
    400,  # assumed
    "invalid_request_error",
    "websocket_connection_limit_reached",
    "Responses websocket connection limit reached (60 minutes). Create a new websocket connection "
    "to continue.",
)
_GOING_AWAY = 1001  # assumed
_DATA = b"data: "
_CREATED = b'{"type":"response.created"'


class OpenAIResponsesSession(OpenAIResponses):
    """OpenAI's Responses API on a websocket."""

    api: ClassVar[str] = "responses_websocket"

    def claims(self, method: str, path: str) -> bool:
        return method in websocket.METHODS and path.endswith(self.ending)

    def parse(self, wire: WireRequest) -> Request:
        if wire.method != websocket.UPGRADE:
            return replace(super().parse(wire), stream=True)
        secret, invalid = self._admit(wire)
        if invalid is not None:
            return self._invalid(wire, secret, invalid)
        place = (self.name, self.api, self.surface, wire.host, wire.path)
        return Request(*place, credential=secret)

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | None:
        if request.stream:
            return super().healthy(request, reply_context)
        return Document(status=websocket.SWITCHING_PROTOCOLS)

    def remember(self, request: Request, answer: Answer, reply_context: ReplyContext) -> None:
        if request.stream:
            super().remember(request, answer, reply_context)

    def session(self, request: Request, reply_context: ReplyContext) -> Session:
        return _ResponsesSession(self, request, reply_context)

    def render(self, request: Request, answer: Answer, reply_context: ReplyContext) -> Reply:
        reply_context.rng.rewind()
        if isinstance(answer, Document):
            return self._opening(request, reply_context)
        if not request.stream:  # before the upgrade
            return super().render(request, answer, reply_context)
        if isinstance(answer, Refusal):
            return self._refused_turn(request, answer, reply_context)
        reply = super().render(request, answer, reply_context)
        chunks = tuple(_message(chunk) for chunk in reply.chunks)
        status = websocket.SWITCHING_PROTOCOLS
        return replace(
            reply, status=status, headers=(), chunks=chunks, ping=websocket.PING, websocket=True
        )

    def _opening(self, request: Request, reply_context: ReplyContext) -> Reply:
        """Accept the upgrade; nothing is said unasked until the session is too old."""
        _, headers = self._opened(request, reply_context)
        chunks = (
            error_message(_TOO_OLD)._replace(delay=_LONGEST),
            Chunk(0.0, websocket.close_frame(_GOING_AWAY)),
        )
        status = websocket.SWITCHING_PROTOCOLS
        return Reply(status, headers, chunks, pieces=0, websocket=True)

    def _refused_turn(
        self, request: Request, refusal: Refusal, reply_context: ReplyContext
    ) -> Reply:
        row = self._row(request, refusal, self._ids(reply_context)[0])
        wait = refusal.retry_after
        headers = () if wait is None else self._retry_headers(wait)  # told in the message
        chunks, ping = (error_message(row, dict(headers)),), websocket.PING
        reply = Reply(row.status, headers, chunks, streamed=True, pieces=0, ping=ping)
        return replace(reply, websocket=True)


def error_message(row: OpenAIError, headers: dict[str, str] | None = None) -> Chunk:
    """The message that refuses a turn; the session stays open."""
    error = {"type": row.type, "code": row.code, "message": row.message, "param": row.param}
    fields: dict[str, Any] = {"type": "error", "status": row.status, "error": error}
    return websocket.message({**fields, "headers": headers} if headers else fields)


class _ResponsesSession(Session):
    """The responses of one websocket; a response follows on the one before by its id."""

    def __init__(
        self, provider: OpenAIResponsesSession, upgrade: Request, reply_context: ReplyContext
    ) -> None:
        self._provider, self._upgrade, self._context = provider, upgrade, reply_context
        self._sent: set[str] = set()
        self._is_answering = False

    def received(self, text: str) -> Reaction:
        try:
            message = strict_json.loads(text)
        except ValueError:
            message = None
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "response.processed":  # what Codex says of a response that it has taken in
            return Reaction()
        if not isinstance(message, dict) or kind != "response.create":
            return _refused(f"Invalid value: '{kind}'.", "invalid_value", "type")  # assumed
        return self._create({name: value for name, value in message.items() if name != "type"})

    def sent(self, message: bytes) -> None:
        if message.startswith(_CREATED):
            self._sent.add(json.loads(message)["response"]["id"])

    def turn_over(self) -> None:
        self._is_answering = False

    def _create(self, body: dict[str, Any]) -> Reaction:
        if self._is_answering:
            message = "Another response is in progress on this connection."  # assumed
            return _refused(message, "response_in_progress", None)
        previous = body.get("previous_response_id")
        if isinstance(previous, str) and not self._knows(previous):
            message = f"Previous response with id '{previous}' not found."
            return _refused(message, "previous_response_not_found", "previous_response_id")
        body["stream"] = True
        if body.pop("generate", None) is False:
            return self._warm_up(body)
        self._is_answering = True
        return Reaction(turn=json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"))

    def _knows(self, response_id: str) -> bool:
        return response_id in self._sent or response_id in remembered(self._context)

    def _warm_up(self, body: dict[str, Any]) -> Reaction:
        """Take in a request without an answer; that its response is empty is assumed."""
        model = str(body.get("model") or "")
        request = replace(self._upgrade, model=model, body=body)
        response = json.loads(self._provider.unfinished(request, self._context, "in_progress"))
        self._sent.add(response["id"])
        done = {**response, "status": "completed", "completed_at": response["created_at"]}
        events = (("response.created", response), ("response.completed", done))
        return Reaction(
            tuple(
                websocket.message({"type": kind, "sequence_number": number, "response": each})
                for number, (kind, each) in enumerate(events)
            )
        )


def _message(chunk: Chunk) -> Chunk:
    """The data of a server-sent event as a message."""
    data = chunk.data.partition(_DATA)[2].rstrip(b"\n")
    return chunk._replace(data=data + websocket.END)


def _refused(message: str, code: str, param: str | None) -> Reaction:
    row = OpenAIError(400, "invalid_request_error", code, message, param)
    return Reaction((error_message(row),))
