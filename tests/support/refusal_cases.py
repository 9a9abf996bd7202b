"""One request that a rule refuses, its nearest sound one, and what the vendor says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import httpx2

from chaos_llm import outage
from chaos_llm.protocol.messages import WireRequest
from chaos_llm.providers import find
from chaos_llm.providers.refusals import every_rule, validated
from chaos_llm.requests.hosts import host_map

GONE = object()  # a field that is left out
# What a fuzzer puts in the place of any value of a body.
HOSTILE = (None, -1e400, "\ud800", [[]], [None], {}, {"type": [], "role": {}})


@dataclass(frozen=True)
class Api:
    """Where a vendor's API is, with a sound request to it and the rules' table by its name."""

    table: str
    url: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass(frozen=True)
class Case:
    """Changes of a sound request: `refused` breaks the rule, `accepted` nearly does."""

    rule: str
    refused: dict[str, Any]
    accepted: dict[str, Any]
    message: str
    status: int = 400
    headers: dict[str, str] = field(default_factory=dict)  # of both requests
    more: dict[str, Any] = field(default_factory=dict)  # fields of the error: param, code
    raw: bytes | None = None  # a body that is no JSON


def conversation(*messages: Any, **more: Any) -> dict[str, Any]:
    """The change of a request to these messages, and to further fields."""
    return {"messages": list(messages), **more}


def check(api: Api, case: Case) -> None:
    """Send both requests of a case: one is refused by its rule, in its words; the other is not."""
    with outage() as chaos:
        refused = post(api, case.refused, case)
        accepted = None if case.raw is not None else post(api, case.accepted, case)
        first, *others = chaos.journal
    assert refused.status_code == case.status, refused.text
    error = error_of(refused)
    assert str(error["message"]).startswith(case.message), error
    assert {name: error[name] for name in case.more} == case.more, error
    assert first.broken_rule.name == f"{api.table}: {case.rule}", first.broken_rule
    assert accepted is None or accepted.status_code == 200, accepted.text
    assert all(other.broken_rule is None for other in others)


def check_hostile_values(api: Api, case: Case) -> None:
    """Put other values in the place of each value of a case's bodies: each is read or refused."""
    for change in (case.refused, case.accepted):
        body = changed(api.body, change)
        url, headers = body.pop("$url", api.url), body.pop("$headers", {})
        for path in list(paths(body)):
            for value in HOSTILE:
                _judge(url, {**api.headers, **case.headers, **headers}, replaced(body, path, value))


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the values inside a JSON value are."""
    steps = value.items() if isinstance(value, dict) else ()
    steps = enumerate(value) if isinstance(value, list) else steps
    for step, inner in steps:
        yield (*at, step)
        yield from paths(inner, (*at, step))


def replaced(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of a body with another value at a path."""
    copy = deepcopy(body)
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return copy


def _judge(url: str, headers: dict[str, str], body: Any) -> None:
    sent = httpx2.Request("POST", url)
    provider, *_ = host_map({}).names(sent.url.host, sent.url.port, sent.url.scheme)
    given = {"content-type": "application/json", **headers}
    wire = WireRequest(
        "POST",
        sent.url.host,
        sent.url.path,
        sent.url.query.decode(),
        {name: text for name, text in given.items() if text is not GONE},
        json.dumps(body).encode(),
    )
    validated(find(provider, "POST", sent.url.path).parse(wire), wire, 1_772_451_420.0)


def error_of(reply: httpx2.Response) -> dict[str, Any]:
    """The error object of a reply, in whatever a vendor wraps it."""
    body = reply.json()
    body = body[0] if isinstance(body, list) else body
    error = body.get("error", body)
    return error if isinstance(error, dict) else {"message": error}


def changed(body: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """A body with some fields changed, or left out."""
    return {k: v for k, v in {**body, **change}.items() if v is not GONE}


def post(api: Api, change: dict[str, Any], case: Case) -> httpx2.Response:
    """Send a request of a case, as an app without any SDK would."""
    body = changed(api.body, change)
    url, more = body.pop("$url", api.url), body.pop("$headers", {})
    headers = changed({"content-type": "application/json", **api.headers}, case.headers | more)
    content = json.dumps(body).encode() if case.raw is None else case.raw
    return httpx2.post(url, content=content, headers=headers)


def rules_of(table: str) -> set[str]:
    """The names of the rules in a table."""
    return {rule.name for each, rule in every_rule() if each.name == table}
