"""What Bedrock's endpoints share: path, region, headers and refusals.

The statuses are those of botocore's model of bedrock-runtime; each message names its source, or is
that of AWS's page on troubleshooting Bedrock's error codes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, NamedTuple
from urllib.parse import unquote

from chaos_llm.errors import Unsupported
from chaos_llm.protocol.messages import (
    Answer,
    Chunk,
    Document,
    Refusal,
    Reply,
    Request,
    WireRequest,
)
from chaos_llm.providers.aws.event_frames import exception
from chaos_llm.providers.conversation import uuid
from chaos_llm.providers.framing import bearer, document_reply, json_reply, quote
from chaos_llm.providers.model_endpoint import ModelEndpoint
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.routes import Routed

Headers = tuple[tuple[str, str], ...]


class BedrockError(NamedTuple):
    """A refusal in AWS's words; the type is what SDKs go by, not the status."""

    status: int
    type: str
    message: str


_ROWS = {
    "invalid_request": BedrockError(
        400, "ValidationException", "The provided request is not valid"
    ),
    "auth_expired": BedrockError(
        403, "ExpiredTokenException", "The security token included in the request is expired"
    ),
    "permission": BedrockError(
        403,
        "AccessDeniedException",
        "You don't have access to the model with the specified model ID.",
    ),  # langgenius/dify#2829
    "not_found": BedrockError(
        404,
        "ResourceNotFoundException",
        "Could not resolve the foundation model from the provided model identifier.",
    ),
    "method_not_allowed": BedrockError(
        405, "UnknownOperationException", "Unknown operation"
    ),  # assumed
    "too_large": BedrockError(400, "ValidationException", "Input is too long for requested model."),
    "rate_limited": BedrockError(
        429, "ThrottlingException", "Too many tokens, please wait before trying again."
    ),  # aws-samples/amazon-bedrock-client-for-mac#99
    "quota": BedrockError(
        400,
        "ServiceQuotaExceededException",
        "Your request exceeds the service quota for your account.",
    ),
    "server_error": BedrockError(
        500,
        "InternalServerException",
        "The system encountered an unexpected error during processing. Try your request again.",
    ),
    "overloaded": BedrockError(
        503, "ServiceUnavailableException", "Bedrock is unable to process your request."
    ),  # darko-mesaros/bedrust#47
    "timeout": BedrockError(
        408,
        "ModelTimeoutException",
        "Model has timed out in processing the request. Try your request again.",
    ),
}
_NO_TOKEN = BedrockError(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
_NO_PATH = BedrockError(404, "UnknownOperationException", "Unknown operation")  # assumed
_TYPES = {row.status: row.type for kind, row in _ROWS.items() if kind != "quota"} | {
    400: "ValidationException",
    403: "AccessDeniedException",
    424: "ModelErrorException",
}
IN_STREAM = {
    "invalid_request": "validationException",
    "too_large": "validationException",
    "rate_limited": "throttlingException",
    "quota": "throttlingException",
    "server_error": "internalServerException",
    "overloaded": "serviceUnavailableException",
    "timeout": "modelStreamErrorException",
}
_ROUTE = re.compile(r"/model/(.+)/([a-z-]+)$")
_HOST = re.compile(
    r"(?:[a-z0-9-]+\.)?bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\.(?:vpce\.)?(?:amazonaws\.com|api\.aws)"
)
_SIGNED = re.compile(r"Credential=([^/,]+)/\d+/([^/]+)/")


class BedrockEndpoint(ModelEndpoint):
    """An operation of bedrock-runtime; `plain` and `streaming` are how their paths end."""

    asks_to_wait: ClassVar[bool] = False
    name: ClassVar[str] = "bedrock"
    hosts: ClassVar[tuple[str, ...]] = (
        "bedrock-runtime.us-east-1.amazonaws.com",
        "bedrock-runtime.*.amazonaws.com",
        "bedrock-runtime-fips.*.amazonaws.com",
        "bedrock-runtime.*.api.aws",  # by IPv4 and IPv6
        "bedrock-runtime-fips.*.api.aws",
        "*.bedrock-runtime.*.vpce.amazonaws.com",
        "bedrock-mantle.*.api.aws",  # it speaks OpenAI's API, which is not simulated here
        "bedrock-agent-runtime.*.amazonaws.com",  # likewise
    )
    plain: ClassVar[str]
    streaming: ClassVar[str]
    stream_errors: ClassVar[Mapping[str, str]] = IN_STREAM
    unreadable: ClassVar[str] = "Malformed input request, please reformat your input and try again."

    def claims(self, method: str, path: str) -> bool:
        return method == "POST" and self._model_and_operation(path)[1] in (
            self.plain,
            self.streaming,
        )

    def render(self, request: Request, answer: Answer, reply_context: ReplyContext) -> Reply:
        if isinstance(answer, Document):
            return document_reply(answer, ids(reply_context.again()))
        return super().render(request, answer, reply_context)

    def _model_and_operation(self, path: str) -> tuple[str, str]:
        """Find the model and the operation that a path names."""
        found = _ROUTE.search(path)
        return (unquote(found[1]), found[2]) if found else ("", "")

    def _secret(self, headers: Mapping[str, str]) -> str:
        return key_of(headers)

    def _invalid(self, wire: WireRequest, secret: str, refusal: Refusal) -> Request:
        request = super()._invalid(wire, secret, refusal)
        model, operation = self._model_and_operation(wire.path)
        stream = operation == self.streaming
        return replace(request, model=model, stream=stream, region=region_of(wire))

    def _refuse(self, request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:
        return refuse(request, refusal, reply_context)

    def _exception(self, request: Request, refusal: Refusal) -> Chunk:
        """Write a refusal as the last frame of a stream."""
        kind = self.stream_errors.get(refusal.kind)
        if not kind:
            raise Unsupported(f"{self.api}: a stream has no exception for {refusal.kind!r}")
        return exception(kind, f'{{"message":{quote(_row(request, refusal).message)}}}')


def ids(reply_context: ReplyContext) -> Headers:
    """Draw a request id and the header that carries it."""
    return (("x-amzn-requestid", uuid(reply_context)),)


def region_of(wire: WireRequest) -> str:
    """The region of the host, else the one that the request was signed for."""
    host = _HOST.fullmatch(wire.host)
    if host:
        return host[1]
    signed = _SIGNED.search(wire.headers.get("authorization", ""))
    return signed[2] if signed else ""


def _row(request: Request, refusal: Refusal) -> BedrockError:
    row = _ROWS[refusal.kind]
    if refusal.kind == "auth_expired" and not request.credential:
        row = _NO_TOKEN
    elif refusal.kind == "not_found" and not request.model:
        row = _NO_PATH
    if refusal.status and refusal.status < 400:  # an error under a good status keeps its type
        row = row._replace(status=refusal.status)
    elif refusal.status and refusal.status != row.status:
        other = "InternalFailure" if refusal.status >= 500 else "UnknownException"  # assumed
        row = row._replace(status=refusal.status, type=_TYPES.get(refusal.status, other))
    if refusal.type is not None:
        row = row._replace(type=refusal.type)
    return row if refusal.message is None else row._replace(message=refusal.message)


class BedrockDocuments(Routed):
    """Endpoints of Bedrock's that hand out documents."""

    asks_to_wait: ClassVar[bool] = False
    name: ClassVar[str] = "bedrock"
    unreadable: ClassVar[str] = "Malformed input request, please reformat your input and try again."

    def _secret(self, headers: Mapping[str, str]) -> str:
        return key_of(headers)

    def _refuse(self, request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:
        return refuse(request, refusal, reply_context)

    def _headers(self, request: Request, reply_context: ReplyContext) -> Headers:  # noqa: ARG002 - ids alone
        return ids(reply_context)


def key_of(headers: Mapping[str, str]) -> str:
    """The id of the key that a request is signed with, or its bearer token."""
    signed = _SIGNED.search(headers.get("authorization", ""))
    return signed[1] if signed else bearer(headers.get("authorization", ""))


def refuse(request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:
    """Write a refusal before any content."""
    row = _row(request, refusal)
    kind = f"{row.type}:http://internal.amazon.com/coral/com.amazon.bedrock/"
    headers = (*ids(reply_context), ("x-amzn-errortype", kind))
    if refusal.retry_after is not None:  # in milliseconds: what botocore obeys
        headers = (*headers, ("x-amz-retry-after", str(round(refusal.retry_after * 1000))))
    return json_reply(row.status, headers, f'{{"message":{quote(row.message)}}}')
