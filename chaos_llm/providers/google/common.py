"""What Google's endpoints share: authentication, refusals, headers and JSON as Google prints it.

Bodies are those that users pasted; each row names its source. What no source shows is marked
assumed.
"""

from __future__ import annotations

import json
import re
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, NamedTuple
from urllib.parse import parse_qs, unquote

from chaos_llm.protocol.messages import Chunk, Document, Refusal, Reply, Request, WireRequest
from chaos_llm.protocol.rate_limits import with_headers
from chaos_llm.providers.endpoint import Endpoint
from chaos_llm.providers.framing import bearer, seconds
from chaos_llm.providers.provider import Headers, ReplyContext

Details = list[dict[str, Any]]
# googleapis/python-genai puts them into every response's sdk_http_response; without hop-by-hop ones
HEADERS = (
    ("vary", "Origin, X-Origin, Referer"),
    ("server", "scaffolding on HTTPServer2"),
    ("x-xss-protection", "0"),
    ("x-frame-options", "SAMEORIGIN"),
    ("x-content-type-options", "nosniff"),
    ("server-timing", "gfet4t7; dur=812"),  # which Google's edge adds; its value is assumed
)
_SIGN_IN = (("www-authenticate", 'Bearer realm="https://accounts.google.com/"'),)
_JSON = "application/json; charset=UTF-8"
_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}  # cloud.google.com/apis/design/errors
_LOCATION = re.compile(r"/locations/([^/]+)/")
_REGIONAL_HOST = re.compile(
    r"([a-z0-9-]+)-aiplatform\.googleapis\.com|aiplatform\.(\w+)\.rep\.googleapis\.com"
)


class GoogleError(NamedTuple):
    """A refusal in Google's words."""

    code: int
    message: str


class GoogleEndpoint(Endpoint):
    """An endpoint at {model}:{verb}; `verbs` are those that it serves."""

    verbs: ClassVar[tuple[str, ...]]
    route: ClassVar[re.Pattern[str]]  # finds the model, then the verb
    rows: ClassVar[Mapping[str, GoogleError]]
    unreadable: ClassVar[str] = "Invalid JSON payload received. {}"  # what follows is assumed
    event_errors: ClassVar[bool] = False  # a refused stream of events calls itself one

    def claims(self, method: str, path: str) -> bool:
        return method == "POST" and self._model_and_verb(path)[1] in self.verbs

    def _admit(self, wire: WireRequest) -> tuple[str, Refusal | None]:
        key = parse_qs(wire.query).get("key")
        if key:  # the other place for an API key
            wire = replace(wire, headers={"x-goog-api-key": key[-1], **wire.headers})
        return super()._admit(wire)

    def _secret(self, headers: Mapping[str, str]) -> str:
        return headers.get("x-goog-api-key") or bearer(headers.get("authorization", ""))

    def _invalid(self, wire: WireRequest, secret: str, refusal: Refusal) -> Request:
        request = super()._invalid(wire, secret, refusal)
        model, verb = self._model_and_verb(wire.path)
        region, stream = region_of(wire), verb.startswith("stream")
        body = {"$alt": alt_of(wire)}
        return replace(request, model=model, stream=stream, region=region, body=body)

    def _model_and_verb(self, path: str) -> tuple[str, str]:
        """Find the model and the verb that a path names."""
        found = self.route.search(path)
        return (unquote(found[1]), found[2]) if found else ("", "")

    def _refuse(self, request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:  # noqa: ARG002
        error = self.error(request, refusal)
        body = f"[{printed(error)}]\n" if self._lists_errors(request) else printed(error)
        reply = json_reply(refusal.status or error["error"]["code"], body)
        if self.event_errors and request.stream and request.body.get("$alt") == "sse":
            return with_headers(reply, (("content-type", "text/event-stream"),))
        return with_headers(reply, _SIGN_IN) if reply.status == 401 else reply

    def _lists_errors(self, request: Request) -> bool:
        """Whether errors are the one element of a list, as the streams of JSON arrays have them."""
        return request.stream and request.body.get("$alt") != "sse"

    def error(self, request: Request, refusal: Refusal) -> dict[str, Any]:
        """Write a refusal as Google's error object."""
        row = self._row(request, refusal)
        message = row.message if refusal.message is None else refusal.message
        other = "INTERNAL" if row.code >= 500 else "FAILED_PRECONDITION"  # assumed
        error: dict[str, Any] = {"code": row.code, "message": message}
        error["status"] = refusal.type or _STATUSES.get(row.code, other)
        details = [*self._details(request, refusal), *(refusal.details or ())]
        if refusal.retry_after is not None:
            delay = seconds(refusal.retry_after) + "s"
            details.append(
                {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}
            )
        return {"error": error | {"details": details} if details else error}

    def _row(self, request: Request, refusal: Refusal) -> GoogleError:  # noqa: ARG002 - for those that look
        """The row of a refusal; a status that it asks for brings that status's own words."""
        row = self.rows[refusal.kind]
        if not refusal.status or refusal.status < 400 or refusal.status == row.code:
            return row
        named = (other for other in self.rows.values() if other.code == refusal.status)
        return next(named, row._replace(code=refusal.status))

    @abstractmethod
    def _details(self, request: Request, refusal: Refusal) -> Details:
        """What a refusal says besides its message."""


def reason(name: str, service: str, **metadata: str) -> dict[str, Any]:
    """Write the detail that names an error's reason."""
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": name,
        "domain": "googleapis.com",
        "metadata": {"service": service, **metadata},
    }


def alt_of(wire: WireRequest) -> str:
    """The form that a stream is wanted in: "sse", or "json" for an array."""
    return parse_qs(wire.query).get("alt", ["json"])[-1]


def region_of(wire: WireRequest) -> str:
    """The region that a path names, else the host; "" on a host without one."""
    named = _LOCATION.search(wire.path)
    if named:
        return named[1]
    host = _REGIONAL_HOST.fullmatch(wire.host)
    return host[1] or host[2] if host else ""


def printed(value: Any) -> str:
    """JSON over many lines, as Google's whole replies are."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def in_one_line(value: Any) -> str:
    """JSON as Google's events are."""
    return json.dumps(value, separators=(",", ": "), ensure_ascii=False)


def json_reply(status: int, body: str, pieces: int = 0, more: Headers = ()) -> Reply:
    """Reply with JSON in one chunk, with Google's headers."""
    data = body.encode("utf-8", "replace")
    head = (("content-type", _JSON), ("content-length", str(len(data))), *HEADERS, *more)
    return Reply(status, head, (Chunk(0.0, data, pieces > 0),), pieces=pieces)


def document_reply(document: Document) -> Reply:
    """Reply with a document, as Google prints one."""
    return json_reply(document.status, printed(document.json), int(document.status < 400))
