"""What OpenAI's endpoints and their look-alikes share: admission, refusals, headers, ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import ClassVar

from chaos_llm.protocol.messages import Refusal, Reply, Request, WireRequest
from chaos_llm.protocol.rate_limits import Quota, State, with_headers
from chaos_llm.providers.endpoint import Endpoint
from chaos_llm.providers.framing import bearer, json_reply, seconds
from chaos_llm.providers.openai.errors import BODY, NO_KEY, ROWS, OpenAIError, error_object, texts
from chaos_llm.providers.provider import NO_VALUES, NamedValues, ReplyContext

Headers = tuple[tuple[str, str], ...]


_SHORTEST, _VARIES = 180, 700  # milliseconds in `openai-processing-ms`: assumed


def service_time(drawn: bytes) -> str:
    """The milliseconds that a reply took, from the bytes drawn for its request id."""
    return str(_SHORTEST + int.from_bytes(drawn, "little") % _VARIES)


class OpenAIDialect(Endpoint):
    """What OpenAI's APIs and compatible ones share: authentication, error bodies, headers, ids.

    `gateway_headers` replace headers in the refusals of a gateway before the API: those of keys and
    of models.
    """

    name: ClassVar[str] = "openai"
    hosts: ClassVar[tuple[str, ...]] = ("api.openai.com", "*.api.openai.com")  # by region: eu
    made_of_draws: ClassVar[tuple[Callable[[bytes], str], ...]] = (service_time,)
    unreadable: ClassVar[str] = (
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't "
        "using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was "
        "sent was not valid JSON. If you have trouble figuring out how to fix this, please contact "
        "us through our help center at help.openai.com.)"
    )
    words: ClassVar[Mapping[str, OpenAIError]] = ROWS
    no_key: ClassVar[OpenAIError] = NO_KEY
    lacking: ClassVar[str] = "Missing required parameter: '{}'."
    wait: ClassVar[str] = "174ms"
    gateway_headers: ClassVar[Headers] = (("content-type", "application/json; charset=utf-8"),)
    usual_quota: ClassVar[Quota | None] = Quota(10_000, 2_000_000)  # assumed: of a paid tier

    def _secret(self, headers: Mapping[str, str]) -> str:
        return bearer(headers.get("authorization", "")) or headers.get("api-key", "")  # Azure's

    def _no_route(self, wire: WireRequest) -> Refusal | None:
        refusal = super()._no_route(wire)
        if not refusal:
            return None
        lost = refusal.kind == "not_found"
        message = f"Invalid {'URL' if lost else 'method for URL'} ({wire.method} {wire.path})"
        return Refusal(refusal.kind, status=404 if lost else 405, message=message)

    def _missing(self, field: str) -> Refusal:
        """Refuse a body without one of its required parameters."""
        return Refusal("invalid_request", message=self.lacking.replace("{}", field))

    def _refuse(self, request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:
        request_id, headers = self._opened(request, reply_context)
        row = self._row(request, refusal, request_id)
        if refusal.retry_after is not None:
            headers = (*headers, *self._retry_headers(refusal.retry_after))
        reply = json_reply(row.status, headers, self._error(row))
        return with_headers(reply, self.gateway_headers) if row.status in (401, 404) else reply

    def _ids(self, reply_context: ReplyContext) -> tuple[str, Headers]:
        """Draw a request id and the headers that carry it."""
        return reply_ids(reply_context)

    def _opened(self, request: Request, reply_context: ReplyContext) -> tuple[str, Headers]:
        """Draw a request id and write the headers with which every reply to a request opens."""
        request_id, headers = self._ids(reply_context)
        return request_id, headers + self._account_headers(request)

    def _account_headers(self, request: Request) -> Headers:
        """Name the account that a request is billed to, as OpenAI does."""
        return account_headers(request.credential)

    def _retry_headers(self, wait: float) -> Headers:
        return (("retry-after", seconds(wait)),)

    def _row(self, request: Request, refusal: Refusal, request_id: str) -> OpenAIError:
        """Fill in a refusal's status, type, code, message and param."""
        row = self.words[refusal.kind]
        if refusal.kind == "auth_expired" and not request.credential:
            row = self.no_key
        row = row._replace(request_id=request_id)
        if refusal.status:
            row = row._replace(status=refusal.status)
        if refusal.message is not None:
            row = self._with_message(row, refusal.kind, refusal.message)
        else:
            row = row._replace(message=self._filled(row, request, refusal, request_id))
        return row._replace(
            type=refusal.type or row.type,
            code=refusal.code or row.code,
            param=refusal.param or row.param,
            details=refusal.details,
        )

    def _filled(self, row: OpenAIError, request: Request, refusal: Refusal, request_id: str) -> str:
        """Write a row's message with what it names."""
        return (
            row.message.replace("{model}", request.model)
            .replace("{account}", request.credential)
            .replace("{wait}", self._wait(refusal.retry_after))
            .replace("{request_id}", request_id)
        )

    def _wait(self, wait: float | None) -> str:
        """Say in a message how long to wait."""
        return self.wait if wait is None else seconds(wait) + "s"

    def _with_message(self, row: OpenAIError, kind: str, message: str) -> OpenAIError:
        """Say this message; what a body lacks has a code of its own, an unknown path has none."""
        before, _, after = self.lacking.partition("{}")
        if message.startswith(before) and message.endswith(after) and kind == "invalid_request":
            field = message.removeprefix(before).removesuffix(after)
            return self._lacks_field(row, field)._replace(message=message)
        return row._replace(message=message, code=None if kind == "not_found" else row.code)

    def _lacks_field(self, row: OpenAIError, field: str) -> OpenAIError:
        return row._replace(code="missing_required_parameter", param=field)

    def _error(self, row: OpenAIError) -> str:
        """Write the body of a refusal."""
        return BODY % texts(row)

    def _event(self, row: OpenAIError) -> str:
        """Write the data of an error event."""
        return '{"error":' + error_object(row) + "}"

    def quota(self, state: State) -> NamedValues:
        return quota(state)


