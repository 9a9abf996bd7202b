"""Anthropic's login: OAuth authorize, token, roles, profile, API keys and usage.

    GET  /oauth/authorize, /cai/oauth/authorize   a code, as if the user had agreed at once
    POST /v1/oauth/token                          the anthropic SDK's (`lib/credentials`), too
    POST /v1/oauth/token/revoke
    GET  /api/oauth/profile, /api/oauth/usage
    GET  /api/oauth/claude_cli/roles
    POST /api/oauth/claude_cli/create_api_key

The paths are those that public write-ups of Claude Code's login show. The documents' fields were
seen in public pastes, their values are assumed; the document of the usage is assumed as a whole.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

from chaos_llm.protocol.messages import Document, Refusal, Reply, Request, WireRequest
from chaos_llm.providers.anthropic.common import refuse, reply_ids
from chaos_llm.providers.framing import base58, bearer, document_reply, json_reply
from chaos_llm.providers.login import RotatingLogin, needed
from chaos_llm.providers.provider import ReplyContext

_TOKEN = "/v1/oauth/token"  # noqa: S105 - a path
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_NEEDED = {"authorization_code": "code", "refresh_token": "refresh_token", _JWT_BEARER: "assertion"}
_SCOPE = "user:profile user:inference user:sessions:claude_code"
_LIFETIME = 28800  # eight hours
_FIVE_HOURS, _WEEK = 5 * 3600, 7 * 86400  # the windows of a subscription's limits
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


class AnthropicOAuth(RotatingLogin):
    """Anthropic's login."""

    name: ClassVar[str] = "anthropic"
    api: ClassVar[str] = "oauth"
    hosts: ClassVar[tuple[str, ...]] = (
        "claude.ai",
        "claude.com",
        "console.anthropic.com",
        "platform.claude.com",
        "api.anthropic.com",
    )
    routes: ClassVar[tuple[tuple[str, re.Pattern[str]], ...]] = (
        ("GET", re.compile(r"^/(?:cai/)?oauth/authorize$")),
        ("POST", re.compile(rf"^{_TOKEN}$")),
        ("POST", re.compile(rf"^{_TOKEN}/revoke$")),
        ("GET", re.compile(r"^/api/oauth/(?:claude_cli/roles|profile|usage)$")),
        ("POST", re.compile(r"^/api/oauth/(?:claude_cli/(?:roles|create_api_key)|profile)$")),
    )
    kept: ClassVar[tuple[str, ...]] = ("grant_type", "scope", "redirect_uri", "state")

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | Refusal | None:
        reply_context = reply_context.again()
        *_, last = request.path.rpartition("/")
        if last == "authorize":
            return _redirect(request.body, reply_context)
        if last == "token":
            return self.used(request, reply_context) or _tokens(request, reply_context)
        return _document(last, reply_context)

    def _who(self, wire: WireRequest, form: dict[str, Any]) -> str:  # noqa: ARG002
        return bearer(wire.headers.get("authorization", ""))

    def _lacks(self, wire: WireRequest, form: dict[str, Any]) -> Refusal | None:
        if wire.path == _TOKEN:
            field = needed(form, _NEEDED)
            if field == "grant_type":
                return Refusal("invalid_request", message=_UNKNOWN_GRANT)
        elif wire.path.endswith("/authorize"):
            field = None if "redirect_uri" in form else "redirect_uri"
        elif wire.path.endswith("/revoke"):
            field = None if form.get("token") else "token"
        else:
            return None if self._who(wire, form) else Refusal("auth_expired")
        return Refusal("invalid_request", message=_MISSING + field) if field else None

    def _render(self, request: Request, answer: Document, reply_context: ReplyContext) -> Reply:  # noqa: ARG002
        return document_reply(answer, reply_ids(reply_context)[1])

    def _refuse(self, request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:
        if request.path == _TOKEN and _is_of_grant(refusal):
            headers = reply_ids(reply_context)[1]
            return json_reply(refusal.status or 400, headers, _oauth_error(refusal))
        return refuse(request, refusal, reply_context)


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


def _document(name: str, reply_context: ReplyContext) -> Document:
    """What is told about an account: the last part of the path names it."""
    if name == "create_api_key":
        return Document({"raw_key": f"sk-ant-api03-{base58(reply_context.rng.number(256), 32)}"})
    if name == "usage":
        now = reply_context.now
        spans = {"five_hour": _FIVE_HOURS, "seven_day": _WEEK}
        return Document({name: _used(now, span) for name, span in spans.items()})
    return Document({"roles": _ROLES_HELD, "profile": _WHO}.get(name, {}))


def _used(now: float, span: int) -> dict[str, Any]:
    """One limit of a subscription, of which nothing is used yet."""
    resets = datetime.fromtimestamp(now - now % span + span, UTC)
    return {"utilization": 0.0, "resets_at": f"{resets:%Y-%m-%dT%H:%M:%S}+00:00"}
