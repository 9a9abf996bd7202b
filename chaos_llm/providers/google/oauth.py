"""Google's login as google-auth calls it: tokens of accounts, of identities and of machines.

    POST oauth2.googleapis.com/token           service accounts and refresh tokens
    POST sts.googleapis.com/v1/token           workload identities
    POST iamcredentials.googleapis.com/...     impersonation: :generateAccessToken
    GET  metadata.google.internal/...          machines: service-accounts/{account}/token

Errors are in the form of RFC 6749, section 5.2, as users pasted them; others are marked assumed.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple

from chaos_llm.protocol import strict_json
from chaos_llm.protocol.messages import Document, Refusal, Reply, Request, WireRequest
from chaos_llm.providers.framing import base58, bearer, seconds
from chaos_llm.providers.google.common import json_reply as reply
from chaos_llm.providers.google.common import printed
from chaos_llm.providers.login import Login, needed
from chaos_llm.providers.provider import ReplyContext

_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_NEEDED = {
    "refresh_token": "refresh_token",
    "authorization_code": "code",
    _JWT: "assertion",
    _EXCHANGE: "subject_token",
}
_LIFETIME = 3599
_EMAIL = "app@example.iam.gserviceaccount.com"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_MACHINE = "/computeMetadata/v1/instance/service-accounts/"


class GoogleLoginError(NamedTuple):
    """A refusal in the words of Google's token endpoint."""

    status: int
    error: str
    description: str


# As pasted in porjo/youtubeuploader#181 and googleapis/google-cloud-python#10004.
_REVOKED = GoogleLoginError(400, "invalid_grant", "Token has been expired or revoked.")
_UNSIGNED = GoogleLoginError(400, "invalid_grant", "Invalid JWT Signature.")
_ROWS = {
    "invalid_request": _REVOKED,
    "auth_expired": _REVOKED,
    "invalid_grant": _REVOKED,
    "permission": GoogleLoginError(
        401,
        "unauthorized_client",
        "Client is unauthorized to retrieve access tokens using this method, or client not "
        "authorized for any of the scopes requested.",
    ),
    "not_found": GoogleLoginError(
        404, "not_found", "Not Found"
    ),  # assumed, as the other rows from here are
    "method_not_allowed": GoogleLoginError(405, "invalid_request", "Method not allowed"),
    "too_large": GoogleLoginError(413, "invalid_request", "Request is too large"),
    "rate_limited": GoogleLoginError(429, "rate_limit_exceeded", "Rate limit exceeded"),
    "quota": GoogleLoginError(403, "rate_limit_exceeded", "Rate limit exceeded"),
    "server_error": GoogleLoginError(
        500, "internal_failure", "Backend Error"
    ),  # google-auth retries its name
    "overloaded": GoogleLoginError(503, "temporarily_unavailable", "Backend Error"),
    "timeout": GoogleLoginError(504, "server_error", "Backend Error"),
}
_OF_GRANTS = ("invalid_request", "invalid_grant", "auth_expired")
_MISSING = "Missing required parameter: "
_UNKNOWN_GRANT = "Invalid grant_type: "


