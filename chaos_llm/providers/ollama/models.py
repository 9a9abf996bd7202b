"""The models of an Ollama server: /api/tags, /api/ps, /api/version, /api/show and /api/pull.

Also the older /api/embeddings. Shapes are those of ollama 0.6 and of recorded replies.
"""

from __future__ import annotations

import json
from typing import ClassVar

from chaos_llm.protocol.messages import Answer, Document, Refusal, Reply, Request, WireRequest
from chaos_llm.providers import model_rows as rows
from chaos_llm.providers.endpoint import Endpoint
from chaos_llm.providers.ollama.common import OllamaEndpoint, compact, json_reply, no_model
from chaos_llm.providers.provider import Headers, ReplyContext
from chaos_llm.providers.routes import Asked, Route, Routed
from chaos_llm.providers.vectors import vector

_SIZE = 768  # of nomic-embed-text
_LINES = "application/x-ndjson"


def _tags(api_call: Asked) -> Document:  # noqa: ARG001 - the same for all
    return Document({"models": [rows.ollama(name) for name in rows.OLLAMA]})


def _loaded(api_call: Asked) -> Document:  # noqa: ARG001 - the same for all
    first = rows.ollama(rows.OLLAMA[0])
    size = {"size_vram": first["size"], "expires_at": first["modified_at"], "context_length": 4096}
    return Document({"models": [first | size]})


def _shown(api_call: Asked) -> Document | Refusal:
    name = api_call.fields.get("model") or api_call.fields.get("name")
    if not isinstance(name, str) or not name:
        return no_model()
    details = rows.ollama_details(name)
    info = {"general.architecture": details["family"], "general.parameter_count": 3_212_749_888}
    return Document(
        {
            "license": "",
            "modelfile": f"FROM {name}\n",
            "parameters": 'stop "<|eot_id|>"',
            "template": "{{ .Prompt }}",
            "details": details,
            "model_info": info,
            "capabilities": ["embedding"] if "embed" in name else ["completion", "tools"],
            "modified_at": rows.ollama(name)["modified_at"],
        }
    )


def _pulled(api_call: Asked) -> Document | Refusal:
    if not (api_call.fields.get("model") or api_call.fields.get("name")):
        return no_model()
    states = ("pulling manifest", "verifying sha256 digest", "writing manifest", "success")
    if api_call.fields.get("stream") is False:
        return Document({"status": states[-1]})
    lines = "".join(json.dumps({"status": state}) + "\n" for state in states)
    return Document(content=lines.encode(), media=_LINES)


def _embedded(api_call: Asked) -> Document | Refusal:
    if not isinstance(api_call.fields.get("model"), str):
        return no_model()
    return Document({"embedding": vector(str(api_call.fields.get("prompt") or ""), _SIZE)})


class OllamaModels(OllamaEndpoint, Routed):
    """The models of an Ollama server, and its older embeddings."""

    api: ClassVar[str] = "api_models"
    table: ClassVar[tuple[Route, ...]] = (
        Route("GET", r"/api/tags$", _tags),
        Route("GET", r"/api/ps$", _loaded),
        Route("GET", r"/api/version$", lambda _: Document({"version": "0.12.3"})),
        Route("POST", r"/api/show$", _shown),
        Route("POST", r"/api/pull$", _pulled),
        Route("POST", r"/api/embeddings$", _embedded),
    )

    def render(self, request: Request, answer: Answer, reply_context: ReplyContext) -> Reply:
        if isinstance(answer, Document) and answer.content is None:
            return json_reply(answer.status, compact(answer.json), int(answer.status < 400))
        return super().render(request, answer, reply_context)

    def _admit(self, wire: WireRequest) -> tuple[str, Refusal | None]:
        """Admit any body: the routes that need one read it themselves."""
        return Endpoint._admit(self, wire) if wire.method == "GET" else super()._admit(wire)

    def _headers(self, request: Request, reply_context: ReplyContext) -> Headers:  # noqa: ARG002 - it has none
        return ()


def _health(api_call: Asked) -> Document:  # noqa: ARG001 - the same for all
    return Document(content=b"Ollama is running", media="text/plain; charset=utf-8")


class OllamaHealth(OllamaEndpoint, Routed):
    """The root of an Ollama server, which many apps use as a health check."""

    api: ClassVar[str] = "api_health"
    table: ClassVar[tuple[Route, ...]] = (Route("GET", r"^/$", _health),)

    def _admit(self, wire: WireRequest) -> tuple[str, Refusal | None]:
        return Endpoint._admit(self, wire)

    def _headers(self, request: Request, reply_context: ReplyContext) -> Headers:  # noqa: ARG002 - it has none
        return ()
