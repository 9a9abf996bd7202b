"""Bedrock's InvokeModel: POST /model/{id}/invoke, and /invoke-with-response-stream in frames.

The bodies are the models' own, each family's; Titan's and Cohere's embeddings are here, too.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any, ClassVar

from chaos_llm.protocol.messages import (
    Chunk,
    Completion,
    Document,
    Refusal,
    Reply,
    Request,
    WireRequest,
)
from chaos_llm.providers.aws.bedrock_base import IN_STREAM, BedrockEndpoint, Headers, ids, region_of
from chaos_llm.providers.aws.event_frames import event, padding, stream_reply
from chaos_llm.providers.aws.model_dialects import family_of
from chaos_llm.providers.conversation import broken
from chaos_llm.providers.framing import json_reply, pieces_of
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.vectors import vector

_SIZE = 1024  # of Titan's and Cohere's vectors, where a request asks for no other
_UNKNOWN = (
    "Malformed input request: #: required key [messages] not found, please reformat your input and "
    "try again."
)
_NOT_STREAMED = "The model is unsupported for streaming."  # assumed wording


class BedrockInvoke(BedrockEndpoint):
    """Bedrock's InvokeModel."""

    api: ClassVar[str] = "invoke"
    plain: ClassVar[str] = "invoke"
    streaming: ClassVar[str] = "invoke-with-response-stream"
    stream_errors: ClassVar[Mapping[str, str]] = {**IN_STREAM, "timeout": "modelTimeoutException"}

    def _filters(self, request: Request) -> bool:
        return "titan" in request.model or "anthropic_version" in request.body

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | None:  # noqa: ARG002 - no ids
        return _embedded(request)

    def _read(self, wire: WireRequest, secret: str, body: dict[str, Any]) -> Request:
        model, operation = self._model_and_operation(wire.path)
        family = family_of(model, body)
        fields: dict[str, Any] | Refusal = {"body": body}
        if family and operation == self.streaming and not family.streams:
            fields = Refusal("invalid_request", message=_NOT_STREAMED)
        elif family:
            fields = family.read(body)
        elif not _is_to_embed(body):
            fields = Refusal("invalid_request", message=_UNKNOWN)
        if isinstance(fields, Refusal):
            return self._invalid(wire, secret, fields)
        return Request(
            provider=self.name,
            api=self.api,
            surface=self.surface,
            host=wire.host,
            path=wire.path,
            model=model,
            stream=operation == self.streaming,
            credential=secret,
            region=region_of(wire),
            size=len(wire.body),
            input_tokens=len(wire.body) // 4,  # roughly four bytes a token
            **fields,
        )

    def _whole(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        family = family_of(request.model, request.body)
        assert family  # else a document answers
        headers = (*ids(reply_context), *_counted(answer, _latency(reply_context)))
        return json_reply(
            200, headers, family.write(request, answer, reply_context), pieces_of(answer)
        )

    def _stream(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        family = family_of(request.model, request.body)
        assert family  # else a document answers
        headers = (*ids(reply_context), ("x-amzn-bedrock-content-type", "application/json"))
        latency = _latency(reply_context)
        *payloads, (last, content) = family.stream(request, answer, reply_context)
        payloads.append((last[:-1] + _measured(answer, latency), content))
        chunks = [_event(data, content=content) for data, content in payloads]
        if answer.broken_by:
            failed = self._exception(request, answer.broken_by.refusal)
            chunks = [*broken(chunks, answer, opening=1), failed]
        return stream_reply(headers, chunks)


def _event(data: str, *, content: bool) -> Chunk:
    encoded = b64encode(data.encode("utf-8", "replace")).decode()
    return event("chunk", f'{{"bytes":"{encoded}","p":"{padding(data)}"}}', content=content)


def _latency(reply_context: ReplyContext) -> int:
    return 200 + reply_context.rng.number(32) % 800  # assumed: under a second


def _counted(answer: Completion, latency: int) -> Headers:
    """The headers of a whole reply that count its tokens."""
    took = ("x-amzn-bedrock-invocation-latency", str(latency))
    if not answer.tells_usage:
        return (took,)
    usage = answer.usage
    return (
        took,
        ("x-amzn-bedrock-output-token-count", str(usage.output_tokens)),
        ("x-amzn-bedrock-input-token-count", str(usage.input_tokens)),
        ("x-amzn-bedrock-cache-read-input-token-count", str(usage.cache_read_tokens)),
        ("x-amzn-bedrock-cache-write-input-token-count", str(usage.cache_write_tokens)),
    )


def _measured(answer: Completion, latency: int) -> str:
    """The end of a stream's last event."""
    inputs, outputs = answer.usage.input_tokens, answer.usage.output_tokens
    counts = (
        f'"inputTokenCount":{inputs},"outputTokenCount":{outputs},' if answer.tells_usage else ""
    )
    took = f'"invocationLatency":{latency},"firstByteLatency":{latency // 2}'
    return f',"amazon-bedrock-invocationMetrics":{{{counts}{took}}}}}'


def _is_to_embed(body: dict[str, Any]) -> bool:
    texts = body.get("texts")
    return isinstance(body.get("inputText"), str) or (
        isinstance(texts, list) and bool(texts) and all(isinstance(text, str) for text in texts)
    )


def _embedded(request: Request) -> Document | None:
    body = request.body
    if request.invalid or family_of(request.model, body):
        return None
    if "inputText" in body:  # Titan
        size = body.get("dimensions")
        numbers = vector(body["inputText"], size if isinstance(size, int) else _SIZE)
        result = {"embedding": numbers, "inputTextTokenCount": request.input_tokens}
        if "v1" not in request.model:  # the second generation has them by type, too
            result["embeddingsByType"] = {"float": numbers}
        return Document(result)
    vectors = [vector(text, _SIZE) for text in body["texts"]]
    kind = "embeddings_floats"
    return Document({"embeddings": vectors, "response_type": kind, "texts": body["texts"]})
