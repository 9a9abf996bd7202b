"""The lines of OpenAI's batches: validation, and answers.

The errors are those of a recorded batch; a file is read up to its first bad line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.messages import Refusal, Reply, WireRequest
from chaos_llm.providers.framing import base58
from chaos_llm.providers.openai.chat import OpenAIChat
from chaos_llm.providers.openai.completions import CompletionsDialect
from chaos_llm.providers.openai.documents import Embeddings
from chaos_llm.providers.openai.responses import Responses
from chaos_llm.providers.provider import Provider, ReplyContext
from chaos_llm.providers.routes import Asked

FORMATS: dict[str, Provider] = {
    "/v1/chat/completions": OpenAIChat(),
    "/v1/responses": Responses(),
    "/v1/embeddings": Embeddings(),
    "/v1/completions": CompletionsDialect(),
}
_HEADERS = {"authorization": "Bearer batch", "content-type": "application/json"}


def read_lines(data: bytes, endpoint: str) -> list[dict[str, Any]] | dict[str, Any]:
    """The requests in a batch's file, or the error of its first bad line."""
    lines: list[dict[str, Any]] = []
    seen: set[str] = set()
    texts = data.decode("utf-8", "replace").splitlines()
    for number, text in enumerate(filter(str.strip, texts), start=1):
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            line = None
        error = _wrong(line, endpoint, seen)
        if error:
            code, message, param = error
            return {"code": code, "line": number, "message": message, "param": param}
        seen.add(line["custom_id"])
        lines.append(line)
    return lines


def _wrong(line: Any, endpoint: str, seen: set[str]) -> tuple[str, str, str | None] | None:
    """The code, the message (assumed) and the param of a line's error; None for a good line."""
    if not isinstance(line, dict):
        return "invalid_json_line", "This line is not parseable as valid JSON.", None
    if not isinstance(line.get("custom_id"), str):
        message = "Missing required parameter: 'custom_id'."
        return "missing_required_parameter", message, "custom_id"
    if line["custom_id"] in seen:
        message = f"The custom_id '{line['custom_id']}' for this request is a duplicate."
        return "duplicate_custom_id", message, "custom_id"
    if line.get("url") != endpoint:
        message = f"The URL provided for this request does not match the batch's: {endpoint}."
        return "invalid_url", message, "url"
    body = line.get("body")
    if isinstance(body, dict) and body.get("stream"):
        message = "Streaming is not supported in the Batch API."
        return "streaming_unsupported", message, "body.stream"
    return None


def answer_lines(
    batch_id: str, lines: list[dict[str, Any]], endpoint: str, asked: Asked
) -> Iterator[dict[str, Any]]:
    """Answer each line; the same lines always get the same answers."""
    for line in lines:
        reply_context = ReplyContext(
            asked.reply_context.now,
            KeyedRandom("batch", batch_id, line["custom_id"]),
            {},
            asked.reply_context.speak,
        )
        reply = _answered(line, endpoint, reply_context)
        request_id = base58(reply_context.rng.number(256), 32)
        answer = {
            "status_code": reply.status,
            "request_id": request_id,
            "body": json.loads(reply.body),
        }
        made = {"id": f"batch_req_{request_id}", "custom_id": line["custom_id"]}
        yield made | {"response": answer, "error": None}


def expired_lines(batch_id: str, lines: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The lines of the error file for requests that were not answered in time."""
    for line in lines:
        drawn = base58(KeyedRandom("batch", batch_id, line["custom_id"]).number(256), 32)
        error = {
            "code": "batch_expired",
            "message": "This request could not be executed before the completion window expired.",
        }
        named = {"id": f"batch_req_{drawn}", "custom_id": line["custom_id"]}
        yield named | {"response": None, "error": error}


def _answered(line: dict[str, Any], endpoint: str, reply_context: ReplyContext) -> Reply:
    provider = FORMATS[endpoint]
    body = json.dumps(line.get("body")).encode()
    wire = WireRequest("POST", "api.openai.com", endpoint, "", _HEADERS, body)
    request = provider.parse(wire)
    ready = request.invalid or provider.healthy(request, reply_context)
    if ready is not None:
        return provider.render(request, ready, reply_context)
    key, speak = str(reply_context.rng.again().number(64)), reply_context.speak
    answer = speak(request, key) if speak else Refusal("server_error")
    return provider.render(request, answer, reply_context)