class GoogleOAuth(Login):
    """Google's login."""

    name: ClassVar[str] = "vertex"
    api: ClassVar[str] = "google_token"
    hosts: ClassVar[tuple[str, ...]] = (
        "oauth2.googleapis.com",
        "sts.googleapis.com",
        "iamcredentials.googleapis.com",
        "metadata.google.internal",
    )
    routes: ClassVar[tuple[tuple[str, re.Pattern[str]], ...]] = (
        ("POST", re.compile(r"^/(?:v1/|oauth2/v4/|o/oauth2/)?token$")),
        ("POST", re.compile(r"/serviceAccounts/[^/]+:generateAccessToken$")),
        ("GET", re.compile(r"/serviceAccounts/[^/]+/allowedLocations$")),
        ("GET", re.compile(rf"^{_MACHINE}[^/]+/(?:token)?$")),
    )
    kept: ClassVar[tuple[str, ...]] = ("grant_type", "client_id", "scope", "target_audience")

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | None:
        drawn = reply_context.again().rng.number(256)
        path, token = request.path, f"ya29.c.{base58(drawn, 32)}"
        if path.endswith("/allowedLocations"):
            return Document({"locations": ["us-central1"], "encodedLocations": "0x0"})
        if path.startswith(_MACHINE) and not path.endswith("/token"):
            account = {"aliases": ["default"], "email": _EMAIL, "scopes": [_SCOPE]}
            return Document(account)
        if path.endswith(":generateAccessToken"):
            until = datetime.fromtimestamp(reply_context.now + _LIFETIME, UTC)
            expires = until.strftime("%Y-%m-%dT%H:%M:%SZ")
            return Document({"accessToken": token, "expireTime": expires})
        if request.body.get("target_audience"):
            return Document({"id_token": _id_token(request, reply_context)})
        body: dict[str, Any] = {"access_token": token, "expires_in": _LIFETIME}
        if request.body.get("grant_type") == "refresh_token":
            body["scope"] = request.body.get("scope") or _SCOPE
        if request.body.get("grant_type") == _EXCHANGE:
            body["issued_token_type"] = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105
        return Document(body | {"token_type": "Bearer"})

    def parse(self, wire: WireRequest) -> Request:
        request = super().parse(wire)
        audience = _claims(wire).get("target_audience")
        if audience:
            request.body["target_audience"] = audience
        return request

    def _who(self, wire: WireRequest, form: dict[str, Any]) -> str:
        shown = form.get("client_id") or _claims(wire).get("iss")
        return str(shown or bearer(wire.headers.get("authorization", "")) or "")

    def _lacks(self, wire: WireRequest, form: dict[str, Any]) -> Refusal | None:
        if wire.method == "GET" or wire.path.endswith(":generateAccessToken"):
            return None
        field = needed(form, _NEEDED)
        if field == "grant_type":
            text = _UNKNOWN_GRANT + str(form.get("grant_type", ""))
            return Refusal("invalid_request", message=text)
        return Refusal("invalid_request", message=_MISSING + field) if field else None

    def _render(self, request: Request, answer: Document, reply_context: ReplyContext) -> Reply:  # noqa: ARG002
        written = reply(answer.status, printed(answer.json), int(answer.status < 400))
        if not request.path.startswith(_MACHINE):
            return written
        return Reply(
            written.status,
            (*written.headers[:2], ("metadata-flavor", "Google"), ("server", "Metadata Server")),
            written.chunks,
        )

    def _refuse(self, request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:  # noqa: ARG002
        row = _ROWS[refusal.kind]
        if refusal.kind in _OF_GRANTS and "client_id" not in request.body:
            row = _UNSIGNED
        if refusal.message is not None and refusal.kind == "invalid_request":
            grant = refusal.message.startswith(_UNKNOWN_GRANT)
            row = row._replace(error="unsupported_grant_type" if grant else "invalid_request")
        text = row.description if refusal.message is None else refusal.message
        body = printed({"error": row.error, "error_description": text})
        written = reply(refusal.status or row.status, body)
        wait = refusal.retry_after
        after = (("retry-after", seconds(wait)),) if wait is not None else ()
        return Reply(written.status, written.headers + after, written.chunks, pieces=0)


def _claims(wire: WireRequest) -> dict[str, Any]:
    """Read the claims of a signed assertion; its signature is not checked."""
    found = re.search(rb"(?:^|&)assertion=[\w-]+\.([\w-]+)\.", wire.body)
    if not found:
        return {}
    try:
        value = strict_json.loads(urlsafe_b64decode(found[1] + b"=="))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _id_token(request: Request, reply_context: ReplyContext) -> str:
    """An identity token that names its audience; its signature is none."""
    claims = {
        "aud": request.body["target_audience"],
        "exp": int(reply_context.now) + _LIFETIME,
        "iat": int(reply_context.now),
        "iss": "https://accounts.google.com",
    }
    parts = ({"alg": "RS256", "typ": "JWT"}, claims)
    head, body = (urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts)
    return f"{head.rstrip('=')}.{body.rstrip('=')}.{base58(reply_context.rng.number(256), 32)}"
