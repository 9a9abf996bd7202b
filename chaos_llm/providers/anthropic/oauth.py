"""Anthropic's login: OAuth authorize, token, roles and profile.

The token endpoint is the anthropic SDK's (`lib/credentials`); the other paths are those that
public write-ups of Claude Code's login show. The documents' fields were seen in public pastes,
their values are assumed. Nothing here checks a code or a token: what is wrong with a login comes
from faults.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode

from chaos_llm.errors import Unsupported
from chaos_llm.protocol import strict_json
from chaos_llm.protocol.messages import (
    Answer,
    Completion,
    Document,
    Refusal,
    Reply,
    Request,
    WireRequest,
)
from chaos_llm.providers.anthropic.common import refuse, reply_ids
from chaos_llm.providers.framing import base58, bearer, credential, document_reply, json_reply
from chaos_llm.providers.provider import Provider, ReplyContext

_AUTHORIZE = ("/oauth/authorize", "/cai/oauth/authorize")
_TOKEN = ("/v1/oauth/token",)
_ROLES = ("/api/oauth/claude_cli/roles",)
_PROFILE = ("/api/oauth/profile",)
_METHODS = {
    **dict.fromkeys(_AUTHORIZE, ("GET",)),
    **dict.fromkeys(_TOKEN, ("POST",)),
    **dict.fromkeys(_ROLES + _PROFILE, ("GET", "POST")),
}
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_NEEDED = {"authorization_code": "code", "refresh_token": "refresh_token", _JWT_BEARER: "assertion"}
_SCOPE = "user:profile user:inference user:sessions:claude_code"
_LIFETIME = 28800  # eight hours
_ORGANIZATION = {"uuid": "6f0a3c52-0000-4000-8000-5f2d1b9e7a10", "name": "Example"}
_ACCOUNT = {"uuid": "b1c7e9d4-0000-4000-8000-2a6f4c8e0b31", "email_address": "user@example.com"}
_ROLES_HELD = {
    "organization_uuid": _ORGANIZATION["uuid"],
    "organization_name": _ORGANIZATION["name"],
    "organization_role": "user",
    "workspace_uuid": None,
    "workspace_name": None,
    "workspace_role": None,
}
_WHO = {
    "account": {
        "uuid": _ACCOUNT["uuid"],
        "full_name": "Example User",
        "display_name": "Example",
        "email": _ACCOUNT["email_address"],
        "has_claude_max": False,
        "has_claude_pro": True,
    },
    "organization": {
        **_ORGANIZATION,
        "organization_type": "claude_pro",
        "billing_type": "stripe_subscription",
        "rate_limit_tier": "default_claude_pro",
        "subscription_status": "active",
    },
}


class AnthropicOAuth(Provider):
    """Anthropic's login."""

    name: ClassVar[str] = "anthropic"
    api: ClassVar[str] = "oauth"
    surface: ClassVar[str] = "login"
    hosts: ClassVar[tuple[str, ...]] = (
        "claude.ai",
        "claude.com",
        "console.anthropic.com",
        "platform.claude.com",
        "api.anthropic.com",
    )

    def claims(self, method: str, path: str) -> bool:
        return method in _METHODS.get(path, ())

    def parse(self, wire: WireRequest) -> Request:
        secret = credential(bearer(wire.headers.get("authorization", "")))
        body = _form(wire)
        return Request(
            provider=self.name,
            api=self.api,
            surface=self.surface,
            host=wire.host,
            path=wire.path,
            credential=secret,
            size=len(wire.body),
            invalid=_refusal_of(wire, secret, body),
            body=body,
        )

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | None:
        reply_context = reply_context.again()
        if request.path in _AUTHORIZE:
            return _redirect(request.body, reply_context)
        if request.path in _TOKEN:
            return _tokens(request, reply_context)
        return Document(_ROLES_HELD if request.path in _ROLES else _WHO)

    def render(self, request: Request, answer: Answer, reply_context: ReplyContext) -> Reply:
        reply_context = reply_context.again()
        if isinstance(answer, Completion):
            raise Unsupported("oauth: a login has no model to speak")
        if isinstance(answer, Document):
            return document_reply(answer, reply_ids(reply_context)[1])
        if request.path in _TOKEN and _is_of_grant(answer):
            headers = reply_ids(reply_context)[1]
            return json_reply(answer.status or 400, headers, _oauth_error(answer))
        return refuse(request, answer, reply_context)


