"""Cassettes: requests and replies that vcrpy, VCR for Ruby, go-vcr, or a HAR's writer kept."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaos_llm.errors import UsageError

_NEEDS_YAML = '{}: a cassette in YAML needs PyYAML: pip install "chaos_llm[import]"'


@dataclass(frozen=True)
class Interaction:
    """One request with its reply; header names are in lower case, `when` as the file writes it."""

    method: str
    url: str
    request_headers: Mapping[str, str]
    request_body: bytes
    status: int
    headers: Mapping[str, str]
    body: bytes
    when: Any = None
    duration: Any = None


def documents(path: Path) -> list[Any]:
    """The interactions of a file as its format has them; raises UsageError."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
    document = _json(path, text) if text.lstrip()[:1] == b"{" else _yaml(path, text)
    if not isinstance(document, dict):
        document = {}
    found = document.get("interactions") or document.get("http_interactions")
    if found is None and isinstance(document.get("log"), dict):
        return [_of_har(entry) for entry in document["log"].get("entries") or ()]
    return found if isinstance(found, list) else []


def interactions(path: Path) -> list[Interaction]:
    """All interactions of a cassette; raises UsageError for a file that has none."""
    try:
        found = [interaction(each) for each in documents(path)]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{path} is no cassette: {error!r:.200}") from None
    if not found:
        raise UsageError(f"{path} holds no interaction: give a cassette of vcrpy, go-vcr or a HAR")
    return found


def interaction(value: Mapping[str, Any]) -> Interaction:
    """One interaction of a document; raises what a malformed one causes, such as KeyError."""
    request, response = value["request"], value["response"]
    headers = _headers(response)
    return Interaction(
        str(request.get("method") or "POST").upper(),
        str(request.get("uri") or request.get("url") or request.get("path")),
        _headers(request),
        _body(request),
        _status(response),
        headers,
        _body(response),
        value.get("recorded_at") or headers.get("date"),
        response.get("duration"),
    )


def _json(path: Path, text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UsageError(f"{path}: no JSON: {error}") from None


def _yaml(path: Path, text: bytes) -> Any:
    try:
        import yaml  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise UsageError(_NEEDS_YAML.format(path)) from None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(text, loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())[:200]
        raise UsageError(f"{path}: no YAML: {reason}") from None


def _of_har(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of a HAR in the form of a cassette."""
    request, response = entry["request"], entry["response"]
    content = response.get("content") or {}
    text = content.get("text") or ""
    body = {"base64_string": text} if content.get("encoding") == "base64" else text
    pairs = {"request": request, "response": response}
    named = {
        name: {each["name"]: each["value"] for each in message.get("headers") or ()}
        for name, message in pairs.items()
    }
    posted = (request.get("postData") or {}).get("text") or ""
    return {
        "request": {**request, "headers": named["request"], "body": posted},
        "response": {"status": response["status"], "headers": named["response"], "body": body},
        "recorded_at": entry.get("startedDateTime"),
    }


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
    return int(status)  # type: ignore[arg-type] # a TypeError is a malformed interaction


def _body(message: Mapping[str, Any]) -> bytes:
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
