"""One session of OpenAI's Realtime API: its settings, its conversation, what a client may say.

Audio that a client appends is counted and not kept, and nobody listens to it: voice activity is
not detected, so a client commits its audio and asks for a response itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from chaos_llm.protocol import strict_json
from chaos_llm.protocol.messages import Chunk
from chaos_llm.providers.openai.errors import OpenAIError
from chaos_llm.providers.openai.realtime_events import error, event, new_id, new_response
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.websocket_session import Reaction, Session

_LIFETIME = 3600  # seconds
_PCM = {"type": "audio/pcm", "rate": 24_000}
_TURN_FIELDS = ("output_modalities", "tools", "tool_choice", "max_output_tokens", "instructions")
_IS_RESPONSE = (b'{"type":"response.created"', b'{"type":"response.done"')

Handler = Callable[["RealtimeSession", dict[str, Any]], Reaction]


def ready_session(model: str, reply_context: ReplyContext) -> dict[str, Any]:
    """The settings of a session that has just begun, as the documentation shows them."""
    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": new_id("sess", reply_context),
        "model": model,
        "output_modalities": ["audio"],
        "instructions": "",
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "prompt": None,
        "expires_at": int(reply_context.now) + _LIFETIME,
        "audio": {
            "input": {
                "format": dict(_PCM),
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": {"type": "server_vad"},
            },
            "output": {"format": dict(_PCM), "voice": "marin", "speed": 1.0},
        },
        "include": None,
    }


class RealtimeSession(Session):
    """The conversation on one websocket."""

    def __init__(self, settings: dict[str, Any], reply_context: ReplyContext) -> None:
        self._settings, self._context = settings, reply_context
        self._items: list[dict[str, Any]] = []
        self._audio = 0  # letters of base64 that wait in the input buffer
        self._is_answering = False
        self._response: dict[str, Any] | None = None  # as `response.created` told it

    def received(self, text: str) -> Reaction:
        try:
            event = strict_json.loads(text.encode())
        except ValueError:
            event = None
        if not isinstance(event, dict):
            return self._refused(None, "The event is not a JSON object.", code="invalid_json")
        kind = event.get("type")
        handler = _HANDLERS.get(kind) if isinstance(kind, str) else None
        if handler is None:
            return self._refused(event, f"Invalid value: '{kind}'.", param="type")
        return handler(self, event)

    def sent(self, message: bytes) -> None:
        if message.startswith(_IS_RESPONSE):
            self._response = json.loads(message)["response"]

    def turn_over(self) -> None:
        if self._response is not None:
            self._items += self._response["output"]
        self._is_answering, self._response = False, None

    def update(self, event: dict[str, Any]) -> Reaction:
        """Change the settings; what is not named stays."""
        changes = event.get("session")
        if not isinstance(changes, dict):
            return self._lacks(event, "session")
        _merge(self._settings, changes)
        return self._send(self._event("session.updated", session=self._settings))

    def add_item(self, event: dict[str, Any]) -> Reaction:
        """Put an item into the conversation."""
        new_item = event.get("item")
        if not isinstance(new_item, dict):
            return self._lacks(event, "item")
        return self._send(*self._added(new_item))

    def delete_item(self, event: dict[str, Any]) -> Reaction:
        """Take an item out of the conversation."""
        item_id = event.get("item_id")
        if self._item(item_id) is None:
            return self._unknown_item(event)
        self._items = [item for item in self._items if item["id"] != item_id]
        return self._send(self._event("conversation.item.deleted", item_id=item_id))

    def retrieve_item(self, event: dict[str, Any]) -> Reaction:
        """Show an item of the conversation."""
        item = self._item(event.get("item_id"))
        if item is None:
            return self._unknown_item(event)
        return self._send(self._event("conversation.item.retrieved", item=item))

    def truncate_item(self, event: dict[str, Any]) -> Reaction:
        """Note how much of the audio was played."""
        if self._item(event.get("item_id")) is None:
            return self._unknown_item(event)
        fields = {name: event.get(name) for name in ("item_id", "content_index", "audio_end_ms")}
        return self._send(self._event("conversation.item.truncated", **fields))

    def append_audio(self, event: dict[str, Any]) -> Reaction:
        """Take audio; the API does not confirm it."""
        self._audio += len(event.get("audio") or "")
        return Reaction()

    def clear_audio(self, event: dict[str, Any]) -> Reaction:  # noqa: ARG002 - it has no fields
        """Drop the audio that was not committed."""
        self._audio = 0
        return self._send(self._event("input_audio_buffer.cleared"))

    def commit_audio(self, event: dict[str, Any]) -> Reaction:
        """Make the audio a message of the user's."""
        if not self._audio:
            message = "Error committing input audio buffer: the buffer is empty."  # assumed
            return self._refused(event, message, code="input_audio_buffer_commit_empty")
        self._audio = 0
        head = {"type": "message", "role": "user"}
        item = {**head, "content": [{"type": "input_audio", "transcript": None}]}
        previous = self._last_id()
        added = self._added(item)
        place = {"previous_item_id": previous, "item_id": self._last_id()}
        return self._send(self._event("input_audio_buffer.committed", **place), *added)

    def respond(self, event: dict[str, Any]) -> Reaction:
        """Have the model answer the conversation, or what the event puts in its place."""
        if self._is_answering:
            return self._is_busy(event)
        wishes = event.get("response")
        wishes = wishes if isinstance(wishes, dict) else {}
        items = wishes.get("input")
        settings = {**self._settings, **wishes}
        turn = {
            "type": "response.create",
            "model": self._settings["model"],
            "previous_item_id": self._last_id(),
            **{name: settings[name] for name in _TURN_FIELDS if name in settings},
            "items": [each for each in items if isinstance(each, dict)]
            if isinstance(items, list)
            else self._items,
        }
        self._is_answering = True
        return Reaction(turn=json.dumps(turn, ensure_ascii=False).encode("utf-8", "replace"))

    def cancel(self, event: dict[str, Any]) -> Reaction:
        """Have the model stop."""
        if not self._is_answering:
            message = "Cancellation failed: no active response found"  # assumed
            return self._refused(event, message, code="response_cancel_not_active")
        begun = self._response
        created: tuple[Chunk, ...] = ()
        if begun is None:  # its beginning is still on the way
            begun = self._new_response()
            created = (self._event("response.created", response=begun),)
        details = {"type": "cancelled", "reason": "client_cancelled"}
        response = {**begun, "status": "cancelled", "status_details": details}
        self._is_answering, self._response = False, None
        done = self._event("response.done", response=response)
        return Reaction((*created, done), cancels=True)

    def _new_response(self) -> dict[str, Any]:
        """A response that has said nothing yet."""
        modalities = self._settings.get("output_modalities") or ["audio"]
        most = self._settings.get("max_output_tokens")
        state: dict[str, Any] = {
            "status": "in_progress",
            "status_details": None,
            "output": [],
            "usage": None,
        }
        return {**new_response(modalities, most, self._context), **state}

    def _is_busy(self, event: dict[str, Any]) -> Reaction:
        active = (self._response or {}).get("id", "")
        message = (
            f"Conversation already has an active response in progress: {active}. "
            "Wait until the response is finished before creating a new one."
        )  # assumed
        return self._refused(event, message, code="conversation_already_has_active_response")

    def _added(self, new_item: dict[str, Any]) -> list[Chunk]:
        previous = self._last_id()
        item = {
            "id": new_item.get("id") or new_id("item", self._context),
            "object": "realtime.item",
            "status": "completed",
            **{name: value for name, value in new_item.items() if name != "id"},
        }
        self._items.append(item)
        kinds = ("conversation.item.added", "conversation.item.done")
        return [self._event(kind, previous_item_id=previous, item=item) for kind in kinds]

    def _item(self, item_id: object) -> dict[str, Any] | None:
        return next((item for item in self._items if item["id"] == item_id), None)

    def _last_id(self) -> str | None:
        return self._items[-1]["id"] if self._items else None

    def _lacks(self, event: dict[str, Any], field: str) -> Reaction:
        message = f"Missing required parameter: '{field}'."
        return self._refused(event, message, code="missing_required_parameter", param=field)

    def _unknown_item(self, event: dict[str, Any]) -> Reaction:
        message = f"Item with item_id '{event.get('item_id')}' not found."  # assumed
        return self._refused(event, message, param="item_id")

    def _refused(
        self,
        event: dict[str, Any] | None,
        message: str,
        *,
        code: str = "invalid_value",
        param: str | None = None,
    ) -> Reaction:
        row = OpenAIError(400, "invalid_request_error", code, message, param)
        client_event = (event or {}).get("event_id")
        return self._send(error(row, self._context, client_event))

    def _event(self, kind: str, **fields: Any) -> Chunk:
        return event(kind, self._context, **fields)

    @staticmethod
    def _send(*messages: Chunk) -> Reaction:
        return Reaction(messages)


_HANDLERS: dict[str, Handler] = {
    "session.update": RealtimeSession.update,
    "conversation.item.create": RealtimeSession.add_item,
    "conversation.item.delete": RealtimeSession.delete_item,
    "conversation.item.retrieve": RealtimeSession.retrieve_item,
    "conversation.item.truncate": RealtimeSession.truncate_item,
    "input_audio_buffer.append": RealtimeSession.append_audio,
    "input_audio_buffer.clear": RealtimeSession.clear_audio,
    "input_audio_buffer.commit": RealtimeSession.commit_audio,
    "response.create": RealtimeSession.respond,
    "response.cancel": RealtimeSession.cancel,
}


def _merge(settings: dict[str, Any], changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        if isinstance(value, dict) and isinstance(settings.get(name), dict):
            _merge(settings[name], value)
        else:
            settings[name] = value
