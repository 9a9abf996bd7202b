"""Requests in the dialects of the clouds, where the path says what OpenAI's bodies say."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any

from chaos_llm.protocol.messages import Reply, Request, WireRequest
from chaos_llm.providers import PROVIDERS, Provider
from chaos_llm.providers.model_endpoint import ModelEndpoint
from support.wire_requests import BODIES, PROMPT, SCHEMA, is_cloud, path_of, wire_request

ENDPOINTS = {
    f"{provider.name}-{provider.api}": provider
    for provider in PROVIDERS
    if isinstance(provider, ModelEndpoint)
    and is_cloud(provider)
    and provider.api != "v1_chat"  # an older dialect: tests/endpoints
}
MODELS = {
    "gemini-generate_content": "gemini-2.5-flash",
    "vertex-generate_content": "gemini-2.5-flash",
    "vertex-raw_predict": "claude-opus-4-6",
    "bedrock-converse": "anthropic.claude-opus-4-6-v1:0",
    "bedrock-invoke": "anthropic.claude-opus-4-6-v1:0",
    "cohere-v2_chat": "command-a-03-2025",
    "ollama-api_chat": "llama3.2",
    "ollama-api_generate": "llama3.2",
}
SPEAKS_TOOLS = [label for label in ENDPOINTS if label != "ollama-api_generate"]
WHOLE_CALLS = {"gemini-generate_content", "vertex-generate_content", "ollama-api_chat"}
BINARY = {"bedrock-converse", "bedrock-invoke"}
_STREAMS = {
    ":generateContent": ":streamGenerateContent",
    ":rawPredict": ":streamRawPredict",
    "/converse": "/converse-stream",
    "/invoke": "/invoke-with-response-stream",
}
PARAMETERS = {"type": "object", "properties": {"order": {"type": "string"}}}
_CLAUDE_TOOL = {"tools": [{"name": "track", "input_schema": PARAMETERS}]}
_FUNCTION = {"type": "function", "function": {"name": "track", "parameters": PARAMETERS}}
_DECLARED = {"functionDeclarations": [{"name": "track", "parametersJsonSchema": PARAMETERS}]}
_SPEC = {"toolSpec": {"name": "track", "inputSchema": {"json": PARAMETERS}}}
TOOLS: dict[str, dict[str, Any]] = {
    "generate_content": {"tools": [_DECLARED]},
    "raw_predict": _CLAUDE_TOOL,
    "invoke": _CLAUDE_TOOL,
    "converse": {"toolConfig": {"tools": [_SPEC, {"cachePoint": {"type": "default"}}]}},
    "v2_chat": {"tools": [_FUNCTION]},
    "api_chat": {"tools": [_FUNCTION]},
}


def label_of(provider: Provider) -> str:
    return f"{provider.name}-{provider.api}"


def whole_wire(provider: Provider, **changes: Any) -> WireRequest:
    """An ordinary request for a whole reply; `more` adds to its body."""
    more = changes.pop("more", {})
    if provider.name == "ollama":  # which streams by itself
        more = {"stream": False} | more
    if isinstance(changes.get("body", {}), dict):
        changes["body"] = changes.get("body", BODIES[provider.api]) | more
    return wire_request(provider, **changes)


def stream_wire(provider: Provider, **changes: Any) -> WireRequest:
    """The same for a stream: of events, where the dialect has other forms too."""
    more, path = changes.pop("more", {}), path_of(provider)
    for plain, streaming in _STREAMS.items():
        if path.endswith(plain):
            path = path.removesuffix(plain) + streaming
    if provider.name in ("cohere", "ollama"):
        more = {"stream": True} | more
    query = "alt=sse" if provider.api == "generate_content" else ""
    body = changes.pop("body", BODIES[provider.api])
    return wire_request(provider, **({"path": path, "query": query, "body": body | more} | changes))


def read(provider: Provider, **changes: Any) -> Request:
    return provider.parse(whole_wire(provider, **changes))


def streaming(provider: Provider, **changes: Any) -> Request:
    return provider.parse(stream_wire(provider, **changes))


def frames(data: bytes) -> Iterator[tuple[dict[str, str], bytes]]:
    """Take AWS's frames apart; whether their checksums are right, botocore says elsewhere."""
    while data:
        total, heading = struct.unpack("!II", data[:8])
        head, payload = data[12 : 12 + heading], data[12 + heading : total - 4]
        headers = {}
        while head:
            name_end = 1 + head[0]
            length = struct.unpack("!H", head[name_end + 1 : name_end + 3])[0]
            end = name_end + 3 + length
            headers[head[1:name_end].decode()] = head[name_end + 3 : end].decode()
            head = head[end:]
        yield headers, payload
        data = data[total:]


def events_in(provider: Provider, data: bytes) -> int:
    """How many events some bytes of a stream are."""
    if label_of(provider) in BINARY:
        return len(list(frames(data)))
    ending = {"generate_content": b"\r\n\r\n", "raw_predict": b"\n\n", "v2_chat": b"\n\n"}
    return data.count(ending.get(provider.api, b"\n"))


def payload(data: bytes) -> Any:
    """The JSON of one event of a stream."""
    return json.loads(data.decode().rpartition("data: ")[2])


def header(reply: Reply, name: str) -> str:
    return dict(reply.headers)[name]


__all__ = ["PROMPT", "SCHEMA"]
