"""Requests and answers for every wire format of the catalogue."""

from __future__ import annotations

import json
from typing import Any

from chaos_llm.protocol import websocket
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.messages import (
    Answer,
    Completion,
    Ending,
    Refusal,
    Reply,
    Request,
    ToolCall,
    Usage,
    WireRequest,
)
from chaos_llm.providers import SESSIONS, Provider, ReplyContext, find
from chaos_llm.providers.openai.common import OpenAIDialect

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
    "codex_responses": {"model": "gpt-5.2", "input": PROMPT},
    "llama_chat": {"model": "Llama-4", "messages": [{"role": "user", "content": PROMPT}]},
    "count_tokens": {
        "model": "claude-opus-4-6",
        "messages": [{"role": "user", "content": PROMPT}],
    },
    "embeddings": {"model": "text-embedding-3-small", "input": PROMPT},
    "generate_content": {"contents": [{"role": "user", "parts": [{"text": PROMPT}]}]},
    "embed_content": {"requests": [{"content": {"parts": [{"text": PROMPT}]}}]},
    "count_content": {"contents": [{"role": "user", "parts": [{"text": PROMPT}]}]},
    "count_claude": {
        "model": "claude-opus-4-6",
        "messages": [{"role": "user", "content": PROMPT}],
    },
    "raw_predict": {
        "anthropic_version": "vertex-2023-10-16",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": PROMPT}],
    },
    "predict": {"instances": [{"content": PROMPT}]},
    "google_token": {"grant_type": "refresh_token", "refresh_token": "r", "client_id": "an-app"},
    "converse": {"messages": [{"role": "user", "content": [{"text": PROMPT}]}]},
    "invoke": {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": PROMPT}],
    },
    "sts": {"Action": "GetCallerIdentity", "Version": "2011-06-15"},
    "v2_chat": {"model": "command-a-03-2025", "messages": [{"role": "user", "content": PROMPT}]},
    "v2_embed": {"model": "embed-v4.0", "input_type": "search_query", "texts": [PROMPT]},
    "api_chat": {"model": "llama3.2", "messages": [{"role": "user", "content": PROMPT}]},
    "api_generate": {"model": "llama3.2", "prompt": PROMPT},
    "api_embed": {"model": "nomic-embed-text", "input": PROMPT},
    "completions": {"model": "gpt-3.5-turbo-instruct", "prompt": PROMPT, "max_tokens": 300},
    "v1_chat": {"model": "command-r-08-2024", "message": PROMPT},
    "rerank": {"model": "rerank-v3.5", "query": PROMPT, "documents": ["Order KX-48213.", "None."]},
    "guardrails": {"source": "INPUT", "content": [{"text": {"text": PROMPT}}]},
    "moderations": {"input": PROMPT},
    "images": {"model": "gpt-image-1", "prompt": PROMPT},
    "audio": {"model": "tts-1", "input": PROMPT, "voice": "alloy", "response_format": "mp3"},
    "vector_stores": {"name": "a store"},
    "assistants": {"model": "gpt-4o", "name": "an assistant"},
    "stored_responses": {"model": "gpt-5.2", "input": PROMPT},
    "openai_login": {"grant_type": "refresh_token", "refresh_token": "r", "client_id": "an-app"},
    "entra_token": {
        "grant_type": "client_credentials",
        "client_id": "an-app",
        "scope": "https://cognitiveservices.azure.com/.default",
    },
}
# Dialects of their own, with tests of their own: the tests of an `endpoint` say nothing of them.
CLOUDS = {"gemini", "vertex", "bedrock", "cohere", "ollama"}


def is_cloud(provider: Provider) -> bool:
    """Whether a format is a cloud's own; at their doors of OpenAI's APIs they are of its family."""
    return provider.name in CLOUDS and not isinstance(provider, OpenAIDialect)


