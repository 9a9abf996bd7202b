"""The record of a call from an HTTP exchange that a tool has whole: its request and its reply."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from chaos_llm.protocol.keyed_random import fingerprint
from chaos_llm.protocol.messages import Chunk, Reply
from chaos_llm.protocol.retry_after import requested_wait
from chaos_llm.recording.recorded_call import RecordedCall
from chaos_llm.recording.texts import masked_body, masked_message, prompts_of
from chaos_llm.recording.vendor_names import place_of

_KEY_HEADERS = ("x-api-key", "api-key", "x-goog-api-key", "authorization")
# The headers in which vendors and gateways name one reply; OpenAI's, Azure's and AWS's among them.
_REPLY_IDS = ("request-id", "x-request-id", "apim-request-id", "x-amzn-requestid")
# Models that are in a path and not in the body: Bedrock, whose models may have a colon; Gemini,
# Vertex AI, Azure.
_MODELS_IN_PATH = (
    re.compile(r"/model/([^/]+)/"),
    re.compile(r"/(?:models|deployments)/(?:[^/]+/)*?([^/:]+)(?::|/|$)"),
)
_STREAM_IN_PATH = ("streamGenerateContent", "converse-stream", "invoke-with-response-stream")
_LONGEST_BODY = 65_536  # bytes of a failure that are looked at
_ERROR_EVENT = re.compile(rb'^event: ?error\b|^data: ?\{"(?:type": ?"error"|error")', re.MULTILINE)


def http_call(
    *,
    at: float,
    method: str,
    url: str,
    request_headers: Mapping[str, str],
    request_body: bytes,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    digest: Callable[[str], str] = fingerprint,
) -> RecordedCall:
    """The record of an exchange, without its timing; header names are in lower case.

    `digest` turns the name of a user, or a key, into one that reveals neither.
    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    place = place_of(method, host, parts.path)
    asked = _object(request_body)
    content_type = headers.get("content-type", "")
    call = RecordedCall(
        at=at,
        provider=place.provider,
        model=_model(asked, parts.path),
        surface=place.surface,
        host=host,
        method=method,
        path=place.path,
        status=status,
        stream=_is_stream(asked, parts.path) or "event-stream" in content_type,
        client=_digest(_client(asked), digest),
        credential=_digest(_credential(request_headers), digest),
        content_type=content_type.partition(";")[0].strip().lower(),
        server=headers.get("server", ""),
        reply_id=next((headers[name] for name in _REPLY_IDS if headers.get(name)), "")[:200],
    )
    add_failure(call, headers, body, request_body)
    return call


def add_failure(
    call: RecordedCall, headers: Mapping[str, str], body: bytes, request_body: bytes
) -> None:
    """Add what a failed reply says, masked; a reply that did not fail is left as it is."""
    if call.status < 400:
        if "event-stream" in call.content_type and (error := _ERROR_EVENT.search(body)):
            call.error_event = True
            line = body[error.start() :].partition(b"data:")[2].partition(b"\n")[0]
            call.error_type, call.error_message = error_of(line)
        return
    body = body[:_LONGEST_BODY]
    call.error_type, call.error_message = error_of(body)
    prompts = prompts_of(request_body)
    for prompt in prompts:
        call.error_message = call.error_message.replace(prompt, "[a text]")
    call.body = masked_body(body.decode("utf-8", "replace"), prompts)
    reply = Reply(call.status, tuple(headers.items()), (Chunk(0.0, body),))
    call.retry_after = requested_wait(reply, call.at)


def error_of(body: bytes) -> tuple[str, str]:
    """The type and the message of an error in JSON; empty for any other body."""
    error: Any = _object(body)
    if not error and body.lstrip()[:1] == b"[":  # Gemini streams lists
        listed = _value(body)
        error = listed[0] if listed and isinstance(listed[0], dict) else {}
    inner = error.get("error", error)
    if isinstance(inner, str):
        return masked_message(str(error.get("type") or "")), masked_message(inner)
    if not isinstance(inner, dict):
        return "", ""
    kind = inner.get("type") or inner.get("status") or inner.get("code") or error.get("__type")
    return masked_message(str(kind or "")), masked_message(str(inner.get("message") or ""))


def _object(body: bytes) -> dict[str, Any]:
    value = _value(body)
    return value if isinstance(value, dict) else {}


def _value(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return None


def _model(asked: Mapping[str, Any], path: str) -> str:
    model = asked.get("model")
    if isinstance(model, str) and model:
        return model[:200]
    found = next(filter(None, (pattern.search(path) for pattern in _MODELS_IN_PATH)), None)
    return unquote(found[1])[:200] if found else ""


def _is_stream(asked: Mapping[str, Any], path: str) -> bool:
    return asked.get("stream") is True or any(word in path for word in _STREAM_IN_PATH)


def _client(asked: Mapping[str, Any]) -> str:
    """The end user that a request names, as vendors' APIs have it."""
    metadata = asked.get("metadata")
    user = metadata.get("user_id") if isinstance(metadata, dict) else None
    for named in (user, asked.get("user"), asked.get("safety_identifier")):
        if isinstance(named, str) and named:
            return named
    return ""


def _credential(headers: Mapping[str, str]) -> str:
    secret = next((headers[name] for name in _KEY_HEADERS if headers.get(name)), "")
    return "" if secret.startswith("AWS4-") else secret


def _digest(name: str, digest: Callable[[str], str]) -> str:
    return digest(name) if name else ""
