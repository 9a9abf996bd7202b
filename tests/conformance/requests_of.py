"""One request for each reply that was recorded: the same endpoint, form and content."""

from __future__ import annotations

import json
from typing import Any

from chaos_llm.protocol.messages import WireRequest

PROMPT = "Where is order KX-48213?"
_SCHEMA = {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]}
_TOOL = {"type": "function", "function": {"name": "track", "parameters": _SCHEMA}}
_MESSAGES = [{"role": "user", "content": PROMPT}]
_PNG = "iVBORw0KGgo="
_HOSTS = {
    "anthropic": "api.anthropic.com",
    "openai": "api.openai.com",
    "azure-openai": "acme.openai.azure.com",
    "gemini": "generativelanguage.googleapis.com",
    "vertex": "us-central1-aiplatform.googleapis.com",
    "bedrock": "bedrock-runtime.us-east-1.amazonaws.com",
    "cohere": "api.cohere.com",
    "mistral": "api.mistral.ai",
    "groq": "api.groq.com",
    "together": "api.together.xyz",
    "xai": "api.x.ai",
    "deepseek": "api.deepseek.com",
    "openrouter": "openrouter.ai",
    "ollama": "localhost:11434",
}
_BEFORE = {"groq": "/openai/v1", "openrouter": "/api/v1", "deepseek": ""}
_MODELS = {  # one that answers at once, and one that thinks before
    "anthropic": ("claude-sonnet-4-5", "claude-sonnet-4-5"),
    "openai": ("gpt-4o-mini", "gpt-5-mini"),
    "azure-openai": ("gpt-4o-mini", "gpt-5-mini"),
    "gemini": ("gemini-2.5-flash", "gemini-3-flash-preview"),
    "vertex": ("gemini-2.5-flash", "gemini-2.5-flash"),
    "bedrock": ("anthropic.claude-sonnet-4-5-v1:0", "anthropic.claude-sonnet-4-5-v1:0"),
    "cohere": ("command-a-03-2025", "command-a-reasoning-08-2025"),
    "mistral": ("mistral-large-latest", "magistral-medium-latest"),
    "groq": ("llama-3.3-70b-versatile", "openai/gpt-oss-120b"),
    "together": ("meta-llama/Llama-3.3-70B-Instruct-Turbo",) * 2,
    "xai": ("grok-4", "grok-4"),
    "deepseek": ("deepseek-chat", "deepseek-reasoner"),
    "openrouter": ("openai/gpt-4o-mini", "anthropic/claude-sonnet-4.5"),
    "ollama": ("llama3.2", "deepseek-r1"),
}


def wire(provider: str, endpoint: str, form: str, has: str) -> WireRequest:
    """The request whose healthy reply has this content, in this form."""
    stream, parts = form == "stream", set(has.split("+"))
    model = _MODELS[provider][bool({"think", "server"} & parts)]
    write = _WRITERS.get((provider, endpoint)) or _WRITERS["", endpoint]
    path, body = write(provider, model, stream, parts)
    path, _, query = path.partition("?")
    headers = {
        "authorization": "Bearer sk-test",
        "content-type": "application/json",
        "anthropic-version": "2023-06-01",
    }
    method = "GET" if body is None else "POST"
    data = b"" if body is None else json.dumps(body).encode()
    return WireRequest(method, _HOSTS[provider], path, query, headers, data)


Written = tuple[str, dict[str, Any] | None]


def _messages(provider: str, model: str, stream: bool, parts: set[str]) -> Written:
    body: dict[str, Any] = {"model": model, "max_tokens": 4000, "messages": _MESSAGES}
    return "/v1/messages", body | _claude(parts) | _streamed(stream)


def _claude(parts: set[str]) -> dict[str, Any]:
    more: dict[str, Any] = {}
    if "tool" in parts:
        more["tools"] = [{"name": "track", "input_schema": _SCHEMA}]
    if "think" in parts:
        more["thinking"] = {"type": "enabled", "budget_tokens": 1024}
    return more


def _streamed(stream: bool) -> dict[str, Any]:
    return {"stream": True} if stream else {}


def _chat(provider: str, model: str, stream: bool, parts: set[str]) -> Written:
    body: dict[str, Any] = {"model": model, "messages": _MESSAGES}
    if "tool" in parts:
        body["tools"] = [_TOOL]
    if stream:
        body["stream"] = True
        if not (provider in ("groq", "azure-openai") and "tool" not in parts):
            body["stream_options"] = {"include_usage": True}
    if "think" in parts and provider in ("openrouter", "ollama"):
        body["reasoning"] = {"effort": "medium"}
    if provider == "azure-openai":
        return f"/openai/deployments/{model}/chat/completions?api-version=2024-10-21", body
    return _BEFORE.get(provider, "/v1") + "/chat/completions", body


def _responses(provider: str, model: str, stream: bool, parts: set[str]) -> Written:
    body: dict[str, Any] = {"model": model, "input": PROMPT, **_streamed(stream)}
    if "tool" in parts:
        body["tools"] = [{"type": "function", **_TOOL["function"]}]
    if "think" in parts:
        body |= {"reasoning": {"effort": "medium"}}
        if "server" not in parts and not (provider == "openai" and "tool" not in parts and stream):
            body |= {"include": ["reasoning.encrypted_content"]}
        if provider == "xai" and not (stream and "tool" in parts):
            body["reasoning"]["summary"] = "auto"
        if "tool" in parts and (stream or provider == "deepseek") and provider != "openai":
            del body["reasoning"]  # these think anyway
    if provider == "azure-openai" and parts == {"text"}:
        body |= {"model": "gpt-5-mini", "reasoning": {"effort": "none"}}
    before = "/openai/v1" if provider == "azure-openai" else _BEFORE.get(provider, "/v1")
    return f"{before}/responses", body


