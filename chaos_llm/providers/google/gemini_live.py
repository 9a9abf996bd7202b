"""Gemini's Live API: a session on a websocket, answered in text or in audio.

Messages are those of ai.google.dev/api/live. A failure closes the session: what Google's forum
shows are 1007 with the message of a refusal, 1008 "Requested entity was not found", and 1011 with
"Internal error encountered." or "Deadline expired before operation could complete." (116509,
167186, 186392); the codes of other failures are assumed to be 1011 with Google's message.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import replace
from typing import Any, ClassVar

from chaos_llm.protocol import strict_json, websocket
from chaos_llm.protocol.messages import (
    Answer,
    Chunk,
    Completion,
    Document,
    Ending,
    Refusal,
    Reply,
    Request,
    ToolCall,
    WireRequest,
)
from chaos_llm.providers.endpoint import read_object
from chaos_llm.providers.framing import broken_at, pieces_of, split
from chaos_llm.providers.google.common import HEADERS
from chaos_llm.providers.google.gemini_base import GeminiEndpoint
from chaos_llm.providers.google.gemini_content import GeminiContent
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.websocket_session import Reaction, Session

_INVALID, _POLICY, _INTERNAL, _GOING_AWAY = 1007, 1008, 1011, 1001
_CODES = {"invalid_request": _INVALID, "too_large": _INVALID, "not_found": _POLICY}
_REASONS = {
    "not_found": "Requested entity was not found",
    "server_error": "Internal error encountered.",
}
_LONGEST, _NOTICE = 600.0, 30.0  # seconds of a connection, and of them those after `goAway`
_SILENCE = b64encode(bytes(2 * 24_000 // 50)).decode()  # 20 ms of PCM, 16 bits at 24 kHz: assumed
_AUDIO = "audio/pcm;rate=24000"
_SPELLINGS = {
    "client_content": "clientContent",
    "realtime_input": "realtimeInput",
    "tool_response": "toolResponse",
    "turn_complete": "turnComplete",
    "activity_end": "activityEnd",
    "audio_stream_end": "audioStreamEnd",
    "function_responses": "functionResponses",
    "generation_config": "generationConfig",
    "response_modalities": "responseModalities",
    "output_audio_transcription": "outputAudioTranscription",
    "system_instruction": "systemInstruction",
}


class GeminiLive(GeminiEndpoint):
    """Gemini's Live API on a websocket, in text or audio; audio is silence."""

    api: ClassVar[str] = "live"
    verbs: ClassVar[tuple[str, ...]] = ("BidiGenerateContent",)
    route: ClassVar[re.Pattern[str]] = re.compile(r"/(models)?[^/]*\.(BidiGenerateContent)$")
    _content: ClassVar[GeminiContent] = GeminiContent()

    def claims(self, method: str, path: str) -> bool:
        return method in websocket.METHODS and self._model_and_verb(path)[1] in self.verbs

    def _model_and_verb(self, path: str) -> tuple[str, str]:
        found = self.route.search(path)
        return ("", found[2]) if found else ("", "")

    def parse(self, wire: WireRequest) -> Request:
        secret, invalid = self._admit(wire)
        if invalid is not None:
            return replace(self._invalid(wire, secret, invalid), stream=False)
        place = (self.name, self.api, self.surface, wire.host, wire.path)
        if wire.method == websocket.UPGRADE:
            return Request(*place, credential=secret)
        body = read_object(wire.body, self.unreadable)
        if isinstance(body, Refusal):
            return replace(self._invalid(wire, secret, body), stream=True)
        model = str(body.pop("model", "")).removeprefix("models/")
        payload = json.dumps(body).encode()
        path = f"/v1beta/models/{model}:streamGenerateContent"
        request = self._content.parse(replace(wire, method="POST", path=path, body=payload))
        return replace(
            request, api=self.api, path=wire.path, credential=secret, stream=True, body=body
        )

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | None:  # noqa: ARG002
        return None if request.stream else Document(status=websocket.SWITCHING_PROTOCOLS)

    def session(self, request: Request, reply_context: ReplyContext) -> Session:  # noqa: ARG002
        return _LiveSession()

    def render(self, request: Request, answer: Answer, reply_context: ReplyContext) -> Reply:
        reply_context.rng.rewind()
        if isinstance(answer, Document):
            return _opening()
        if isinstance(answer, Completion):
            return self._answered(request, answer, reply_context)
        if not request.stream:
            return self._refuse(request, answer, reply_context)
        row = self._row(request, answer)
        return _on_websocket((self._closing(request, answer),), status=answer.status or row.code)

    def _answered(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        chunks = _Answer(request, answer, reply_context).chunks()
        if answer.broken_by is None:
            return _on_websocket(tuple(chunks), pieces=pieces_of(answer))
        sent = broken_at(chunks, answer.broken_by.after)
        close = self._closing(request, answer.broken_by.refusal)
        return _on_websocket((*sent, close), pieces=pieces_of(answer))

    def _closing(self, request: Request, refusal: Refusal) -> Chunk:
        row = self._row(request, refusal)
        reason = refusal.message or _REASONS.get(refusal.kind) or row.message
        code = _CODES.get(refusal.kind, _INTERNAL)
        return Chunk(0.0, websocket.close_frame(code, reason))


class _Answer:
    """What the model says in one turn, as messages."""

    def __init__(self, request: Request, answer: Completion, reply_context: ReplyContext) -> None:
        self._answer, self._context = answer, reply_context
        body = request.body if isinstance(request.body, dict) else {}
        config = body.get("generationConfig")
        modalities = config.get("responseModalities") if isinstance(config, dict) else None
        self._is_audio = modalities != ["TEXT"]  # audio is what a session speaks unless told
        self._is_transcribed = "outputAudioTranscription" in body

    def chunks(self) -> list[Chunk]:
        answer = self._answer
        chunks = [chunk for piece in split(answer.text) for chunk in self._piece(piece)]
        if answer.tool_calls:
            calls = [self._call(call) for call in answer.tool_calls]
            return [
                *chunks,
                websocket.message({"toolCall": {"functionCalls": calls}}, content=True),
            ]
        usage = answer.usage
        counts = {
            "promptTokenCount": usage.input_tokens,
            "responseTokenCount": usage.output_tokens,
            "totalTokenCount": usage.input_tokens + usage.output_tokens,
        }
        done: dict[str, Any] = {"serverContent": {"turnComplete": True}}
        if answer.tells_usage:
            done["usageMetadata"] = counts
        complete = websocket.message({"serverContent": {"generationComplete": True}})
        return [*chunks, complete, websocket.message(done)]

    def _piece(self, piece: str) -> list[Chunk]:
        if not self._is_audio:
            return [_model_turn({"text": piece}, content=True)]
        sound = _model_turn({"inlineData": {"mimeType": _AUDIO, "data": _SILENCE}}, content=True)
        if not self._is_transcribed:
            return [sound]
        transcription = {"serverContent": {"outputTranscription": {"text": piece}}}
        return [websocket.message(transcription), sound]

    def _call(self, call: ToolCall) -> dict[str, Any]:
        call_id = f"function-call-{self._context.rng.number(63)}"
        try:
            args = json.loads(call.arguments)
        except ValueError:  # a fault has cut them: what cannot be said as an object is not said
            args = {}
        return {"id": call_id, "name": call.name, "args": args}


class _LiveSession(Session):
    """One session: its setup, and the turns so far."""

    sends_binary = True  # as the real one does, though its messages are JSON

    def __init__(self) -> None:
        self._setup: dict[str, Any] | None = None
        self._contents: list[dict[str, Any]] = []
        self._is_answering = False

    def turn_over(self) -> None:
        self._is_answering = False

    def received(self, text: str) -> Reaction:
        try:
            message = _spelt(strict_json.loads(text))
        except ValueError:
            message = None
        if not isinstance(message, dict):
            return _closed("Request contains an invalid argument.")
        if self._setup is None:
            return self._set_up(message)
        if "clientContent" in message:
            return self._content(message["clientContent"])
        if "toolResponse" in message:
            return self._tool_response(message["toolResponse"])
        if "realtimeInput" in message:
            return self._realtime(message["realtimeInput"])
        return _closed("Request contains an invalid argument.")

    def _set_up(self, message: dict[str, Any]) -> Reaction:
        setup = message.get("setup")
        if not isinstance(setup, dict):  # assumed wording
            return _closed("setup must be the first message and only the first")
        self._setup = setup
        return Reaction((websocket.message({"setupComplete": {}}),))

    def _content(self, content: Any) -> Reaction:
        content = content if isinstance(content, dict) else {}
        turns = content.get("turns")
        if isinstance(turns, list):
            self._contents += [turn for turn in turns if isinstance(turn, dict)]
        return self._turn() if content.get("turnComplete") else Reaction()

    def _tool_response(self, response: Any) -> Reaction:
        results = response.get("functionResponses") if isinstance(response, dict) else None
        parts = [{"functionResponse": each} for each in results or [] if isinstance(each, dict)]
        self._contents.append({"role": "user", "parts": parts})
        return self._turn()

    def _realtime(self, message: Any) -> Reaction:
        """Take in text, which is answered, or audio, which is once the client says that it ends.

        Nobody listens to the audio: activity is not detected.
        """
        message = message if isinstance(message, dict) else {}
        if isinstance(message.get("text"), str):
            self._contents.append({"role": "user", "parts": [{"text": message["text"]}]})
            return self._turn()
        if "activityEnd" in message or message.get("audioStreamEnd"):
            audio = {"inlineData": {"mimeType": "audio/pcm", "data": ""}}
            self._contents.append({"role": "user", "parts": [audio]})
            return self._turn()
        return Reaction()

    def _turn(self) -> Reaction:
        """Have the model answer; what a client says interrupts the answer that is under way."""
        body = {**(self._setup or {}), "contents": self._contents}
        turn = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        interrupted = websocket.message({"serverContent": {"interrupted": True}})
        messages = (interrupted,) if self._is_answering else ()
        cancels, self._is_answering = self._is_answering, True
        return Reaction(messages, turn, cancels)


def _opening() -> Reply:
    """Accept the upgrade; the connection's end is announced. Its code is assumed."""
    notice = {"goAway": {"timeLeft": f"{_NOTICE:g}s"}}
    chunks = (
        websocket.message(notice, delay=_LONGEST - _NOTICE),
        Chunk(_NOTICE, websocket.close_frame(_GOING_AWAY)),
    )
    status = websocket.SWITCHING_PROTOCOLS
    return Reply(status, HEADERS, chunks, pieces=0, websocket=True)


def _on_websocket(
    chunks: tuple[Chunk, ...], status: int = websocket.SWITCHING_PROTOCOLS, pieces: int = 0
) -> Reply:
    closes = bool(chunks) and websocket.closing(chunks[-1].data) is not None
    ending = Ending.CLOSED if closes else Ending.COMPLETE
    reply = Reply(status, (), chunks, ending=ending, streamed=True, pieces=pieces)
    return replace(reply, ping=websocket.PING, websocket=True)


def _model_turn(part: dict[str, Any], *, content: bool) -> Chunk:
    turn = {"role": "model", "parts": [part]}
    return websocket.message({"serverContent": {"modelTurn": turn}}, content=content)


def _closed(reason: str) -> Reaction:
    return Reaction((Chunk(0.0, websocket.close_frame(_INVALID, reason)),))


def _spelt(value: Any) -> Any:
    """The same with names in camel case: both are taken, as in all of Google's JSON."""
    if isinstance(value, list):
        return [_spelt(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {_SPELLINGS.get(name, name): _spelt(each) for name, each in value.items()}
