"""Vertex AI over gRPC, the default transport of google-cloud-aiplatform.

    /google.cloud.aiplatform.v1.PredictionService/GenerateContent
    /google.cloud.aiplatform.v1.PredictionService/StreamGenerateContent
    /google.cloud.aiplatform.v1.PredictionService/Predict
    /google.cloud.aiplatform.v1.LlmUtilityService/CountTokens

and the same of v1beta1. The REST API is these methods in JSON (google/api/http.proto), its refusals
are their statuses (google.aip.dev/193): so what REST says is what is written here, as messages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, ClassVar, NamedTuple

from chaos_llm.errors import Unsupported
from chaos_llm.protocol.grpc_wire import (
    CODES,
    Metadata,
    Status,
    refusal_reply,
    streamed_reply,
    unframed,
    whole_reply,
)
from chaos_llm.protocol.messages import (
    Answer,
    Chunk,
    Document,
    Refusal,
    Reply,
    Request,
    WireRequest,
)
from chaos_llm.providers import protobuf
from chaos_llm.providers.google.count_tokens import VertexTokenCount
from chaos_llm.providers.google.vertex_embeddings import VertexEmbeddings
from chaos_llm.providers.google.vertex_gemini import VertexGemini
from chaos_llm.providers.provider import Provider, ReplyContext

_PACKAGE = "google.cloud.aiplatform."
_VERSIONS = ("v1", "v1beta1")
_PATH = "$path"  # of a body: where REST would have been asked the same


class _Method(NamedTuple):
    """One method: its messages, REST's verb for it, and the field that is in REST's path."""

    request: str
    response: str
    verb: str
    resource: str = "model"
    streams: bool = False


_GENERATE = "GenerateContentRequest", "GenerateContentResponse"
_COUNT = _Method("CountTokensRequest", "CountTokensResponse", "countTokens", "endpoint")
_CONVERSATIONS = {
    "PredictionService/GenerateContent": _Method(*_GENERATE, "generateContent"),
    "PredictionService/StreamGenerateContent": _Method(
        *_GENERATE, "streamGenerateContent", streams=True
    ),
}
_COUNTS = {"LlmUtilityService/CountTokens": _COUNT, "PredictionService/CountTokens": _COUNT}
_PREDICTIONS = {
    "PredictionService/Predict": _Method("PredictRequest", "PredictResponse", "predict", "endpoint")
}


class _OverGrpc(Provider, protobuf.GrpcService):
    """The methods that say in messages what an endpoint of the REST API says in JSON."""

    name: ClassVar[str] = VertexGemini.name
    hosts: ClassVar[tuple[str, ...]] = VertexGemini.hosts
    rest: ClassVar[Provider]
    table: ClassVar[Mapping[str, _Method]]

    def claims(self, method: str, path: str) -> bool:
        return method == "POST" and self._method(path) is not None

    def request_message(self, path: str) -> str:
        version, method = self._found(path)
        return f"{_PACKAGE}{version}.{method.request}"

    def parse(self, wire: WireRequest) -> Request:
        version, method = self._found(wire.path)
        try:
            body = protobuf.read(self.request_message(wire.path), unframed(wire.body))
        except ValueError:
            body = {}
        path = f"/{version}/{body.pop(method.resource, '')}:{method.verb}"
        query = "alt=sse" if method.streams else ""
        twin = replace(wire, path=path, query=query, body=json.dumps(body).encode())
        request = self.rest.parse(twin)
        kept = (request.body or {}) | {_PATH: path}
        return replace(request, path=wire.path, size=len(wire.body), body=kept)

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | Refusal | None:
        return self.rest.healthy(_of_rest(request), reply_context)

    def render(self, request: Request, answer: Answer, reply_context: ReplyContext) -> Reply:
        if isinstance(answer, Refusal) and answer.status == 200:
            raise Unsupported(f"{self.api} over gRPC: an error has a status of its own")
        reply = self.rest.render(_of_rest(request), answer, reply_context)
        if isinstance(answer, Refusal):
            return refusal_reply(_status(json.loads(reply.body)), reply.status)
        version, method = self._found(request.path)
        message = f"{_PACKAGE}{version}.{method.response}"
        if not method.streams:
            return whole_reply(protobuf.written(message, json.loads(reply.body)), reply.pieces)
        return _stream(message, reply)

    def _found(self, path: str) -> tuple[str, _Method]:
        found = self._method(path)
        assert found is not None  # the path was claimed
        return found

    def _method(self, path: str) -> tuple[str, _Method] | None:
        """The version of the API and the method that a path names."""
        for version in _VERSIONS:
            beginning = f"/{_PACKAGE}{version}."
            if path.startswith(beginning) and (found := self.table.get(path[len(beginning) :])):
                return version, found
        return None


class VertexGeminiGrpc(_OverGrpc):
    """Gemini's conversations."""

    api: ClassVar[str] = VertexGemini.api
    rest: ClassVar[Provider] = VertexGemini()
    table: ClassVar[Mapping[str, _Method]] = _CONVERSATIONS


class VertexTokenCountGrpc(_OverGrpc):
    """Tokens of a prompt."""

    api: ClassVar[str] = VertexTokenCount.api
    rest: ClassVar[Provider] = VertexTokenCount()
    table: ClassVar[Mapping[str, _Method]] = _COUNTS


class VertexPredictGrpc(_OverGrpc):
    """Embeddings, which are predictions."""

    api: ClassVar[str] = VertexEmbeddings.api
    rest: ClassVar[Provider] = VertexEmbeddings()
    table: ClassVar[Mapping[str, _Method]] = _PREDICTIONS


def _of_rest(request: Request) -> Request:
    return replace(request, path=request.body[_PATH])


def _stream(message: str, reply: Reply) -> Reply:
    """A stream of events as one of messages; an error among the events ends it."""
    chunks, status = [], Status("OK")
    for chunk in reply.chunks:
        body = json.loads(chunk.data.removeprefix(b"data: "))
        if "error" in body:
            status = _status(body)
        else:
            chunks.append(Chunk(chunk.delay, protobuf.written(message, body), chunk.content))
    return streamed_reply(chunks, status)


def _status(body: Any) -> Status:
    """A refusal's status; its details are a message of their own in the trailers."""
    error = (body[0] if isinstance(body, list) else body)["error"]
    code = error["status"] if error["status"] in CODES else "UNKNOWN"
    trailers: Metadata = ()
    if error.get("details"):
        trailers = (("grpc-status-details-bin", _details(CODES[code].number, error)),)
    return Status(code, error["message"], trailers)


def _details(code: int, error: dict[str, Any]) -> bytes:
    """A google.rpc.Status with the details whose messages are known here."""
    known = []
    for detail in error["details"]:
        name = str(detail.get("@type", "")).rpartition("/")[2]
        with suppress(ValueError):
            protobuf.message_class(name)
            known.append(detail)
    content = {"code": code, "message": error["message"], "details": known}
    return protobuf.written("google.rpc.Status", content)
