"""OpenAI's Files API: POST /v1/files, and to list, read and delete files.

Shapes are those of the types in openai 3.52.
"""

from __future__ import annotations

from typing import Any, ClassVar

from chaos_llm.protocol.messages import Document, Refusal
from chaos_llm.providers.openai.routed import OpenAIRouted, deleted, found, short_id
from chaos_llm.providers.routes import Asked, Route, Upload, page_of

FILES = "files"  # the name of their store
_ONE = r"/files/([^/]+)"


def keep_file(
    api_call: Asked, file_id: str, name: str, data: bytes, purpose: str
) -> dict[str, Any]:
    """Store a file: the fields that the API shows, and its bytes."""
    record = {
        "object": "file",
        "id": file_id,
        "purpose": purpose,
        "filename": name,
        "bytes": len(data),
        "created_at": int(api_call.reply_context.now),
        "expires_at": None,
        "status": "processed",
        "status_details": None,
    }
    api_call.kept(FILES)[file_id] = {"shown": record, "data": data}
    return record


def _created(api_call: Asked) -> Document | Refusal:
    file, purpose = api_call.fields.get("file"), api_call.fields.get("purpose")
    if not isinstance(file, Upload):
        return Refusal("invalid_request", message="Missing required parameter: 'file'.")
    if not purpose:
        return Refusal("invalid_request", message="Missing required parameter: 'purpose'.")
    file_id = short_id("file-", api_call.reply_context)
    return Document(keep_file(api_call, file_id, file.name, file.data, str(purpose)))


def _listed(api_call: Asked) -> Document:
    purpose = api_call.fields.get("purpose")
    kept = {
        name: each
        for name, each in api_call.kept(FILES).items()
        if purpose in (None, each["shown"]["purpose"])
    }
    return Document(page_of(kept, api_call.fields, lambda each: each["shown"]))


def _shown(api_call: Asked) -> Document | Refusal:
    file = found(api_call, FILES, "file")
    return file if isinstance(file, Refusal) else Document(file["shown"])


def _read(api_call: Asked) -> Document | Refusal:
    file = found(api_call, FILES, "file")
    return file if isinstance(file, Refusal) else Document(content=file["data"])


def _dropped(api_call: Asked) -> Document | Refusal:
    return deleted(api_call, FILES, "file", "file")


class OpenAIFiles(OpenAIRouted):
    """OpenAI's Files API."""

    api: ClassVar[str] = "files"
    table: ClassVar[tuple[Route, ...]] = (
        Route("POST", r"/v1/files$", _created),
        Route("GET", r"/v1/files$", _listed),
        Route("GET", r"/v1" + _ONE + "$", _shown),
        Route("DELETE", r"/v1" + _ONE + "$", _dropped),
        Route("GET", r"/v1" + _ONE + "/content$", _read),
    )
