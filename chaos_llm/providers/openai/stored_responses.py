"""Responses that OpenAI stores: GET /v1/responses/{id}, and to cancel and delete them.

A background response is queued, then in progress; how long is assumed.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from chaos_llm.protocol.messages import Completion, Document, Refusal, Request
from chaos_llm.providers.openai.routed import OpenAIRouted, long_id
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.remembered_prompts import Remembered, remembered
from chaos_llm.providers.routes import Asked, Route

_QUEUED, _WORKED = 2.0, 20.0  # seconds from creation: assumed


def _no_response(response_id: str) -> Refusal:
    return Refusal("not_found", message=f"Response with id '{response_id}' not found.")


def _shown(api_call: Asked) -> Document | Refusal:
    kept = remembered(api_call.reply_context).get(api_call.id)
    return Document(_state(kept, api_call)) if kept else _no_response(api_call.id)


def _state(kept: Remembered, api_call: Asked) -> Any:
    """The response as it is now; a completed one does not change."""
    age = api_call.reply_context.now - kept.reply_context.now
    if kept.cancelled is not None:
        return json.loads(
            kept.writer.unfinished(kept.request, kept.reply_context.again(), "cancelled")
        )
    if kept.background and age < _WORKED:
        status = "queued" if age < _QUEUED else "in_progress"
        return json.loads(kept.writer.unfinished(kept.request, kept.reply_context.again(), status))
    if kept.answer is None:
        kept.answer = _answered(kept.request, kept.reply_context, api_call.id)
    return json.loads(kept.writer.written(kept.request, kept.answer, kept.reply_context.again()))


def _answered(request: Request, reply_context: ReplyContext, key: str) -> Completion:
    completion = reply_context.speak(request, key) if reply_context.speak else None
    return completion if isinstance(completion, Completion) else Completion()


def _cancelled(api_call: Asked) -> Document | Refusal:
    kept = remembered(api_call.reply_context).get(api_call.id)
    if kept is None:
        return _no_response(api_call.id)
    if not kept.background:
        message = "Only background responses can be cancelled."  # assumed wording
        return Refusal("invalid_request", message=message)
    if api_call.reply_context.now - kept.reply_context.now < _WORKED and kept.cancelled is None:
        kept.cancelled = api_call.reply_context.now
    return Document(_state(kept, api_call))


def _dropped(api_call: Asked) -> Document | Refusal:
    if remembered(api_call.reply_context).pop(api_call.id, None) is None:
        return _no_response(api_call.id)
    return Document({"id": api_call.id, "object": "response.deleted", "deleted": True})


def _input(api_call: Asked) -> Document | Refusal:
    kept = remembered(api_call.reply_context).get(api_call.id)
    if kept is None:
        return _no_response(api_call.id)
    value = kept.request.body.get("input")
    items = value if isinstance(value, list) else [{"role": "user", "content": value}]
    data = [_item(item, api_call.reply_context) for item in items if isinstance(item, dict)]
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {}
    return Document({"object": "list", "data": data, "has_more": False} | ends)


def _item(item: dict[str, Any], reply_context: ReplyContext) -> dict[str, Any]:
    """An input item with an id; a plain text becomes one part."""
    content = item.get("content")
    if isinstance(content, str):
        item = item | {"content": [{"type": "input_text", "text": content}]}
    return {"id": long_id("msg", reply_context), "type": "message", "status": "completed"} | item


def _counted(api_call: Asked) -> Document:
    count = {"object": "response.input_tokens", "input_tokens": api_call.request.input_tokens}
    return Document(count)


KEPT = (
    Route("POST", r"/responses/input_tokens$", _counted),
    Route("GET", r"/responses/(?!(?:compact|input_tokens)$)([^/]+)$", _shown),
    Route("DELETE", r"/responses/(?!(?:compact|input_tokens)$)([^/]+)$", _dropped),
    Route("POST", r"/responses/([^/]+)/cancel$", _cancelled),
    Route("GET", r"/responses/([^/]+)/input_items$", _input),
)


class StoredResponses(OpenAIRouted):
    """Responses that OpenAI stores, and the count of a request's tokens."""

    api: ClassVar[str] = "stored_responses"
    table: ClassVar[tuple[Route, ...]] = KEPT
