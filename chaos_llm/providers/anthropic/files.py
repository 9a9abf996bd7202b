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


def _created(asked: Asked) -> Document | Refusal:
    file = asked.fields.get("file")
    if not isinstance(file, Upload):
        return Refusal("invalid_request", message="file: Field required")
    file_id = "file_011C" + base58(asked.reply_context.rng.number(256), 20)
    made = datetime.fromtimestamp(asked.reply_context.now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    shown = {
        "type": "file",
        "id": file_id,
        "filename": file.name,
        "mime_type": _TYPES.get(file.name.rpartition(".")[2], "application/octet-stream"),
        "size_bytes": len(file.data),
        "created_at": made,
        "downloadable": False,
    }
    asked.kept(_FILES)[file_id] = {"shown": shown, "data": file.data}
    return Document(shown)


def _listed(asked: Asked) -> Document:
    data = [each["shown"] for each in reversed(asked.kept(_FILES).values())]
    ends: dict[str, Any] = {"first_id": None, "last_id": None}
    if data:
        ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]}
    return Document({"data": data, "has_more": False} | ends)


def _known(asked: Asked) -> Any:
    known = asked.kept(_FILES).get(asked.id)
    return known or Refusal("not_found", message=f"File not found: {asked.id}")


def _shown(asked: Asked) -> Document | Refusal:
    file = _known(asked)
    return file if isinstance(file, Refusal) else Document(file["shown"])


def _read(asked: Asked) -> Document | Refusal:
    file = _known(asked)
    if isinstance(file, Refusal):
        return file
    message = f"File '{asked.id}' is not downloadable."  # those that were uploaded are not
    return Refusal("invalid_request", message=message)


def _dropped(asked: Asked) -> Document | Refusal:
    file = _known(asked)
    if isinstance(file, Refusal):
        return file
    del asked.kept(_FILES)[asked.id]
    return Document({"id": asked.id, "type": "file_deleted"})


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
