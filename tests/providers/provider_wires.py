"""Requests and answers for every wire format of the catalogue."""

from __future__ import annotations

import json
from typing import Any

from chaos_llm.dice import Die
from chaos_llm.model import Answer, Completion, Reply, Request, ToolCall, Usage, WireRequest
from chaos_llm.providers import Provider, Stamp, find

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
PROMPT = "Where is order KX-48213?"

# One ordinary request per API; a new API needs a line here, a new row of a known one does not.
BODIES: dict[str, dict[str, Any]] = {
    "messages": {
        "model": "claude-opus-4-6",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": PROMPT}],
    },
    "chat": {"model": "gpt-5.2", "messages": [{"role": "user", "content": PROMPT}]},
    "responses": {"model": "gpt-5.2", "input": PROMPT},
}
PATHS = {
    "messages": "/v1/messages",
    "chat": "/v1/chat/completions",
    "responses": "/v1/responses",
    "oauth": "/api/oauth/profile",
    "statuspage": "/api/v2/summary.json",
}

TEXT = "Order KX-48213 left Zürich today: „unterwegs“, it is 🚚."
SAID = Completion(TEXT, usage=Usage(21, 17))
CALLED = Completion(
    tool_calls=(ToolCall("track", '{"order": "KX-48213", "days": 3}'),),
    stop="tool",
    usage=Usage(21, 9),
)
SAID_AND_CALLED = Completion(
    "Let me look.",
    (ToolCall("track", '{"order": "KX-48213"}'), ToolCall("weather", '{"city":"Zürich"}')),
    stop="tool",
    usage=Usage(30, 25),
)


def wire_request(provider: Provider, **changes: Any) -> WireRequest:
    """An ordinary request to this provider; a `body` that is None sends none."""
    body = changes.pop("body", BODIES.get(provider.api))
    data = body if isinstance(body, bytes) else json.dumps(body).encode() if body else b""
    parts: dict[str, Any] = {
        "method": "POST" if provider.api in BODIES else "GET",
        "host": provider.hosts[0],
        "path": PATHS[provider.api],
        "query": "",
        "headers": {"authorization": "Bearer sk-test", "content-type": "application/json"},
        "body": data,
    }
    return WireRequest(**(parts | changes))


def stamp(key: object = "a stamp") -> Stamp:
    """A new stamp, equal for equal keys: a die remembers its throws."""
    return Stamp(1772451420.0, Die(key))


def answer_wire(wire: WireRequest, name: str, answer: Answer) -> tuple[Request, Reply]:
    """What the pipeline does, without faults."""
    provider = find(name, wire.method, wire.path)
    request = provider.parse(wire)
    said = request.invalid or provider.healthy(request, stamp()) or answer
    return request, provider.render(request, said, stamp())


def streaming_request(provider: Provider, **more: Any) -> Request:
    """A read request that asks for a stream."""
    body = BODIES[provider.api] | {"stream": True} | more
    return provider.parse(wire_request(provider, body=body))
