"""OpenAI's Realtime API: a session on a websocket, answered in text or in audio."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import parse_qs

from chaos_llm.protocol import websocket
from chaos_llm.protocol.messages import (
    Answer,
    Chunk,
    Completion,
    Document,
    Refusal,
    Reply,
    Request,
    WireRequest,
)
from chaos_llm.providers.endpoint import read_object
from chaos_llm.providers.framing import last_prompt, pieces_of
from chaos_llm.providers.openai import realtime_events as events
from chaos_llm.providers.openai.common import OpenAIDialect
from chaos_llm.providers.openai.realtime_response import RealtimeResponse
from chaos_llm.providers.openai.realtime_session import RealtimeSession, ready_session
from chaos_llm.providers.openai.request_fields import forced_tool_of, tools_of
from chaos_llm.providers.provider import ReplyContext

_KEY_OF_BROWSERS = "openai-insecure-api-key."  # a subprotocol, since browsers set no headers
_LONGEST = 3600.0  # seconds of a session: its `session_expired` names 60 minutes
_EXPIRED = "Your session hit the maximum duration of 60 minutes."
_GOING_AWAY = 1001
_UNASKED = 2  # events of a session that no client asks for: how it begins, and its end


class OpenAIRealtime(OpenAIDialect):
    """OpenAI's Realtime API on a websocket, in text or audio; audio is silence."""

    api: ClassVar[str] = "realtime"

    def claims(self, method: str, path: str) -> bool:
        return method in websocket.METHODS and path.endswith("/realtime")

    def parse(self, wire: WireRequest) -> Request:
        secret, invalid = self._admit(wire)
        body: dict[str, Any] | Refusal = {"model": _model(wire.query)}
        if wire.method == websocket.MESSAGE:
            body = read_object(wire.body, self.unreadable)
        if invalid is not None or isinstance(body, Refusal):
            return self._invalid(wire, secret, invalid or Refusal("invalid_request"))
        items: list[dict[str, Any]] = body.get("items") or []
        return Request(
            provider=self.name,
            api=self.api,
            surface=self.surface,
            host=wire.host,
            path=wire.path,
            model=str(body.get("model") or ""),
            stream=wire.method == websocket.MESSAGE,
            prompt=last_prompt(items),
            turns=sum(item.get("role") == "user" for item in items),
            tools=tools_of(body),
            forced_tool=forced_tool_of(body),
            answers_tool=bool(items) and items[-1].get("type") == "function_call_output",
            credential=secret,
            size=len(wire.body),
            input_tokens=len(wire.body) // 4,  # roughly four bytes a token
            max_tokens=_most_tokens(body),
            body=body,
        )

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | None:  # noqa: ARG002
        """Open a session where none is open yet; in one, the model answers."""
        is_turn = request.stream
        return None if is_turn else Document(status=websocket.SWITCHING_PROTOCOLS)

    def session(self, request: Request, reply_context: ReplyContext) -> RealtimeSession:
        settings = ready_session(request.model, reply_context)
        for _ in range(_UNASKED):  # their ids were drawn for the upgrade's reply, from the same die
            events.new_id("event", reply_context)
        return RealtimeSession(settings, reply_context)

    def render(self, request: Request, answer: Answer, reply_context: ReplyContext) -> Reply:
        reply_context.rng.rewind()
        if isinstance(answer, Document):
            return self._opening(request, reply_context)
        if isinstance(answer, Completion):
            return self._answered(request, answer, reply_context)
        if not request.stream:
            return self._refuse(request, answer, reply_context)
        row = self._row(request, answer, self._ids(reply_context)[0])
        error = events.error(row, reply_context)
        return _on_websocket((error,), status=row.status)

    def _opening(self, request: Request, reply_context: ReplyContext) -> Reply:
        """Write what a session says unasked: how it begins, and how it ends when it is too old."""
        session = ready_session(request.model, reply_context)
        created = events.event("session.created", reply_context, session=session)
        expired = events.expired(_EXPIRED, reply_context)._replace(delay=_LONGEST)
        closed = Chunk(0.0, websocket.close_frame(_GOING_AWAY, _EXPIRED))
        _, headers = self._opened(request, reply_context)
        chunks = (created, expired, closed)
        status = websocket.SWITCHING_PROTOCOLS
        return Reply(status, headers, chunks, pieces=0, websocket=True)

    def _answered(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        response = RealtimeResponse(request, answer, reply_context, self.usual_quota)
        if answer.broken_by is None:
            return _on_websocket(response.whole(), pieces=pieces_of(answer))
        row = self._row(request, answer.broken_by.refusal, self._ids(reply_context)[0])
        return _on_websocket(response.broken(answer.broken_by.after, row), pieces=pieces_of(answer))

    def _secret(self, headers: Any) -> str:
        offered = headers.get("sec-websocket-protocol", "").replace(" ", "").split(",")
        keys = (each for each in offered if each.startswith(_KEY_OF_BROWSERS))
        key: str = super()._secret(headers) or next(keys, "").removeprefix(_KEY_OF_BROWSERS)
        return key


def _on_websocket(
    chunks: tuple[Chunk, ...], status: int = websocket.SWITCHING_PROTOCOLS, pieces: int = 0
) -> Reply:
    return Reply(
        status,
        (),
        chunks,
        streamed=True,
        pieces=pieces,
        ping=websocket.PING,
        websocket=True,
    )


def _model(query: str) -> str:
    return parse_qs(query).get("model", [""])[0]


def _most_tokens(body: dict[str, Any]) -> int | None:
    most = body.get("max_output_tokens")
    return most if isinstance(most, int) and not isinstance(most, bool) else None  # or "inf"