_QUOTA_NAMES = tuple(
    f"x-ratelimit-{name}-{noun}"
    for name in ("limit", "remaining", "reset")
    for noun in ("requests", "tokens")
)


def quota(state: State) -> NamedValues:
    """The x-ratelimit headers of platform.openai.com/docs/guides/rate-limits."""
    _, _, _, requests, tokens, _, _ = state
    if requests and tokens:
        limit, remaining, reset = requests
        of_tokens, remaining_tokens, reset_of_tokens = tokens
        resets = span(reset), span(reset_of_tokens)
        return _QUOTA_NAMES, (limit, of_tokens, remaining, remaining_tokens, *resets)
    level, names = requests or tokens, _QUOTA_NAMES[not requests :: 2]
    return (names, (level.limit, level.remaining, span(level.reset))) if level else NO_VALUES


def span(wait: float) -> str:
    """Write a span of time as OpenAI and Groq do: 12ms, 7.66s, 6m0s."""
    if wait < 1:
        return f"{round(wait * 1000)}ms"
    minutes, left = divmod(round(wait, 3), 60)
    return f"{int(minutes)}m{left:g}s" if minutes else f"{left:g}s"


# As recorded, without hop-by-hop ones; the version is the one that all recordings name.
_EDGE = (
    ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
    ("access-control-expose-headers", "X-Request-ID"),
    ("openai-version", "2020-10-01"),
    ("x-content-type-options", "nosniff"),
    ("server", "cloudflare"),
    ("cf-cache-status", "DYNAMIC"),
    ("x-openai-proxy-wasm", "v0.1"),
)


def reply_ids(reply_context: ReplyContext) -> tuple[str, Headers]:
    """Draw a request id and the headers that carry it and say how long the reply took."""
    number = reply_context.rng.number(256)
    request_id = f"req_{number:064x}"[:36]
    took = service_time(number.to_bytes(32, "little"))
    ray = f"{number >> 192:016x}-SJC"
    head = (
        ("x-request-id", request_id),
        ("openai-processing-ms", took),
        ("x-envoy-upstream-service-time", took),
        ("cf-ray", ray),
    )
    return request_id, head + _EDGE


@lru_cache(1024)
def account_headers(credential: str) -> Headers:
    """The organisation and the project of a credential: always the same ones for the same key."""
    if not credential:
        return ()
    project = ("openai-project", f"proj_{credential}")
    return (("openai-organization", f"org-{credential}"), project)


def hexadecimal(reply_context: ReplyContext, length: int) -> str:
    """Draw an id of at most 64 hexadecimal digits."""
    return f"{reply_context.rng.number(256):064x}"[:length]


def uuid(reply_context: ReplyContext) -> str:
    """Draw an id with the hyphens of a UUID."""
    digits = hexadecimal(reply_context, 32)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
