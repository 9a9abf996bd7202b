"""An ordinary request to whatever a window hits, by httpx: an app without an SDK's own defences."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from chaos_llm.profiles.model import Target
from chaos_llm.protocol import websocket
from chaos_llm.protocol.messages import Request, WireRequest
from chaos_llm.providers import PROVIDERS, find

HEADERS = {
    "authorization": "Bearer sk-test",
    "x-api-key": "sk-test",
    "anthropic-version": "2023-06-01",
}

HISTORY = [
    {"role": "user", "content": "My order is KX-10001. Please remember that."},
    {"role": "assistant", "content": "I will."},
]
MODELS = {
    "anthropic": "claude-sonnet-5-5",
    "azure-openai": "gpt-5.2",
    "bedrock": "anthropic.claude-opus-4-6-v1:0",
    "cohere": "command-a-03-2025",
    "deepseek": "deepseek-chat",
    "gemini": "gemini-2.5-flash",
    "groq": "llama-3.3-70b-versatile",
    "mistral": "mistral-large-latest",
    "openrouter": "openai/gpt-5.2",
    "xai": "grok-4",
    "vertex": "gemini-2.5-flash",
}
LOGINS = {
    "anthropic": "https://console.anthropic.com/v1/oauth/token",
    "azure-openai": "https://login.microsoftonline.com/a-tenant/oauth2/v2.0/token",
    "openai": "https://auth.openai.com/oauth/token",
    "vertex": "https://oauth2.googleapis.com/token",
}
PAGES = {"anthropic": "https://status.claude.com", "openai": "https://status.openai.com"}
# The endpoints that a window names alone, and how they are asked.
NAMED = {
    "/api/oauth/claude_cli/roles": ("GET", "https://api.anthropic.com/api/oauth/claude_cli/roles"),
    "*/oauth/authorize": (
        "GET",
        "https://claude.ai/oauth/authorize?client_id=a&redirect_uri=http://localhost/x&state=s"
        "&response_type=code",
    ),
}
_GEMINI = "https://generativelanguage.googleapis.com/v1beta/models"
_TRACK = {"name": "track", "description": "Track a parcel."}
# The requests without which a fault has no effect.
NEEDED: dict[str, Callable[[str], tuple[str, str, Any]]] = {
    "lost_signature": lambda prompt: (
        "POST",
        f"{_GEMINI}/gemini-3-flash-preview:generateContent",
        _contents(prompt)
        | {
            "tools": [{"functionDeclarations": [_TRACK]}],
            "toolConfig": {"functionCallingConfig": {"mode": "ANY"}},
        },
    ),
    "other_dimensions": lambda prompt: (
        "POST",
        f"{_GEMINI}/text-embedding-004:embedContent",
        {"content": {"parts": [{"text": prompt}]}},
    ),
    "stuck_batch": lambda prompt: (
        "POST",
        "https://api.anthropic.com/v1/messages/batches",
        {"requests": [{"custom_id": "one", "params": _message(prompt)}]},
    ),
    "tool_call_as_text": lambda prompt: (
        "POST",
        "https://api.anthropic.com/v1/messages",
        _message(prompt)
        | {
            "tools": [_TRACK | {"input_schema": {"type": "object"}}],
            "tool_choice": {"type": "any"},
        },
    ),
}
_LOGIN = {"grant_type": "authorization_code", "code": "c", "client_id": "a"}
_GRANT = {"grant_type": "client_credentials", "client_id": "a", "scope": "s/.default"}


@dataclass
class PlainApp:
    """Asks what one target of a window hits, and gives back what came, as it came."""

    target: Target
    needed_by: str = ""  # the fault that needs another request than a question, if one does
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60))

    def __call__(self, prompt: str) -> str:
        if self.needed_by == "stuck_batch":
            return self._batch(prompt)
        if self.target.path == _LIVE_TARGET:
            return asyncio.run(_live(prompt))
        method, url, body = self._request(prompt)
        headers = dict(HEADERS)
        if self.target.surface == "page":
            headers = {}
        answer = self.client.request(method, url, json=body, headers=headers)
        answer.raise_for_status()
        return answer.text

    def request(self, prompt: str = "hi") -> Request:
        """The same, as a plan sees it."""
        if self.target.path == _LIVE_TARGET:
            return _live_message(prompt)
        method, url, body = self._request(prompt)
        sent = httpx.Request(method, url, json=body)
        path, query = sent.url.path, sent.url.query.decode()
        wire = WireRequest(method, sent.url.host, path, query, HEADERS, sent.content)
        return find(self.target.provider, method, path).parse(wire)

    def _batch(self, prompt: str) -> str:
        """What has become of a batch after ten minutes."""
        _, url, body = NEEDED["stuck_batch"](prompt)
        made = self.client.post(url, json=body, headers=HEADERS).raise_for_status().json()
        time.sleep(600)
        return self.client.get(f"{url}/{made['id']}", headers=HEADERS).raise_for_status().text

    def _request(self, prompt: str) -> tuple[str, str, Any]:
        target = self.target
        if self.needed_by in NEEDED:
            return NEEDED[self.needed_by](prompt)
        if target.path in NAMED:
            return (*NAMED[target.path], None)
        if target.surface == "page":
            return "GET", f"{PAGES[target.provider]}/api/v2/summary.json", None
        if target.surface == "login":
            grant = _LOGIN if target.provider in ("anthropic", "openai") else _GRANT
            return "POST", LOGINS[target.provider], grant
        if target.path and "*" in target.path:
            return "POST", f"https://api.openai.com{target.path.replace('*', '')}", {"x": prompt}
        url, body = self._completion(_padded(prompt, target.larger_than))
        return "POST", url, body

    def _completion(self, prompt: str) -> tuple[str, dict[str, Any]]:
        target = self.target
        name, stream = target.provider, bool(target.stream)
        model = _concrete(target.model) or MODELS.get(name, "gpt-5.2")
        messages = [*HISTORY, {"role": "user", "content": prompt}]
        chat = {"model": model, "messages": messages, "stream": stream}
        match name:
            case "anthropic":
                return "https://api.anthropic.com/v1/messages", chat | {"max_tokens": 300}
            case "gemini" | "vertex":
                claude = _CLAUDE_ON_VERTEX | {"messages": messages}
                body = claude if "claude" in model else _contents(prompt)
                return _google(name, model, target.region), body
            case "bedrock":
                operation = "converse-stream" if stream else "converse"
                text = {"role": "user", "content": [{"text": prompt}]}
                host = f"bedrock-runtime.{target.region or 'us-east-1'}.amazonaws.com"
                return f"https://{host}/model/{model}/{operation}", {"messages": [text]}
            case "azure-openai":
                return f"{_AZURE}/{model}/chat/completions?api-version=2025-04-01-preview", chat
            case "openai" if target.path == "/v1/responses" or "embedding" in model:
                path = target.path or "/v1/embeddings"
                asked = {"model": model, "input": prompt} | ({"stream": True} if stream else {})
                return f"https://api.openai.com{path}", asked
        provider = next(p for p in PROVIDERS if p.name == name and p.api == "chat")
        return f"https://{provider.hosts[0]}{_CHAT.get(name, '/v1/chat/completions')}", chat


_LIVE_HOST = "generativelanguage.googleapis.com"
_LIVE_PATH = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
_LIVE_TARGET = "*.BidiGenerateContent"
_LIVE_SETUP = {"setup": {"model": "models/gemini-live-2.5-flash"}}


async def _live(prompt: str) -> str:
    """One turn of a session of Gemini's Live API."""
    import aiohttp  # noqa: PLC0415 - only for a session; not every lane has it

    said = {"turns": [{"role": "user", "parts": [{"text": prompt}]}], "turnComplete": True}
    url = f"wss://{_LIVE_HOST}{_LIVE_PATH}?key=sk-test"
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as ws:
        await ws.send_json(_LIVE_SETUP)
        await ws.receive()
        await ws.send_json({"clientContent": said})
        heard = ""
        async for message in ws:
            heard += message.data if isinstance(message.data, str) else message.data.decode()
            if "turnComplete" in heard:
                return heard
        raise aiohttp.ClientError(f"closed with {ws.close_code}")


