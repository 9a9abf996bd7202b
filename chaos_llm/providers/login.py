"""What logins share: forms, no model to speak, and refresh tokens that serve once."""

from __future__ import annotations

import re
from abc import abstractmethod
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import parse_qsl

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
from chaos_llm.providers.framing import credential
from chaos_llm.providers.provider import Provider, ReplyContext


class Login(Provider):
    """Ask for a token, by one of these routes: a method, and a pattern of paths.

    Nothing checks a secret: what is wrong with a login comes from faults. Of a form only the fields
    of `kept` are, and secrets are not among them.
    """

    surface: ClassVar[str] = "login"
    routes: ClassVar[tuple[tuple[str, re.Pattern[str]], ...]]
    kept: ClassVar[tuple[str, ...]]

    def claims(self, method: str, path: str) -> bool:
        return any(method == known and route.search(path) for known, route in self.routes)

    def parse(self, wire: WireRequest) -> Request:
        form = form_of(wire)
        read = Request(
            provider=self.name,
            api=self.api,
            surface=self.surface,
            host=wire.host,
            path=wire.path,
            credential=credential(self._who(wire, form)),
            size=len(wire.body),
            body={name: form[name] for name in self.kept if name in form},
        )
        return replace(read, invalid=self._no_route(wire) or self._lacks(wire, form))

    def render(self, request: Request, answer: Answer, reply_context: ReplyContext) -> Reply:
        reply_context = reply_context.again()
        if isinstance(answer, Completion):
            raise Unsupported(f"{self.api}: a login has no model to speak")
        if isinstance(answer, Document):
            return self._render(request, answer, reply_context)
        return self._refuse(request, answer, reply_context)

    def _no_route(self, wire: WireRequest) -> Refusal | None:
        if self.claims(wire.method, wire.path):
            return None
        known = any(route.search(wire.path) for _, route in self.routes)
        return Refusal("method_not_allowed" if known else "not_found")

    @abstractmethod
    def _who(self, wire: WireRequest, form: dict[str, Any]) -> str:
        """The identity that logs in: a client's or a key's id."""

    @abstractmethod
    def _lacks(self, wire: WireRequest, form: dict[str, Any]) -> Refusal | None:
        """Refuse what the real endpoint refuses in any form."""

    @abstractmethod
    def _render(self, request: Request, answer: Document, reply_context: ReplyContext) -> Reply:
        """Write a document."""

    @abstractmethod
    def _refuse(self, request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:
        """Write a refusal."""


class RotatingLogin(Login):
    """A login whose refresh tokens serve once: each refresh comes with a new one.

    A token counts as used once a request with it was answered; one that a fault refused, or that
    never arrived, serves again. So a client that gives up on a slow answer has lost its token, as
    it has at a real login.
    """

    remembers: ClassVar[bool] = True

    def parse(self, wire: WireRequest) -> Request:
        request = super().parse(wire)
        token = form_of(wire).get("refresh_token")
        if token and request.body.get("grant_type") == "refresh_token":
            request.body[_REFRESHES] = credential(str(token))
        return request

    def used(self, request: Request, reply_context: ReplyContext) -> Refusal | None:
        """Refuse a refresh token that was used already."""
        used = request.body.get(_REFRESHES) in reply_context.kept.get(_USED, ())
        return Refusal("invalid_grant") if used else None

    def remember(self, request: Request, answer: Answer, reply_context: ReplyContext) -> None:
        """Keep the refresh tokens that were used, without the tokens themselves."""
        if isinstance(answer, Document) and _REFRESHES in request.body:
            used = reply_context.kept.setdefault(_USED, {})
            used[request.body[_REFRESHES]] = True
            if len(used) > _MOST:
                del used[next(iter(used))]


_REFRESHES, _USED = "$refreshes", "used refresh tokens"
_MOST = 10_000  # used tokens that are kept, each as a short fingerprint


def form_of(wire: WireRequest) -> dict[str, Any]:
    """Read the parameters of the query, then those of a form or of a JSON body."""
    form: dict[str, Any] = dict(parse_qsl(wire.query))
    text = wire.body.decode("utf-8", "replace")
    if not text.lstrip().startswith("{"):
        return form | dict(parse_qsl(text))
    try:
        value = strict_json.loads(text)
    except ValueError:
        return form
    if not isinstance(value, dict):
        return form
    texts = {name: v if isinstance(v, str) else strict_json.dumps(v) for name, v in value.items()}
    return form | texts


def needed(form: dict[str, Any], by_grant: dict[str, str]) -> str | None:
    """The parameter that a form lacks for its grant: "grant_type" where that is unknown."""
    field = by_grant.get(str(form.get("grant_type", "")))
    if field is None:
        return "grant_type"
    return None if not field or form.get(field) else field