def _gemini(provider: str, model: str, stream: bool, parts: set[str]) -> Written:
    body: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": PROMPT}]}]}
    if "tool" in parts:
        body["tools"] = [{"functionDeclarations": [{"name": "track", "parameters": _SCHEMA}]}]
    if "think" in parts:
        body["generationConfig"] = {"thinkingConfig": {"includeThoughts": True}}
    verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return f"{_google(provider, model)}:{verb}", body


def _google(provider: str, model: str) -> str:
    place = "/v1/projects/a-project/locations/us-central1/publishers/google"
    return f"{place if provider == 'vertex' else '/v1beta'}/models/{model}"


def _converse(provider: str, model: str, stream: bool, parts: set[str]) -> Written:
    body: dict[str, Any] = {"messages": [{"role": "user", "content": [{"text": PROMPT}]}]}
    if "tool" in parts:
        spec = {"name": "track", "inputSchema": {"json": _SCHEMA}}
        body["toolConfig"] = {"tools": [{"toolSpec": spec}]}
    if "think" in parts:
        thinking = {"type": "enabled", "budget_tokens": 1024}
        body["additionalModelRequestFields"] = {"thinking": thinking}
    return f"/model/{model}/converse{'-stream' if stream else ''}", body


def _invoke(provider: str, model: str, stream: bool, parts: set[str]) -> Written:
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 4000, "messages": _MESSAGES}
    verb = "invoke-with-response-stream" if stream else "invoke"
    if parts == {"tool"}:  # most recordings with one are of Nova
        return f"/model/amazon.nova-pro-v1:0/{verb}", _converse(provider, model, stream, parts)[1]
    return f"/model/{model}/{verb}", body | _claude(parts)


def _cohere(provider: str, model: str, stream: bool, parts: set[str]) -> Written:
    return "/v2/chat", _chat(provider, model, False, parts)[1] | _streamed(stream)


def _ollama_chat(provider: str, model: str, stream: bool, parts: set[str]) -> Written:
    body = {"model": model, "messages": _MESSAGES, "stream": stream, "think": "think" in parts}
    return "/api/chat", body | ({"tools": [_TOOL]} if "tool" in parts else {})


def _ollama_generate(provider: str, model: str, stream: bool, parts: set[str]) -> Written:
    return "/api/generate", {"model": model, "prompt": PROMPT, "stream": stream}


def _embeddings(provider: str, model: str, stream: bool, parts: set[str]) -> Written:
    body = {"model": "an-embedding-model", "input": [PROMPT], "encoding_format": "base64"}
    if provider == "azure-openai":
        return "/openai/deployments/ada/embeddings?api-version=2024-10-21", body
    return _BEFORE.get(provider, "/v1") + "/embeddings", body


def _float_embeddings(provider: str, model: str, stream: bool, parts: set[str]) -> Written:
    path, body = _embeddings(provider, model, stream, parts)
    assert body is not None
    return path, {key: value for key, value in body.items() if key != "encoding_format"}


_CONTENTS = {"contents": [{"role": "user", "parts": [{"text": PROMPT}]}]}
_WRITERS = {
    ("", "messages"): _messages,
    ("", "chat/completions"): _chat,
    ("", "responses"): _responses,
    ("", "generateContent"): _gemini,
    ("", "converse"): _converse,
    ("", "invoke"): _invoke,
    ("", "v2/chat"): _cohere,
    ("", "embeddings"): _embeddings,
    ("mistral", "embeddings"): _float_embeddings,
    ("openrouter", "embeddings"): _float_embeddings,
    ("ollama", "embeddings"): lambda *_: ("/api/embeddings", {"model": "m", "prompt": PROMPT}),
    ("", "api/chat"): _ollama_chat,
    ("", "api/generate"): _ollama_generate,
    ("", "api/embed"): lambda *_: ("/api/embed", {"model": "m", "input": [PROMPT]}),
    ("", "count_tokens"): lambda *_: (
        "/v1/messages/count_tokens",
        {"model": "claude-sonnet-4-5", "messages": _MESSAGES},
    ),
    ("", "counttokens"): lambda provider, model, *_: (
        f"{_google(provider, model)}:countTokens",
        _CONTENTS,
    ),
    ("", "batchembedcontents"): lambda provider, *_: (
        f"{_google(provider, 'gemini-embedding-001')}:batchEmbedContents",
        {"requests": [{"content": {"parts": [{"text": PROMPT}]}}]},
    ),
    ("", "predict"): lambda provider, *_: (
        f"{_google(provider, 'text-embedding-005')}:predict",
        {"instances": [{"content": PROMPT}]},
    ),
    ("", "v2/embed"): lambda *_: (
        "/v2/embed",
        {"model": "embed-v4.0", "input_type": "search_query", "texts": [PROMPT]},
    ),
    ("", "models"): lambda *_: ("/v1/models", None),
}