_VERTEX = "/v1/projects/a-project/locations/europe-west1/publishers"
_CLAUDE = "anthropic.claude-opus-4-6-v1%3A0"
PATHS = {
    "messages": "/v1/messages",
    "chat": "/v1/chat/completions",
    "responses": "/v1/responses",
    "codex_responses": "/backend-api/codex/responses",
    "llama_chat": "/v1/chat/completions",
    "meta-llama-chat": "/compat/v1/chat/completions",
    "count_tokens": "/v1/messages/count_tokens",
    "batches": "/v1/messages/batches",
    "realtime": "/v1/realtime",
    "responses_websocket": "/v1/responses",
    "codex_websocket": "/backend-api/codex/responses",
    "live": "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
    "embeddings": "/v1/embeddings",
    "models": "/v1/models",
    "oauth": "/api/oauth/profile",
    "openai_login": "/oauth/token",
    "anthropic-client": "/api/hello",
    "openai-client": "/backend-api/wham/usage",
    "statuspage": "/api/v2/summary.json",
    "gemini-generate_content": "/v1/models/gemini-2.5-flash:generateContent",
    "gemini-embed_content": "/v1/models/gemini-embedding-001:batchEmbedContents",
    "gemini-count_content": "/v1/models/gemini-2.5-flash:countTokens",
    "generate_content": f"{_VERTEX}/google/models/gemini-2.5-flash:generateContent",
    "embed_content": "/v1/models/gemini-embedding-001:batchEmbedContents",
    "count_content": f"{_VERTEX}/google/models/gemini-2.5-flash:countTokens",
    "count_claude": f"{_VERTEX}/anthropic/models/count-tokens:rawPredict",
    "raw_predict": f"{_VERTEX}/anthropic/models/claude-opus-4-6:rawPredict",
    "predict": f"{_VERTEX}/google/models/text-embedding-005:predict",
    "google_token": "/token",
    "converse": f"/model/{_CLAUDE}/converse",
    "invoke": f"/model/{_CLAUDE}/invoke",
    "sts": "/",
    "v2_chat": "/v2/chat",
    "v2_embed": "/v2/embed",
    "api_chat": "/api/chat",
    "api_generate": "/api/generate",
    "api_embed": "/api/embed",
    "entra_token": "/a-tenant/oauth2/v2.0/token",
    "gemini-chat": "/v1beta/openai/chat/completions",
    "gemini-embeddings": "/v1beta/openai/embeddings",
    "compatible_models": "/v1beta/openai/models",
    "gemini-models": "/v1beta/models",
    "vertex-models": "/v1beta1/publishers/google/models",
    "bedrock-models": "/foundation-models",
    "completions": "/v1/completions",
    "v1_chat": "/v1/chat",
    "rerank": "/v2/rerank",
    "guardrails": "/guardrail/gr-1/version/1/apply",
    "moderations": "/v1/moderations",
    "images": "/v1/images/generations",
    "image_store": "/private/img-a.png",
    "audio": "/v1/audio/speech",
    "files": "/v1/files",
    "openai_batches": "/v1/batches",
    "vector_stores": "/v1/vector_stores",
    "assistants": "/v1/assistants",
    "stored_responses": "/v1/responses/input_tokens",
    "api_models": "/api/tags",
    "api_health": "/",
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


def path_of(provider: Provider) -> str:
    """Where a provider is asked; most take an API over with its path."""
    return PATHS.get(f"{provider.name}-{provider.api}") or PATHS[provider.api]


def host_of(provider: Provider) -> str:
    """A host of a provider's; a self-hosted one has none of its own."""
    return next(iter(provider.hosts), "llm.internal").replace("*", "acme")


def wire_request(provider: Provider, **changes: Any) -> WireRequest:
    """An ordinary request to this provider; a `body` that is None sends none."""
    body = changes.pop("body", BODIES.get(provider.api))
    data = body if isinstance(body, bytes) else json.dumps(body).encode() if body else b""
    method = "POST" if provider.api in BODIES else "GET"
    parts: dict[str, Any] = {
        "method": websocket.UPGRADE if provider in SESSIONS else method,
        "host": host_of(provider),
        "path": path_of(provider),
        "query": "",
        "headers": {"authorization": "Bearer sk-test", "content-type": "application/json"},
        "body": data,
    }
    return WireRequest(**(parts | changes))


def reply_context(key: object = "a stamp") -> ReplyContext:
    """A new reply context, equal for equal keys; none is reused, because its draws advance."""
    return ReplyContext(1772451420.0, KeyedRandom(key))


def answer_wire(wire: WireRequest, name: str, answer: Answer) -> tuple[Request, Reply]:
    """What the pipeline does; a refusal is what a fault makes of a healthy answer."""
    provider = find(name, wire.method, wire.path)
    request = provider.parse(wire)
    healthy = None if isinstance(answer, Refusal) else provider.healthy(request, reply_context())
    text = request.invalid or healthy or answer
    return request, provider.render(request, text, reply_context())


def streaming_request(provider: Provider, **more: Any) -> Request:
    """A read request that asks for a stream."""
    body = BODIES[provider.api] | {"stream": True} | more
    return provider.parse(wire_request(provider, body=body))


def written(reply: Reply) -> bytes:
    """A reply as it would travel, one name or value a line before the body."""
    assert reply.ending is Ending.COMPLETE
    head = [str(reply.status), *(f"{name}: {value}" for name, value in reply.headers)]
    return "\n".join(head).encode() + b"\n\n" + reply.body
