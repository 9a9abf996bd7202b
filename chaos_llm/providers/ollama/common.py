"""What Ollama's endpoints share: no key, refusals, and lines of JSON.

Messages are those of ollama/ollama's server/routes.go, server/sched.go and issues; what neither
shows is assumed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple

from chaos_llm.protocol.messages import Chunk, Completion, Refusal, Reply, Request, WireRequest
from chaos_llm.providers.conversation import broken
from chaos_llm.providers.endpoint import Endpoint
from chaos_llm.providers.framing import bearer, quote, seconds
from chaos_llm.providers.framing import json_reply as reply
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.reasoning import OPEN_WEIGHTS, is_thinker
from chaos_llm.providers.request_limits import most_tokens, stop_sequences


class OllamaError(NamedTuple):
    """A refusal in Ollama's words."""

    status: int
    message: str


_ROWS = {
    "invalid_request": OllamaError(400, "invalid request"),  # assumed
    "auth_expired": OllamaError(401, "unauthorized"),
    "permission": OllamaError(403, "forbidden"),  # assumed
    "not_found": OllamaError(404, "model '{model}' not found"),
    "method_not_allowed": OllamaError(405, "405 method not allowed"),
    "too_large": OllamaError(400, "the input length exceeds the context length"),
    "rate_limited": OllamaError(429, "too many concurrent requests"),  # assumed: of its cloud
    "quota": OllamaError(402, "You've reached your usage limit, please upgrade to continue"),
    "server_error": OllamaError(
        500,
        "model runner has unexpectedly stopped, this may be due to resource limitations or an "
        "internal error, check ollama server logs for details",
    ),  # continuedev/continue#11241
    "overloaded": OllamaError(
        503, "server busy, please try again.  maximum pending requests exceeded"
    ),  # ollama/ollama#4144
    "timeout": OllamaError(500, "timed out waiting for llama runner to start"),
}
_NO_PATH = OllamaError(404, "404 page not found")
_NO_MODEL = "model is required"
_NO_BODY = "missing request body"
_ENDS = {"end": "stop", "tool": "stop", "length": "length", "refusal": "stop"}
_SHORTEST, _VARIES = 100_000_000, 100_000_000  # nanoseconds: assumed
_A_TOKEN = 20_000_000  # nanoseconds: assumed


class OllamaEndpoint(Endpoint):
    """An endpoint of a local server, which wants no key."""

    asks_to_wait: ClassVar[bool] = False
    name: ClassVar[str] = "ollama"
    hosts: ClassVar[tuple[str, ...]] = ("127.0.0.1:11434", "localhost:11434", "ollama.com")
    keyless: ClassVar[bool] = True
    unreadable: ClassVar[str] = "{}"  # Go's words for it are others

    def _secret(self, headers: Mapping[str, str]) -> str:
        return bearer(headers.get("authorization", ""))

    def _admit(self, wire: WireRequest) -> tuple[str, Refusal | None]:
        secret, invalid = super()._admit(wire)
        if not invalid and not wire.body:
            invalid = Refusal("invalid_request", message=_NO_BODY)
        return secret, invalid

    def _refuse(self, request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:  # noqa: ARG002
        row = refusal_row(request, refusal)
        wait = refusal.retry_after
        after = (("retry-after", seconds(wait)),) if wait is not None else ()
        return json_reply(row.status, f'{{"error":{quote(row.message)}}}', more=after)


def no_model() -> Refusal:
    """Refuse a body that names no model."""
    return Refusal("invalid_request", message=_NO_MODEL)


def json_reply(
    status: int, body: str, pieces: int = 0, more: tuple[tuple[str, str], ...] = ()
) -> Reply:
    """Reply with JSON, as Gin does."""
    written = reply(status, more, body, pieces)
    kind = ("content-type", "application/json; charset=utf-8")
    return Reply(status, (kind, *written.headers[1:]), written.chunks, pieces=pieces)


def lines_reply(request: Request, answer: Completion, lines: list[Chunk]) -> Reply:
    """Reply with a line of JSON for every piece; an error is a line too, and the last."""
    if answer.broken_by:
        message = refusal_row(request, answer.broken_by.refusal).message
        lines = [*broken(lines, answer), line({"error": message})]
    head = (("content-type", "application/x-ndjson"),)
    pieces = sum(chunk.content for chunk in lines)
    return Reply(200, head, tuple(lines), streamed=True, pieces=pieces)


def line(value: dict[str, Any], *, content: bool = False) -> Chunk:
    """One line."""
    return Chunk(0.0, f"{compact(value)}\n".encode("utf-8", "replace"), content)


def compact(value: Any) -> str:
    """JSON without a space, as Go writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def opening(request: Request, reply_context: ReplyContext) -> dict[str, Any]:
    """What every line begins with."""
    created = datetime.fromtimestamp(reply_context.now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {"model": request.model, "created_at": created}


def ending(answer: Completion, reply_context: ReplyContext) -> dict[str, Any]:
    """What the last line ends with; durations are in nanoseconds."""
    loaded, prompt_eval = (_SHORTEST + reply_context.rng.number(64) % _VARIES for _ in range(2))
    tokens = answer.usage
    generation = tokens.output_tokens * _A_TOKEN
    took = {"total_duration": loaded + prompt_eval + generation, "load_duration": loaded}
    done = {"done": True, "done_reason": _ENDS[answer.stop], **took}
    if not answer.tells_usage:
        return done
    return done | {
        "prompt_eval_count": tokens.input_tokens,
        "prompt_eval_duration": prompt_eval,
        "eval_count": tokens.output_tokens,
        "eval_duration": generation,
    }


def thinks(model: str, body: dict[str, Any]) -> bool:
    """Whether a model thinks: one that can does, unless `think` is false."""
    think = body.get("think")
    return think is not False and (bool(think) or is_thinker(OPEN_WEIGHTS, model))


def limits_of(body: dict[str, Any]) -> dict[str, Any]:
    """Read the output limits, by the names of a Request's fields; -1 and -2 set no limit."""
    options = body.get("options")
    if not isinstance(options, dict):
        return {}
    most = most_tokens(options, "num_predict")
    return {
        "max_tokens": most if most is not None and most >= 0 else None,
        "stop_sequences": stop_sequences(options.get("stop")),
    }


def schema_of(form: object) -> Mapping[str, Any] | None:
    """Find the wanted JSON schema; the word "json" wants any object."""
    if form == "json":
        return {"type": "object"}
    return form if isinstance(form, dict) else None


def refusal_row(request: Request, refusal: Refusal) -> OllamaError:
    """Fill in a refusal's status and message."""
    row = _ROWS[refusal.kind]
    if refusal.kind == "not_found" and not request.model:
        row = _NO_PATH
    message = row.message if refusal.message is None else refusal.message
    return OllamaError(refusal.status or row.status, message.replace("{model}", request.model))
