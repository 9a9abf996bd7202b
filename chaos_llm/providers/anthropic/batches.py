"""Anthropic's Message Batches: /v1/messages/batches, to create, watch, cancel and collect them.

What was created is kept in the stamp, for as long as the outage lasts. The wordings of refusals are
assumed.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any, ClassVar

from chaos_llm.protocol.batch_length import length_of
from chaos_llm.protocol.messages import Answer, Document, Refusal, Reply, Request, WireRequest
from chaos_llm.providers.anthropic.batch_jobs import WORK, Batch
from chaos_llm.providers.anthropic.documents import AnthropicDocument
from chaos_llm.providers.framing import base58, json_reply
from chaos_llm.providers.provider import ReplyContext

_PATH = re.compile(r"(.*/v1/messages/batches)(?:/([^/]+))?(?:/(results|cancel))?$")
_ALL, _ONE = r"/v1/messages/batches", r"/v1/messages/batches/[^/]+"
# The API takes 100,000 requests; each is answered at once where results are asked for.
_MOST_REQUESTS, _MOST_KEPT, _DIGITS = 1_000, 100, 4
_PAGE = 20
_LOCAL = ("localhost", "127.0.0.1")
_JSONL = ("content-type", "application/x-jsonl")  # assumed


class AnthropicBatches(AnthropicDocument):
    """Anthropic's Message Batches; a result is the answer that the Messages API would give."""

    api: ClassVar[str] = "batches"
    routes: ClassVar[tuple[tuple[str, re.Pattern[str]], ...]] = (
        ("POST", re.compile(_ALL + "$")),
        ("GET", re.compile(_ALL + "$")),
        ("GET", re.compile(_ONE + "$")),
        ("DELETE", re.compile(_ONE + "$")),
        ("POST", re.compile(_ONE + "/cancel$")),
        ("GET", re.compile(_ONE + "/results$")),
    )

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | Refusal | None:
        """Create a batch, list them, or see to one of them."""
        batches: dict[str, Batch] = reply_context.kept.setdefault("batches", {})
        address, batch_id, verb = _requests_of(request)
        method, fields = request.body["method"], request.body["fields"]
        if not batch_id and method == "POST":
            batch_id, takes = _new_id(reply_context.again()), length_of(reply_context.kept, WORK)
            asked = tuple(fields["requests"])
            batch = Batch(batch_id, reply_context.now, asked, takes=takes)
            batches[batch.id] = batch
            if len(batches) > _MOST_KEPT:
                del batches[next(iter(batches))]
            return Document(batch.shown(reply_context.now, address))
        if not batch_id:
            return Document(_page(batches, fields, reply_context.now, address))
        known = batches.get(batch_id)
        if known is None:
            return Refusal("not_found", message=f"Message batch {batch_id} not found.")
        if method == "DELETE":
            return _deleted(batches, known, reply_context.now)
        if verb == "results":
            return _results(known, request, reply_context)
        if verb == "cancel":
            known = batches[batch_id] = known.cancel(reply_context.now)
        return Document(known.shown(reply_context.now, address))

    def render(self, request: Request, answer: Answer, reply_context: ReplyContext) -> Reply:
        if isinstance(answer, Document) and isinstance(answer.json, list):
            lines = "".join(
                json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n"
                for line in answer.json
            )
            reply = json_reply(
                200, self._headers(request, reply_context.again()), lines, len(answer.json)
            )
            return replace(reply, headers=(_JSONL, *reply.headers[1:]))
        return super().render(request, answer, reply_context)

    def _lacks(self, body: dict[str, Any], method: str, path: str) -> Refusal | None:
        if method != "POST" or path.endswith("/cancel"):
            return None
        requests = body.get("requests")
        if not isinstance(requests, list) or not requests:
            fault = "Field required" if requests is None else "at least one request is required"
            return Refusal("invalid_request", message=f"requests: {fault}")
        if len(requests) > _MOST_REQUESTS:
            return Refusal("too_large")
        for index, entry in enumerate(requests):
            for field, kind in (("custom_id", str), ("params", dict)):
                if not isinstance(entry, dict) or not isinstance(entry.get(field), kind):
                    message = f"requests.{index}.{field}: Field required"
                    return Refusal("invalid_request", message=message)
        if len({entry["custom_id"] for entry in requests}) < len(requests):
            return Refusal("invalid_request", message="requests: custom_id must be unique")
        return None

    def _read(self, wire: WireRequest, secret: str, body: dict[str, Any]) -> Request:
        routed_body = {"method": wire.method, "fields": body}
        return replace(super()._read(wire, secret, body), body=routed_body)


def _requests_of(request: Request) -> tuple[str, str, str]:
    """Find the address of all batches, the id of one, and what is to be done with it."""
    found = _PATH.match(request.path)
    assert found is not None  # the route was claimed
    scheme = "http" if request.host.partition(":")[0] in _LOCAL else "https"
    return f"{scheme}://{request.host}{found[1]}", found[2] or "", found[3] or ""


def _new_id(reply_context: ReplyContext) -> str:
    return "msgbatch_01" + base58(reply_context.rng.number(256), 22)


def _page(
    batches: dict[str, Batch], fields: dict[str, Any], now: float, address: str
) -> dict[str, Any]:
    """List the newest first, from behind one id or up to another."""
    ids = list(reversed(batches))
    digits = str(fields.get("limit", ""))
    limit = int(digits) if digits.isdecimal() and len(digits) <= _DIGITS else _PAGE
    behind, before = fields.get("after_id"), fields.get("before_id")
    if behind in ids:
        ids = ids[ids.index(behind) + 1 :]
    if before in ids:
        ids = ids[: ids.index(before)][-limit:]
    page = ids[:limit]
    return {
        "data": [batches[one].shown(now, address) for one in page],
        "has_more": len(ids) > len(page),
        "first_id": page[0] if page else None,
        "last_id": page[-1] if page else None,
    }


def _deleted(batches: dict[str, Batch], batch: Batch, now: float) -> Document | Refusal:
    if now < batch.ends:
        message = f"Message batch {batch.id} cannot be deleted while it is being processed."
        return Refusal("invalid_request", message=message)
    del batches[batch.id]
    return Document({"id": batch.id, "type": "message_batch_deleted"})


def _results(batch: Batch, request: Request, reply_context: ReplyContext) -> Document | Refusal:
    if reply_context.now < batch.ends:
        message = f"Message batch {batch.id} has no available results."
        return Refusal("not_found", message=message)
    return Document(batch.results(request, reply_context))