def _live_message(prompt: str) -> Request:
    body = json.dumps(_LIVE_SETUP["setup"] | _contents(prompt)).encode()
    wire = WireRequest(websocket.MESSAGE, _LIVE_HOST, _LIVE_PATH, "key=sk-test", {}, body)
    return find("gemini", websocket.MESSAGE, _LIVE_PATH).parse(wire)


_AZURE = "https://acme.openai.azure.com/openai/deployments"
_CLAUDE_ON_VERTEX = {"anthropic_version": "vertex-2023-10-16", "max_tokens": 300}
_CHAT = {"groq": "/openai/v1/chat/completions", "openrouter": "/api/v1/chat/completions"}


def _google(name: str, model: str, region: str) -> str:
    if name == "gemini":
        return f"https://generativelanguage.googleapis.com/v1beta/models/{model}:generateContent"
    region = {"us*": "us-central1"}.get(region, region) or "us-central1"
    host = "" if region == "global" else f"{region}-"
    publisher = "anthropic" if "claude" in model else "google"
    verb = "rawPredict" if publisher == "anthropic" else "generateContent"
    where = f"projects/a-project/locations/{region}/publishers/{publisher}/models/{model}:{verb}"
    return f"https://{host}aiplatform.googleapis.com/v1/{where}"


def _contents(prompt: str) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": [{"text": prompt}]}]}


def _message(prompt: str) -> dict[str, Any]:
    asked = [{"role": "user", "content": prompt}]
    return {"model": MODELS["anthropic"], "max_tokens": 300, "messages": asked}


def _concrete(pattern: str) -> str:
    """A model that a pattern matches."""
    return pattern.removeprefix("*").replace("*", "0101" if pattern.endswith("-2*") else "")


def _padded(prompt: str, larger_than: int | None) -> str:
    return prompt if larger_than is None else prompt + " pad" * (1 + larger_than // 4)


def page_of(provider: str, client: httpx.Client) -> dict[str, Any]:
    """What a status page says now."""
    answer = client.get(f"{PAGES[provider]}/api/v2/summary.json")
    message: dict[str, Any] = json.loads(answer.text)
    return message
