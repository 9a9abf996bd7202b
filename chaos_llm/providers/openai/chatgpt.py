"""ChatGPT's backend, as far as Codex calls it: its models, its limits, and what is beside them.

    POST chatgpt.com/backend-api/codex/responses    the Responses API, paid by a subscription
    GET  chatgpt.com/backend-api/wham/usage         what is used of its limits

Headers and the refusal at a limit are those that openai/codex reads, codex-rs/codex-api, and that
its tests show. The other documents are assumed, and the least that Codex 0.171.0 accepts.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any, ClassVar

from chaos_llm.protocol.messages import Document, Refusal, Reply, Request, WireRequest
from chaos_llm.protocol.rate_limits import Quota
from chaos_llm.providers.client_endpoints import ClientEndpoints, constant
from chaos_llm.providers.framing import json_reply
from chaos_llm.providers.openai.chatgpt_account import ACCOUNT, PLAN
from chaos_llm.providers.openai.common import Headers, OpenAIDialect
from chaos_llm.providers.openai.responses import OpenAIResponses
from chaos_llm.providers.openai.routed import OpenAIRouted
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.routes import Asked, Route

_HOST = "chatgpt.com"
_CODEX = re.compile(r"/backend-api/codex/responses$")
_SPANS = (("primary", 300), ("secondary", 10_080))  # minutes: five hours, and a week
_USED = 2  # percent of each limit that is used: assumed
_REACHED = "The usage limit has been reached"
_NOTHING = constant({})


class Subscribed(OpenAIDialect):
    """What a format of ChatGPT's backend says of a subscription: its limits, and their end."""

    hosts: ClassVar[tuple[str, ...]] = (_HOST,)
    usual_quota: ClassVar[Quota | None] = None

    def _opened(self, request: Request, reply_context: ReplyContext) -> tuple[str, Headers]:
        request_id, headers = super()._opened(request, reply_context)
        return request_id, headers + limit_headers(reply_context.now)

    def _refuse(self, request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:
        if refusal.kind != "quota":
            return super()._refuse(request, refusal, reply_context)
        _, headers = super()._opened(request, reply_context)
        headers += limit_headers(reply_context.now, reached=True)
        error = {"error": limit_reached(refusal, reply_context.now)}
        body = json.dumps(error, separators=(",", ":"), ensure_ascii=False)
        return json_reply(refusal.status or 429, headers, body)


class ChatGPTResponses(Subscribed, OpenAIResponses):
    """The Responses API of ChatGPT's backend, which a subscription pays."""

    api: ClassVar[str] = "codex_responses"

    def claims(self, method: str, path: str) -> bool:
        return method == "POST" and is_codex(path)

    def _read(self, wire: WireRequest, secret: str, body: dict[str, Any]) -> Request:
        return replace(super()._read(wire, secret, body), subscription=True)


def is_codex(path: str) -> bool:
    """Whether a path is that of the backend's Responses API."""
    return _CODEX.search(path) is not None


def limit_reached(refusal: Refusal, now: float) -> dict[str, Any]:
    """The error of a subscription whose first limit is reached."""
    return {
        "type": "usage_limit_reached",
        "message": refusal.message or _REACHED,
        "plan_type": PLAN,
        "resets_at": _resets(now, _SPANS[0][1]),
    }


def _resets(now: float, minutes: int) -> int:
    """The Unix time at which a limit is full again; where its span begins is assumed."""
    span = 60 * minutes
    return int(now - now % span + span)


def limit_headers(now: float, *, reached: bool = False) -> Headers:
    """The headers of both limits; whether the first is reached."""
    percents = (100 if reached else _USED, _USED)
    return tuple(
        (f"x-codex-{name}-{field}", value)
        for (name, minutes), percent in zip(_SPANS, percents, strict=True)
        for field, value in (
            ("used-percent", f"{percent}.0"),
            ("window-minutes", str(minutes)),
            ("reset-at", str(_resets(now, minutes))),
        )
    )


def _usage(api_call: Asked) -> Document:
    """What is used of both limits, as openai/codex reads it."""
    now = api_call.reply_context.now
    windows = {
        f"{name}_window": {
            "used_percent": _USED,
            "limit_window_seconds": 60 * minutes,
            "reset_after_seconds": _resets(now, minutes) - int(now),
            "reset_at": _resets(now, minutes),
        }
        for name, minutes in _SPANS
    }
    limit = {"allowed": True, "limit_reached": False, **windows}
    return Document({"plan_type": PLAN, "rate_limit": limit, "credits": None})


def _accounts(api_call: Asked) -> Document:
    """The accounts of a login: the one that the client names, as Codex refuses to work without."""
    account = api_call.fields["account"] or ACCOUNT
    entry = {
        "id": account,
        "name": None,
        "plan_type": PLAN,
        "structure": "personal",
        "workspace_backend_origin": "NO_CONSTRAINT",
        "account_routing_override": "NO_CONSTRAINT",
    }
    return Document(
        {"accounts": [entry], "account_ordering": [account], "default_account_id": account}
    )


class ChatGPTClient(ClientEndpoints, OpenAIRouted):
    """What Codex asks for beside the model."""

    hosts: ClassVar[tuple[str, ...]] = (_HOST, "ab.chatgpt.com")
    table: ClassVar[tuple[Route, ...]] = (
        Route("GET", "^/backend-api/wham/usage$", _usage),
        Route("GET", "^/backend-api/wham/accounts/check$", _accounts),
        Route("POST", "^/backend-api/ps/mcp$", constant(None, 404)),  # no connectors
        Route("GET", "^/backend-api/codex/models$", constant({"models": []})),
        Route("POST", "^/backend-api/codex/analytics-events/events$", _NOTHING),  # telemetry
        Route("POST", "^/otlp/v1/(?:logs|metrics|traces)$", _NOTHING),
        Route("GET", "^/backend-api/(?:ps/)?plugins(?:/|$)", constant([])),
        Route("GET", "^/backend-api/(?!codex/responses$)", _NOTHING),
        Route("POST", "^/backend-api/(?:wham|ps|plugins|connectors)/", _NOTHING),
    )

    def _request_fields(self, wire: WireRequest) -> dict[str, Any] | Refusal:
        return {"account": wire.headers.get("chatgpt-account-id", "")}
