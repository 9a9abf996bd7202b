"""Cassettes of vcrpy (YAML and JSON), of VCR for Ruby, and of go-vcr (versions 1 to 4).

A cassette has no time of its own: the reply's `date` header, or `recorded_at` where there is one.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any

from chaos_llm.errors import UsageError
from chaos_llm.importing import moments
from chaos_llm.importing.recorded_file import NEEDS_EXTRA, RecordedFile
from chaos_llm.recording.http_call import http_call
from chaos_llm.recording.recorded_call import RecordedCall

_YAML = re.compile(r"^(?:http_)?interactions:", re.MULTILINE)
_JSON = re.compile(r'"(?:http_)?interactions"\s*:\s*\[')


class Cassettes:
    """Reads whole cassettes; they are small."""

    name = "cassette"
    reads = "cassettes of vcrpy and pytest-recording (YAML, JSON), VCR for Ruby and go-vcr"

    def recognises(self, file: RecordedFile) -> bool:
        return bool(_YAML.search(file.head) or _JSON.search(file.head))

    def read(self, file: RecordedFile) -> Iterator[RecordedCall]:
        for number, interaction in enumerate(interactions(file), 1):
            try:
                yield _call(interaction, file)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                file.broken.add(number, f"no interaction of a cassette: {error!r:.120}")


def interactions(file: RecordedFile) -> list[Any]:
    """The interactions of a cassette as its format has them; raises UsageError."""
    document = _document(file)
    found = document.get("interactions") or document.get("http_interactions")
    return found if isinstance(found, list) else []


def _document(file: RecordedFile) -> Mapping[str, Any]:
    text = file.path.read_bytes()
    if text.lstrip()[:1] == b"{":
        try:
            loaded = json.loads(text)
        except ValueError as error:
            raise UsageError(f"{file.path}: no JSON: {error}") from None
    else:
        loaded = _yaml(file, text)
    return loaded if isinstance(loaded, dict) else {}


def _yaml(file: RecordedFile, text: bytes) -> Any:
    try:
        import yaml  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise UsageError(NEEDS_EXTRA) from None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(text, loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())[:200]
        raise UsageError(f"{file.path}: no YAML: {reason}") from None


def _call(interaction: Mapping[str, Any], file: RecordedFile) -> RecordedCall:
    request, response = interaction["request"], interaction["response"]
    asked, headers = _headers(request), _headers(response)
    url = str(request.get("uri") or request.get("url") or request.get("path"))
    file.secrets.note(asked, url.partition("?")[2])
    file.secrets.note(headers)
    when = interaction.get("recorded_at") or headers.get("date")
    if not when:
        raise ValueError("neither a `date` header nor `recorded_at` says when it was")
    call = http_call(
        at=moments.moment(when),
        method=str(request.get("method") or "POST").upper(),
        url=url,
        request_headers=asked,
        request_body=body_of(request),
        status=_status(response),
        headers=headers,
        body=body_of(response),
    )
    call.seconds = moments.duration(response.get("duration")) or None  # go-vcr
    return call


def _headers(message: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for name, value in (message.get("headers") or {}).items():
        found[str(name).lower()] = str(value[0] if isinstance(value, list) and value else value)
    return found


def _status(response: Mapping[str, Any]) -> int:
    status = response.get("status_code") or response.get("code") or response.get("status")
    if isinstance(status, dict):
        status = status.get("code")
    if isinstance(status, str):  # "200 OK"
        status = status.split(maxsplit=1)[0]
    return int(status)  # type: ignore[arg-type] # a TypeError is a broken interaction


def body_of(message: Mapping[str, Any]) -> bytes:
    """The bytes of a request's or a reply's body, in whichever form a tool wrote it."""
    body = message.get("body")
    if body is None:
        body = message.get("content")
    if isinstance(body, dict):
        if "base64_string" in body:
            return b64decode(body["base64_string"])
        body = body.get("string")
    if isinstance(body, str):
        return body.encode()
    return body if isinstance(body, bytes) else b""