def _form(wire: WireRequest) -> dict[str, Any]:
    """Read the parameters: of the query, a JSON body, or a form, as OAuth's own rule has it."""
    if wire.method == "GET":
        return dict(parse_qsl(wire.query))
    text = wire.body.decode("utf-8", "replace")
    if not text.lstrip().startswith("{"):
        return dict(parse_qsl(text))
    try:
        value = strict_json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _refusal_of(wire: WireRequest, secret: str, body: dict[str, Any]) -> Refusal | None:
    methods = _METHODS.get(wire.path, ())
    if wire.method not in methods:
        return Refusal("method_not_allowed" if methods else "not_found")
    if wire.path in _TOKEN:
        return _refusal_of_grant(body)
    if wire.path in _AUTHORIZE:
        needed = "redirect_uri"
        return None if needed in body else Refusal("invalid_request", message=_MISSING + needed)
    return None if secret else Refusal("auth_expired")


def _refusal_of_grant(body: dict[str, Any]) -> Refusal | None:
    needed = _NEEDED.get(str(body.get("grant_type", "")))
    if not needed:
        return Refusal("invalid_request", message=_UNKNOWN_GRANT)
    return None if body.get(needed) else Refusal("invalid_request", message=_MISSING + needed)


_UNKNOWN_GRANT = "Unsupported grant type"  # this wording and the next are assumed
_MISSING = "Missing parameter: "


def _is_of_grant(refusal: Refusal) -> bool:
    """Whether the token endpoint refuses the grant itself.

    It says so of an expired credential, too; but the messages of expired ones that users pasted
    came with a 401.
    """
    if refusal.kind == "auth_expired":
        return refusal.message is None
    return refusal.kind in ("invalid_request", "invalid_grant")


def _oauth_error(refusal: Refusal) -> str:
    """Write the token endpoint's own refusal, in the form of RFC 6749, section 5.2.

    The words of a refused grant, and the spaces after the colons, are those of
    ex-machina-co/opencode-anthropic-auth#162.
    """
    code = "unsupported_grant_type" if refusal.message == _UNKNOWN_GRANT else "invalid_request"
    if refusal.message is None or refusal.kind != "invalid_request":
        code = "invalid_grant"
    description = refusal.message or "Refresh token not found or invalid"
    return json.dumps({"error": code, "error_description": description}, ensure_ascii=False)


def _redirect(query: dict[str, str], reply_context: ReplyContext) -> Document:
    """Send the browser back with a code, as if the user had agreed at once."""
    answer = {"code": base58(reply_context.rng.number(256), 32)}
    if "state" in query:
        answer["state"] = query["state"]
    address = query.get("redirect_uri", "")
    glue = "&" if "?" in address else "?"
    return Document(status=302, headers=(("location", address + glue + urlencode(answer)),))


def _tokens(request: Request, reply_context: ReplyContext) -> Document:
    access = "sk-ant-oat01-" + base58(reply_context.rng.number(256), 32)
    tokens: dict[str, Any] = {
        "token_type": "Bearer",
        "access_token": access,
        "expires_in": _LIFETIME,
    }
    if request.body.get("grant_type") != _JWT_BEARER:
        tokens["refresh_token"] = "sk-ant-ort01-" + base58(reply_context.rng.number(256), 32)
        tokens["scope"] = request.body.get("scope") or _SCOPE
        tokens["organization"] = _ORGANIZATION
        tokens["account"] = _ACCOUNT
    return Document(tokens)
