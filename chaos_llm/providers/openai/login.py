"""OpenAI's login, as Codex calls it for a ChatGPT account.

    GET  auth.openai.com/oauth/authorize                  a code, as if the user had agreed at once
    POST auth.openai.com/oauth/token                      tokens for a code, or for a refresh token
    POST auth.openai.com/oauth/revoke
    POST auth.openai.com/api/accounts/deviceauth/...      usercode, and token: a login by device

Requests are those of openai/codex, codex-rs/login; of the replies only the names of the fields are
known from there, and the error of a token that was used already from openai/codex#6028.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from typing import Any, ClassVar
from urllib.parse import urlencode

from chaos_llm.protocol.messages import Document, Refusal, Reply, Request, WireRequest
from chaos_llm.providers.framing import base58, bearer, document_reply, json_reply, seconds
from chaos_llm.providers.login import RotatingLogin, needed
from chaos_llm.providers.openai.chatgpt_account import ACCOUNT, PLAN
from chaos_llm.providers.openai.common import reply_ids
from chaos_llm.providers.openai.errors import ROWS, OpenAIError, error_object
from chaos_llm.providers.provider import ReplyContext

_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_NEEDED = {
    "authorization_code": "code",
    "refresh_token": "refresh_token",
    _EXCHANGE: "subject_token",
}
_TOKEN = "/oauth/token"  # noqa: S105 - a path
_DEVICE = "/api/accounts/deviceauth"
# When tokens expire, in Unix time: 2100. A client in real time meets outages of years ago, and
# would refresh a token that expired in the days of the outage before each request.
_EXPIRES = 4_102_444_800
_ACCOUNT = {  # its values are assumed
    "chatgpt_account_id": ACCOUNT,
    "chatgpt_plan_type": PLAN,
    "chatgpt_user_id": "user-Example",
    "organizations": [],
}
_INVALID = "invalid_request_error"
_REUSED = OpenAIError(
    401,
    _INVALID,
    "refresh_token_reused",
    "Your refresh token has already been used to generate a new access token. Please try signing "
    "in again.",
)
_EXPIRED = OpenAIError(  # the code is one that Codex knows; no paste of its words was found
    401, _INVALID, "refresh_token_expired", "Your refresh token has expired. Please sign in again."
)
_ROWS = ROWS | {"invalid_grant": _REUSED, "auth_expired": _EXPIRED}
_MISSING = "Missing parameter: "  # this wording and the next are assumed
_UNKNOWN_GRANT = "Unsupported grant type"


class OpenAILogin(RotatingLogin):
    """OpenAI's login."""

    name: ClassVar[str] = "openai"
    api: ClassVar[str] = "openai_login"
    hosts: ClassVar[tuple[str, ...]] = ("auth.openai.com",)
    routes: ClassVar[tuple[tuple[str, re.Pattern[str]], ...]] = (
        ("GET", re.compile(r"^/oauth/authorize$")),
        ("POST", re.compile(rf"^(?:{_TOKEN}|/oauth/revoke)$")),
        ("POST", re.compile(rf"^{_DEVICE}/(?:usercode|token)$")),
    )
    kept: ClassVar[tuple[str, ...]] = ("grant_type", "client_id", "redirect_uri", "state")

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | Refusal | None:
        reply_context = reply_context.again()
        if request.path == _TOKEN:
            return self.used(request, reply_context) or _tokens(request, reply_context)
        if request.path.endswith("/authorize"):
            return _redirect(request.body, reply_context)
        drawn = base58(reply_context.rng.number(256), 32)
        if request.path.endswith("/usercode"):
            code = f"{drawn[:4]}-{drawn[4:9]}".upper()
            return Document({"device_auth_id": drawn, "user_code": code, "interval": "5"})
        if request.path.endswith("/token"):
            codes = {"code_challenge": drawn[:16], "code_verifier": drawn[16:]}
            return Document({"authorization_code": f"ac_{drawn}", **codes})
        return Document({})

    def _who(self, wire: WireRequest, form: dict[str, Any]) -> str:
        return str(form.get("client_id") or bearer(wire.headers.get("authorization", "")))

    def _lacks(self, wire: WireRequest, form: dict[str, Any]) -> Refusal | None:
        field = None
        if wire.path == _TOKEN:
            field = needed(form, _NEEDED)
            if field == "grant_type":
                return Refusal("invalid_request", message=_UNKNOWN_GRANT)
        elif wire.path.endswith("/authorize") and "redirect_uri" not in form:
            field = "redirect_uri"
        return Refusal("invalid_request", message=_MISSING + field) if field else None

    def _render(self, request: Request, answer: Document, reply_context: ReplyContext) -> Reply:  # noqa: ARG002
        return document_reply(answer, reply_ids(reply_context)[1])

    def _refuse(self, request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:  # noqa: ARG002
        request_id, headers = reply_ids(reply_context)
        row = _ROWS[refusal.kind]
        text = (refusal.message or row.message).replace("{request_id}", request_id)
        row = row._replace(message=text, status=refusal.status or row.status)
        row = row._replace(type=refusal.type or row.type, code=refusal.code or row.code)
        wait = refusal.retry_after
        after = (("retry-after", seconds(wait)),) if wait is not None else ()
        return json_reply(row.status, headers + after, f'{{"error":{error_object(row)}}}')


def _redirect(query: dict[str, str], reply_context: ReplyContext) -> Document:
    """Send the browser back with a code, as if the user had agreed at once."""
    answer = {"code": f"ac_{base58(reply_context.rng.number(256), 32)}"}
    if "state" in query:
        answer["state"] = query["state"]
    address = query.get("redirect_uri", "")
    glue = "&" if "?" in address else "?"
    return Document(status=302, headers=(("location", address + glue + urlencode(answer)),))


def _tokens(request: Request, reply_context: ReplyContext) -> Document:
    """An API key for an identity; else an identity, and tokens in its name."""
    drawn = base58(reply_context.rng.number(256), 32)
    if request.body.get("grant_type") == _EXCHANGE:
        return Document({"access_token": f"sk-proj-{drawn}"})
    claims: dict[str, Any] = {
        "iss": "https://auth.openai.com",
        "aud": ["https://api.openai.com/v1"],
        "iat": int(reply_context.now),
        "exp": _EXPIRES,
        "sub": "auth0|example",
        "https://api.openai.com/auth": _ACCOUNT,
    }
    return Document(
        {
            "id_token": _signed(claims | {"email": "user@example.com"}, drawn),
            "access_token": _signed(claims, drawn),
            "refresh_token": f"rt_{drawn}",
        }
    )


def _signed(claims: dict[str, Any], signature: str) -> str:
    """A JSON web token; its signature is none."""
    parts = ({"alg": "RS256", "typ": "JWT"}, claims)
    head, body = (urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts)
    return f"{head.rstrip('=')}.{body.rstrip('=')}.{signature}"
