"""Endpoints without a model, as a table: a method, a pattern of paths, and what answers.

routes of Files: Route("GET", "/files/([^/]+)$", show), Route("DELETE", "/files/([^/]+)$", drop)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from email.message import Message
from functools import cache
from typing import Any, ClassVar, NamedTuple
from urllib.parse import parse_qsl, unquote

from chaos_llm.protocol.messages import Document, Refusal, Request, WireRequest
from chaos_llm.providers.document_endpoint import DocumentEndpoint
from chaos_llm.providers.endpoint import read_object
from chaos_llm.providers.provider import ReplyContext

Answered = Document | Refusal


class Upload(NamedTuple):
    """A file of a form."""

    name: str
    data: bytes


class Asked(NamedTuple):
    """What a request asks of such an endpoint.

    `parts` are the groups of the route's pattern, `fields` those of the body and of the query.
    """

    request: Request
    reply_context: ReplyContext
    parts: tuple[str, ...]
    fields: dict[str, Any]

    @property
    def id(self) -> str:
        """The id that the path names."""
        return self.parts[0]

    def kept(self, name: str) -> dict[str, Any]:
        """A drawer of what the provider keeps as long as the outage lasts."""
        drawer: dict[str, Any] = self.reply_context.kept.setdefault(name, {})
        return drawer


class Route(NamedTuple):
    """One method at one pattern of paths, and the function that answers."""

    method: str
    pattern: str
    answer: Callable[[Asked], Answered]


class Routed(DocumentEndpoint):
    """Endpoints of a table; the first route that fits answers."""

    table: ClassVar[tuple[Route, ...]]
    methods: ClassVar[tuple[str, ...]] = ("GET", "POST", "DELETE", "PUT", "PATCH")

    def claims(self, method: str, path: str) -> bool:
        return self._route(method, path) is not None

    def healthy(self, request: Request, reply_context: ReplyContext) -> Answered | None:
        body = request.body
        found = self._route(body["$method"], request.path)
        assert found is not None  # the route was claimed
        route, parts = found
        return route.answer(Asked(request, reply_context.again(), parts, body["$fields"]))

    def _route(self, method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
        for route in self.table:
            if route.method == method and (match := _compiled(route.pattern).search(path)):
                return route, tuple(unquote(part or "") for part in match.groups())
        return None

    def _request_fields(self, wire: WireRequest) -> dict[str, Any] | Refusal:
        media = wire.headers.get("content-type", "")
        query = dict(parse_qsl(wire.query))
        if media.startswith("multipart/"):
            return query | form_of(wire.body, media)
        if wire.method in ("POST", "PUT", "PATCH") and wire.body:
            body = read_object(wire.body, self.unreadable)
            return body if isinstance(body, Refusal) else query | body
        return query

    def _read(self, wire: WireRequest, secret: str, body: dict[str, Any]) -> Request:
        kept = {"$method": wire.method, "$fields": body}
        return replace(super()._read(wire, secret, body), body=kept)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def form_of(body: bytes, media: str) -> dict[str, Any]:
    """Read a multipart form: texts as texts, files as uploads; repeated fields are lists."""
    header = Message()
    header["content-type"] = media
    boundary = header.get_param("boundary")
    fields: dict[str, Any] = {}
    if not isinstance(boundary, str):
        return fields
    for part in body.split(b"--" + boundary.encode("utf-8", "replace"))[1:-1]:
        head, _, data = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name, value = _field(head.decode("utf-8", "replace"), data.removesuffix(b"\r\n"))
        if name.endswith("[]") or name in fields:
            name = name.removesuffix("[]")
            value = [*_listed(fields.get(name)), value]
        fields[name] = value
    return fields


def _field(head: str, data: bytes) -> tuple[str, Any]:
    header = Message()
    for line in head.splitlines():
        key, _, value = line.partition(":")
        if key.lower() == "content-disposition":
            header["content-disposition"] = value.strip()
    name = str(header.get_param("name", "", "content-disposition"))
    file = header.get_param("filename", None, "content-disposition")
    if file is None:
        return name, data.decode("utf-8", "replace")
    return name, Upload(str(file), data)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def page_of(
    kept: dict[str, Any], fields: dict[str, Any], shown: Callable[[Any], dict[str, Any]]
) -> dict[str, Any]:
    """List what is kept as OpenAI does: the newest first, from behind one id, so many of them."""
    ids = list(kept) if fields.get("order") == "asc" else list(reversed(kept))
    if (after := fields.get("after")) in ids:
        ids = ids[ids.index(after) + 1 :]
    limit = str(fields.get("limit", ""))
    page = ids[: int(limit) if limit.isdecimal() else 20]
    return {
        "object": "list",
        "data": [shown(kept[each]) for each in page],
        "first_id": page[0] if page else None,
        "last_id": page[-1] if page else None,
        "has_more": len(ids) > len(page),
    }
