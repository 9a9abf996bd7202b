"""One request that a rule refuses, its nearest sound one, and what the vendor says."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import httpx2

from chaos_llm import outage
from chaos_llm.providers.refusals import every_rule

GONE = object()  # a field that is left out


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
