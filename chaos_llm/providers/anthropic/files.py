"""Anthropic's Files API, in beta: POST /v1/files, and to list, read and delete files.

Shapes are those of the types in anthropic 2.11; wordings of refusals are assumed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from chaos_llm.protocol.messages import Document, Refusal
from chaos_llm.providers.anthropic.documents import AnthropicDocument
from chaos_llm.providers.framing import base58
from chaos_llm.providers.routes import Asked, Route, Routed, Upload

_FILES = "anthropic_files"
_ONE = r"/v1/files/([^/]+)"
_TYPES = {"pdf": "application/pdf", "txt": "text/plain", "png": "image/png", "csv": "text/csv"}


def _created(api_call: Asked) -> Document | Refusal:
    file = api_call.fields.get("file")
    if not isinstance(file, Upload):
        return Refusal("invalid_request", message="file: Field required")
    file_id = "file_011C" + base58(api_call.reply_context.rng.number(256), 20)
    made = datetime.fromtimestamp(api_call.reply_context.now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    shown = {
        "type": "file",
        "id": file_id,
        "filename": file.name,
        "mime_type": _TYPES.get(file.name.rpartition(".")[2], "application/octet-stream"),
        "size_bytes": len(file.data),
        "created_at": made,
        "downloadable": False,
    }
    api_call.kept(_FILES)[file_id] = {"shown": shown, "data": file.data}
    return Document(shown)


def _listed(api_call: Asked) -> Document:
    data = [each["shown"] for each in reversed(api_call.kept(_FILES).values())]
    ends: dict[str, Any] = {"first_id": None, "last_id": None}
    if data:
        ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]}
    return Document({"data": data, "has_more": False} | ends)


def _known(api_call: Asked) -> Any:
    known = api_call.kept(_FILES).get(api_call.id)
    return known or Refusal("not_found", message=f"File not found: {api_call.id}")


def _shown(api_call: Asked) -> Document | Refusal:
    file = _known(api_call)
    return file if isinstance(file, Refusal) else Document(file["shown"])


def _read(api_call: Asked) -> Document | Refusal:
    file = _known(api_call)
    if isinstance(file, Refusal):
        return file
    message = f"File '{api_call.id}' is not downloadable."  # those that were uploaded are not
    return Refusal("invalid_request", message=message)


def _dropped(api_call: Asked) -> Document | Refusal:
    file = _known(api_call)
    if isinstance(file, Refusal):
        return file
    del api_call.kept(_FILES)[api_call.id]
    return Document({"id": api_call.id, "type": "file_deleted"})


class AnthropicFiles(Routed, AnthropicDocument):
    """Anthropic's Files API."""

    api: ClassVar[str] = "files"
    table: ClassVar[tuple[Route, ...]] = (
        Route("POST", r"/v1/files$", _created),
        Route("GET", r"/v1/files$", _listed),
        Route("GET", _ONE + "$", _shown),
        Route("GET", _ONE + "/content$", _read),
        Route("DELETE", _ONE + "$", _dropped),
    )
