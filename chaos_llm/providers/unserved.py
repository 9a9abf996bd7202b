"""Requests to paths of a vendor that chaos_llm does not simulate.

A vendor's own 404 would suggest a mistake of the app. So the answer is a 501 with chaos_llm's own
message, a status that no vendor uses for it, and a header. Such requests are journalled with their
own surface, which no check considers, and only a fault for that surface applies to them.
"""

from __future__ import annotations

import re
from typing import ClassVar

from chaos_llm.protocol.messages import (
    UNSERVED,
    Answer,
    Completion,
    Refusal,
    Reply,
    Request,
    WireRequest,
)
from chaos_llm.protocol.websocket import UPGRADE
from chaos_llm.providers.framing import bearer, credential, json_reply, quote
from chaos_llm.providers.provider import Provider, ReplyContext

PREFIX = "chaos_llm does not simulate "  # the start of the message; the method and the path follow
HEADER = ("x-chaos-llm", "unserved")
_KEYS = ("x-api-key", "api-key", "x-goog-api-key")
_WAY_OUT = (
    "this endpoint has no healthy answer here, and the app is not to blame: stub it with "
    "chaos.respx, or keep it out of the test"
)

# What OpenAI serves at paths like those that are simulated, by method; from openai 3.57.
_NOT_PLAYED = re.compile(
    r"""
    (?:GET|POST)\ .*/(?:organization|chatkit|evals|fine_tuning)/.*
    |GET\ .*/chat/completions
    |DELETE\ .*/models/[^/]+
    |POST\ .*/threads/(?!runs$)[^/]+
    |(?:POST|DELETE)\ .*/threads/[^/]+/messages/[^/]+
    |POST\ .*/threads/[^/]+/runs/[^/]+
    """,
    re.VERBOSE,
)
_OPENAIS = ("openai", "azure-openai")


def is_played(provider: str, method: str, path: str) -> bool:
    """Whether a path that looks like a simulated one is not another of the vendor's endpoints."""
    return provider not in _OPENAIS or not _NOT_PLAYED.fullmatch(f"{method} {path}")


class Unserved(Provider):
    """The answer to a path that no wire format of this provider claims.

    `refuses` is the provider's wire format that renders a fault for such a path.
    """

    api: ClassVar[str] = UNSERVED
    surface: ClassVar[str] = UNSERVED
    hosts: ClassVar[tuple[str, ...]] = ()

    def __init__(self, refuses: Provider) -> None:
        self.name = refuses.name  # type: ignore[misc]  # the name of the provider without such a path
        self._refuses = refuses

    def claims(self, method: str, path: str) -> bool:  # noqa: ARG002 - it comes last, so it gets only what no other format claims
        return True

    def parse(self, wire: WireRequest) -> Request:
        headers = wire.headers
        keys = (headers.get(name, "") for name in _KEYS)
        secret = bearer(headers.get("authorization", "")) or next(filter(None, keys), "")
        is_upgrade = wire.method == UPGRADE
        endpoint = f"{'a websocket at' if is_upgrade else wire.method} {wire.path}"
        status = 426 if is_upgrade else 501  # a client of both falls back to HTTP at a 426
        return Request(
            provider=self.name,
            api=self.api,
            surface=self.surface,
            host=wire.host,
            path=wire.path,
            credential=credential(secret),
            size=len(wire.body),
            invalid=Refusal(UNSERVED, status=status, message=f"{PREFIX}{endpoint}"),
            body={"method": wire.method},
        )

    def render(self, request: Request, answer: Answer, reply_context: ReplyContext) -> Reply:
        if isinstance(answer, Refusal) and answer.kind != UNSERVED:
            return self._refuses.render(request, answer, reply_context.again())
        assert not isinstance(answer, Completion)  # no endpoint here has a model
        message = getattr(answer, "message", None) or ""
        body = (
            f'{{"error":{{"message":{quote(f"{message}: {_WAY_OUT}")},'
            f'"type":"chaos_llm_unserved","param":null,"code":"unserved"}}}}'
        )
        headers = (HEADER, ("x-should-retry", "false"))
        if request.body["method"] == UPGRADE:
            return json_reply(426, (("upgrade", "HTTP/1.1"), *headers), body)
        if request.body["method"] == "HEAD":
            return Reply(501, (("content-length", "0"), *headers), ())
        return json_reply(501, headers, body)
