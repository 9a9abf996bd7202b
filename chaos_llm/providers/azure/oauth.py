"""Microsoft's login as azure-identity and msal call it.

    GET  /common/discovery/instance                       which names the authority has
    GET  /{tenant}/v2.0/.well-known/openid-configuration  where its endpoints are
    POST /{tenant}/oauth2/v2.0/token

Codes and texts are those of learn.microsoft.com/entra/identity-platform/reference-error-codes; the
form of an error is as in OfficeDev/microsoft-365-agents-toolkit#8621. Others are marked assumed.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, NamedTuple

from chaos_llm.protocol.messages import Document, Refusal, Reply, Request, WireRequest
from chaos_llm.providers.conversation import uuid
from chaos_llm.providers.framing import base58, document_reply, seconds
from chaos_llm.providers.login import Login, needed
from chaos_llm.providers.provider import ReplyContext

_HOST = "login.microsoftonline.com"
_NEEDED = {
    "client_credentials": "scope",
    "refresh_token": "refresh_token",
    "authorization_code": "code",
    "password": "username",
    "urn:ietf:params:oauth:grant-type:jwt-bearer": "assertion",
    "urn:ietf:params:oauth:grant-type:device_code": "device_code",
}
_OF_USERS = ("refresh_token", "authorization_code", "password")
_LIFETIME = 3599
_INACTIVE = timedelta(days=90)


class AzureLoginError(NamedTuple):
    """A refusal in Microsoft's words; the code is the number behind AADSTS."""

    status: int
    error: str
    code: int
    text: str


_ROWS = {
    "invalid_request": AzureLoginError(
        400, "invalid_request", 9002313, "Invalid request. Request is malformed or invalid."
    ),
    "auth_expired": AzureLoginError(
        401,
        "invalid_client",
        7000222,
        "The provided client secret keys for app '{client}' are expired. Visit the Azure portal to "
        "create new keys for your app: https://aka.ms/NewClientSecret, or consider using "
        "certificate credentials for added security: https://aka.ms/certCreds.",
    ),
    "invalid_grant": AzureLoginError(
        400,
        "invalid_grant",
        700082,
        "The refresh token has expired due to inactivity. The token was issued on {issued} and was "
        "inactive for 90.00:00:00.",
    ),  # pasted by users
    "permission": AzureLoginError(
        400,
        "unauthorized_client",
        700016,
        "Application with identifier '{client}' was not found in the directory '{tenant}'. This "
        "can happen if the application has not been installed by the administrator of the tenant "
        "or consented to by any user in the tenant. You may have sent your authentication request "
        "to the wrong tenant.",
    ),
    "not_found": AzureLoginError(
        400,
        "invalid_request",
        90002,
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are "
        "signing into the correct cloud. Check with your subscription administrator, this may "
        "happen if there are no active subscriptions for the tenant.",
    ),
    "method_not_allowed": AzureLoginError(
        405,  # assumed
        "invalid_request",
        900561,
        "The endpoint only accepts POST requests. Received a {method} request.",
    ),
    "too_large": AzureLoginError(
        413, "invalid_request", 9002313, "Invalid request. Request is malformed or invalid."
    ),  # assumed
    "rate_limited": AzureLoginError(
        429, "temporarily_unavailable", 90055, "There are too many incoming requests."
    ),
    "quota": AzureLoginError(
        429, "temporarily_unavailable", 90055, "There are too many incoming requests."
    ),
    "server_error": AzureLoginError(
        500, "server_error", 50000, "There was an error issuing a token."
    ),
    "overloaded": AzureLoginError(
        503, "temporarily_unavailable", 90033, "A transient error has occurred. Please try again."
    ),
    "timeout": AzureLoginError(
        504, "temporarily_unavailable", 90024, "A transient error has occurred. Please try again."
    ),
}
_MISSING = AzureLoginError(
    400,
    "invalid_request",
    900144,
    "The request body must contain the following parameter: ",
)


