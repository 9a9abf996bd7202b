"""One response of OpenAI's Realtime API as the events that tell it.

The order is the documented one; `rate_limits.updated` comes "at the beginning of a Response", as
the SDK says of it.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from chaos_llm.protocol.messages import Chunk, Completion, Request, ToolCall
from chaos_llm.protocol.rate_limits import Quota
from chaos_llm.providers.framing import broken_at, split
from chaos_llm.providers.openai.errors import OpenAIError
from chaos_llm.providers.openai.realtime_events import error, event, new_id, new_response
from chaos_llm.providers.provider import ReplyContext

_SILENCE = b64encode(bytes(2 * 24_000 // 50)).decode()  # 20 ms of PCM, 16 bits at 24 kHz: assumed
_RESET_SECONDS = 0.1  # until a limit is whole again: assumed


class RealtimeResponse:
    """An answer, and the events that tell it."""

    def __init__(
        self,
        request: Request,
        answer: Completion,
        reply_context: ReplyContext,
        quota: Quota | None,
    ) -> None:
        self._answer, self._context, self._quota = answer, reply_context, quota
        self._input_tokens = answer.usage.input_tokens
        modalities = request.body.get("output_modalities") or ["audio"]
        self._is_audio = modalities == ["audio"]
        most = request.body.get("max_output_tokens")
        self._base = new_response(modalities, most, reply_context)
        self._output: list[dict[str, Any]] = []
        self._previous: str | None = request.body.get("previous_item_id")

    def whole(self) -> tuple[Chunk, ...]:
        """All events, from `response.created` to `response.done`."""
        return (*self._chunks(), self._done(self._ending()))

    def broken(self, after: float, row: OpenAIError) -> tuple[Chunk, ...]:
        """The events up to a share of the content, then the failure.

        The error event is documented; that `response.done` follows it is assumed.
        """
        before = broken_at(self._chunks(), after)
        self._output.clear()
        status = {
            "type": "failed",
            "error": {"type": row.type, "code": row.code, "message": row.message},
        }
        return (*before, error(row, self._context), self._done(("failed", status)))

    def _chunks(self) -> list[Chunk]:
        created = self._response("in_progress", None, usage=None)
        chunks = [self._event("response.created", response=created)]
        if self._quota is not None:
            chunks.append(self._event("rate_limits.updated", rate_limits=self._rate_limits()))
        answer = self._answer
        if answer.text or not answer.tool_calls:
            chunks += self._message()
        for call in answer.tool_calls:
            chunks += self._function_call(call)
        return chunks

    def _rate_limits(self) -> list[dict[str, Any]]:
        quota = self._quota
        assert quota is not None
        limits = (
            ("requests", quota.requests_per_minute, 1),
            ("tokens", quota.tokens_per_minute, self._input_tokens),
        )
        return [
            {
                "name": name,
                "limit": limit,
                "remaining": max(0, limit - taken),
                "reset_seconds": _RESET_SECONDS,
            }
            for name, limit, taken in limits
            if limit
        ]

    def _message(self) -> list[Chunk]:
        text = self._answer.text
        item = self._item("message", role="assistant", content=[])
        place = self._place(item, content_index=0)
        part = self._part("")
        chunks = [
            *self._added(item),
            self._event("response.content_part.added", **place, part=part),
        ]
        for piece in split(text):
            chunks += self._piece(place, piece)
        chunks += self._text_done(place, text)
        chunks.append(self._event("response.content_part.done", **place, part=self._part(text)))
        kind = "output_audio" if self._is_audio else "output_text"
        content = {**self._part(text), "type": kind}
        return [*chunks, *self._finished({**item, "content": [content]})]

    def _piece(self, place: dict[str, Any], piece: str) -> list[Chunk]:
        """One delta of the text, and in audio the silence that stands for its sound."""
        if not self._is_audio:
            kind = "response.output_text.delta"
            return [self._event(kind, content=True, **place, delta=piece)]
        kind = "response.output_audio_transcript.delta"
        return [
            self._event(kind, content=True, **place, delta=piece),
            self._event("response.output_audio.delta", **place, delta=_SILENCE),
        ]

    def _text_done(self, place: dict[str, Any], text: str) -> list[Chunk]:
        if not self._is_audio:
            return [self._event("response.output_text.done", **place, text=text)]
        return [
            self._event("response.output_audio.done", **place),
            self._event("response.output_audio_transcript.done", **place, transcript=text),
        ]

    def _part(self, text: str) -> dict[str, Any]:
        if self._is_audio:
            return {"type": "audio", "transcript": text}
        return {"type": "text", "text": text}

    def _function_call(self, call: ToolCall) -> list[Chunk]:
        call_id = new_id("call", self._context)
        item = self._item("function_call", name=call.name, call_id=call_id, arguments="")
        place = self._place(item, call_id=call_id)
        name = "response.function_call_arguments"
        chunks = self._added(item)
        for piece in split(call.arguments):
            chunks.append(self._event(f"{name}.delta", content=True, **place, delta=piece))
        done = {**place, "name": call.name, "arguments": call.arguments}
        chunks.append(self._event(f"{name}.done", **done))
        return [*chunks, *self._finished({**item, "arguments": call.arguments})]

    def _item(self, kind: str, **fields: Any) -> dict[str, Any]:
        item_id = new_id("item", self._context)
        head = {"id": item_id, "object": "realtime.item", "type": kind, "status": "in_progress"}
        return {**head, **fields}

    def _place(self, item: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {
            "response_id": self._base["id"],
            "item_id": item["id"],
            "output_index": len(self._output),
            **more,
        }

    def _added(self, item: dict[str, Any]) -> list[Chunk]:
        return [self._output_item("added", item), self._conversation_item("added", item)]

    def _finished(self, item: dict[str, Any]) -> list[Chunk]:
        item = {**item, "status": "incomplete" if self._is_incomplete else "completed"}
        chunks = [self._output_item("done", item), self._conversation_item("done", item)]
        self._output.append(item)
        self._previous = item["id"]
        return chunks

    def _output_item(self, state: str, item: dict[str, Any]) -> Chunk:
        index = len(self._output)
        place: dict[str, Any] = {"response_id": self._base["id"], "output_index": index}
        return self._event(f"response.output_item.{state}", **place, item=item)

    def _conversation_item(self, state: str, item: dict[str, Any]) -> Chunk:
        kind = f"conversation.item.{state}"
        return self._event(kind, previous_item_id=self._previous, item=item)

    @property
    def _is_incomplete(self) -> bool:
        return self._answer.stop == "length" or bool(self._answer.filtered)

    def _ending(self) -> tuple[str, dict[str, Any] | None]:
        if not self._is_incomplete:
            return "completed", None
        reason = "content_filter" if self._answer.filtered else "max_output_tokens"
        return "incomplete", {"type": "incomplete", "reason": reason}

    def _done(self, ending: tuple[str, dict[str, Any] | None]) -> Chunk:
        usage = self._usage() if self._answer.tells_usage else None
        return self._event("response.done", response=self._response(*ending, usage=usage))

    def _response(self, status: str, details: Any, usage: Any) -> dict[str, Any]:
        state = {"status": status, "status_details": details, "output": [*self._output]}
        return {**self._base, **state, "usage": usage}

    def _usage(self) -> dict[str, Any]:
        usage = self._answer.usage
        spoken = usage.output_tokens if self._is_audio else 0
        return {
            "total_tokens": usage.input_tokens + usage.output_tokens,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "input_token_details": {
                "text_tokens": usage.input_tokens,
                "audio_tokens": 0,
                "image_tokens": 0,
                "cached_tokens": usage.cache_read_tokens,
            },
            "output_token_details": {
                "text_tokens": usage.output_tokens - spoken,
                "audio_tokens": spoken,
            },
        }

    def _event(self, kind: str, *, content: bool = False, **fields: Any) -> Chunk:
        return event(kind, self._context, content=content, **fields)