class AzureOAuth(Login):
    """Microsoft's login."""

    name: ClassVar[str] = "azure-openai"
    api: ClassVar[str] = "entra_token"
    hosts: ClassVar[tuple[str, ...]] = (
        _HOST,
        "login.microsoft.com",
        "login.windows.net",
        "login.microsoftonline.us",  # of Azure Government
    )
    routes: ClassVar[tuple[tuple[str, re.Pattern[str]], ...]] = (
        ("POST", re.compile(r"^/[^/]+/oauth2/(?:v2\.0/)?token$")),
        ("GET", re.compile(r"^/[^/]+/discovery/instance$")),
        ("GET", re.compile(r"^/[^/]+/(?:v2\.0/)?\.well-known/openid-configuration$")),
    )
    kept: ClassVar[tuple[str, ...]] = ("grant_type", "client_id", "scope", "authorization_endpoint")

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | None:
        tenant = _tenant(request.path)
        if request.path.endswith("/discovery/instance"):
            return Document(_authority(request.body.get("authorization_endpoint", "")))
        if request.path.endswith("/openid-configuration"):
            return Document(_endpoints(f"https://{request.host}/{tenant}"))
        reply_context = reply_context.again()
        body = {"token_type": "Bearer", "expires_in": _LIFETIME, "ext_expires_in": _LIFETIME}
        if request.body.get("grant_type") in _OF_USERS:
            body["scope"] = request.body.get("scope", "")
            body["refresh_token"] = "1.A" + base58(reply_context.rng.number(256), 32)
        parts = (base58(reply_context.rng.number(256), 32) for _ in range(2))
        return Document(body | {"access_token": f"eyJ0eXAiOiJKV1QifQ.{'.'.join(parts)}"})

    def _who(self, wire: WireRequest, form: dict[str, Any]) -> str:  # noqa: ARG002
        return str(form.get("client_id", ""))

    def _lacks(self, wire: WireRequest, form: dict[str, Any]) -> Refusal | None:
        if wire.method == "GET":
            return None
        field = needed(form, _NEEDED)
        if not field and not form.get("client_id"):
            field = "client_id"
        return Refusal("invalid_request", message=_missing(field)) if field else None

    def _render(self, request: Request, answer: Document, reply_context: ReplyContext) -> Reply:  # noqa: ARG002
        return document_reply(answer, _headers(uuid(reply_context)))

    def _refuse(self, request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:
        trace, correlation = uuid(reply_context), uuid(reply_context)
        row = _row(request, refusal)
        issued = datetime.fromtimestamp(reply_context.now, UTC) - _INACTIVE
        row = row._replace(text=row.text.replace("{issued}", f"{issued:%Y-%m-%dT%H:%M:%S.%f}0Z"))
        when = datetime.fromtimestamp(reply_context.now, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        description = (
            f"AADSTS{row.code}: {row.text} Trace ID: {trace} Correlation ID: {correlation} "
            f"Timestamp: {when}"
        )
        document = {
            "error": row.error,
            "error_description": description,
            "error_codes": [row.code],
            "timestamp": when,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://{_HOST}/error?code={row.code}",
        }
        wait = refusal.retry_after
        after = (("retry-after", seconds(wait)),) if wait is not None else ()
        return document_reply(Document(document, row.status), (*_headers(trace), *after))


def _headers(trace: str) -> tuple[tuple[str, str], ...]:
    return (("cache-control", "no-store, no-cache"), ("x-ms-request-id", trace))


def _missing(field: str) -> str:
    return f"{_MISSING.text}'{field}'."


def _tenant(path: str) -> str:
    return path.lstrip("/").partition("/")[0]


def _row(request: Request, refusal: Refusal) -> AzureLoginError:
    row, text = _ROWS[refusal.kind], refusal.message
    if text is not None and text.startswith(_MISSING.text):
        row = _MISSING._replace(text=text)
    elif text is not None:
        row = row._replace(text=text)
    client, tenant = str(request.body.get("client_id", "")), _tenant(request.path)
    filled = row.text.replace("{client}", client).replace("{tenant}", tenant)
    return row._replace(status=refusal.status or row.status, text=filled.replace("{method}", "GET"))


def _authority(endpoint: str) -> dict[str, Any]:
    """The metadata of an authority: where its discovery document is, and its aliases."""
    tenant = endpoint.partition(f"{_HOST}/")[2].partition("/")[0] or "common"
    names = [_HOST, "login.windows.net", "login.microsoft.com", "sts.windows.net"]
    known = {"preferred_network": _HOST, "preferred_cache": "login.windows.net", "aliases": names}
    discovery = f"https://{_HOST}/{tenant}/v2.0/.well-known/openid-configuration"
    return {"tenant_discovery_endpoint": discovery, "api-version": "1.1", "metadata": [known]}


def _endpoints(at: str) -> dict[str, Any]:
    return {
        "token_endpoint": f"{at}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "jwks_uri": f"{at}/discovery/v2.0/keys",
        "response_types_supported": ["code", "id_token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{at}/v2.0",
        "authorization_endpoint": f"{at}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{at}/oauth2/v2.0/devicecode",
        "tenant_region_scope": None,
        "cloud_instance_name": "microsoftonline.com",
    }
