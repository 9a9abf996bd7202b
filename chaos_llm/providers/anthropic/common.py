"""What Anthropic's endpoints share: refusals, headers and ids.

Bodies and headers are those that users pasted; each row names its source. What no source shows is
marked assumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

from chaos_llm.protocol.messages import Refusal, Reply, Request
from chaos_llm.protocol.rate_limits import Level, Quota, State
from chaos_llm.providers.anthropic import subscription
from chaos_llm.providers.framing import base58, json_reply, quote, seconds
from chaos_llm.providers.provider import NamedValues, ReplyContext, named_values

Headers = tuple[tuple[str, str], ...]


class _AnthropicError(NamedTuple):
    status: int
    type: str
    message: str


_ROWS = {
    "invalid_request": _AnthropicError(
        400,
        "invalid_request_error",
        "There was an issue with the format or content of your request.",
    ),  # the wording of platform.claude.com/docs/en/api/errors
    "auth_expired": _AnthropicError(
        401, "authentication_error", "invalid x-api-key"
    ),  # recorded, 2026-08
    "permission": _AnthropicError(
        403,
        "permission_error",
        "Your API key does not have permission to use the specified resource.",
    ),  # docs
    "not_found": _AnthropicError(404, "not_found_error", "Not Found"),  # assumed wording
    "method_not_allowed": _AnthropicError(
        405, "invalid_request_error", "Method Not Allowed"
    ),  # assumed
    "too_large": _AnthropicError(
        413, "request_too_large", "Request exceeds the maximum allowed number of bytes."
    ),  # docs
    "rate_limited": _AnthropicError(
        429,
        "rate_limit_error",
        "This request would exceed your account's rate limit. Please try again later.",
    ),  # anthropics/claude-code#18078
    "quota": _AnthropicError(
        400,
        "invalid_request_error",
        "Your credit balance is too low to access the Anthropic API. "
        "Please go to Plans & Billing to upgrade or purchase credits.",
    ),  # anthropics/claude-code#66314
    "server_error": _AnthropicError(
        500, "api_error", "Internal server error"
    ),  # anthropics/claude-code#48616
    "overloaded": _AnthropicError(
        529, "overloaded_error", "Overloaded"
    ),  # anthropics/claude-code#23049
    "timeout": _AnthropicError(
        504, "timeout_error", "The request timed out while processing."
    ),  # docs, cut
}
_MISSING_KEY = "x-api-key header is required"
_BAD_LOGIN = "Invalid authentication credentials"  # anthropics/claude-code#44719, of a login

# A status that a refusal asks for brings its own type; the list is the SDK's ErrorType and docs.
_TYPES = {row.status: row.type for kind, row in _ROWS.items() if kind != "quota"} | {
    402: "billing_error",
    409: "conflict_error",
}

# Headers of the 529 in anthropics/anthropic-sdk-typescript#616 and the 429 in #357, without their
# hop-by-hop ones. On other statuses they are assumed: no dump of, say, a 500 was found.
_EDGE = (
    ("cf-cache-status", "DYNAMIC"),
    ("server", "cloudflare"),
    ("via", "1.1 google"),
    ("x-robots-tag", "none"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
)
_UNCACHED = (("cache-control", "no-store, no-cache"),)
_RETRYABLE = (("x-should-retry", "true"),)
_FINAL = (("x-should-retry", "false"),)  # of 400, 401 and 404, as recorded; of 403 and 413: assumed
_FINALS = (400, 401, 403, 404, 413)
_SHORTEST, _VARIES = 300, 900  # milliseconds in `x-envoy-upstream-service-time`: assumed
# The account limits in the headers of healthy replies: assumed, those of a paid tier.
_QUOTA_NAMES = tuple(
    f"anthropic-ratelimit-{noun}-{name}"
    for noun in ("input-tokens", "output-tokens", "requests", "tokens")
    for name in ("limit", "remaining", "reset")
)
USUAL_QUOTA = Quota(4_000, 2_000_000, 400_000)


def reply_ids(reply_context: ReplyContext, credential: str = "") -> tuple[str, Headers]:
    """Draw a request id, as `req_011CXnukXFhq5zC25S7ev2cy`, and the headers that carry it.

    With a credential they also name its organisation.
    """
    number = reply_context.rng.number(256)
    request_id = "req_011C" + base58(number, 20)
    ray = ("cf-ray", f"{number >> 192:016x}-SJC")
    took = ("x-envoy-upstream-service-time", service_time(number.to_bytes(32, "little")))
    return request_id, (("request-id", request_id), ray, took, *account_headers(credential))


def service_time(drawn: bytes) -> str:
    """The milliseconds that a reply took, from the bytes drawn for its request id."""
    return str(_SHORTEST + int.from_bytes(drawn, "little") % _VARIES)


@lru_cache(1024)
def account_headers(credential: str) -> Headers:
    """The headers that are the same for all replies to a credential: its account, and the edge."""
    if not credential:
        return _EDGE
    digest = blake2b(credential.encode(), digest_size=32).digest()
    organization = UUID(bytes=digest[:16], version=4)
    workspace = "wrkspc_01" + base58(int.from_bytes(digest), 22)
    account = (
        ("anthropic-organization-id", str(organization)),
        ("anthropic-workspace-id", workspace),
    )
    return account + _EDGE


def refuse(request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:
    """Write a refusal as an HTTP error; its request id is in the header and in the body."""
    if request.subscription and refusal.kind == "quota":
        refusal = subscription.refused(refusal, reply_context.now)
    row = _row(request, refusal)
    request_id, headers = reply_ids(reply_context, request.credential)
    body = (
        f'{{"type":"error","error":{{"type":"{row.type}","message":{quote(row.message)}}},'
        f'"request_id":"{request_id}"}}'
    )
    retries = _retry_headers(request, row, refusal, reply_context)
    return json_reply(row.status, headers + retries, body)


def error_event(request: Request, refusal: Refusal) -> str:
    """Write a refusal as the data of `event: error`.

    As pasted in anthropics/anthropic-sdk-go#200; the space before the last brace is real, the API
    pads its events.
    """
    row = _row(request, refusal)
    return (
        f'{{"type":"error","error":{{"details":null,"type":"{row.type}",'
        f'"message":{quote(row.message)}}} }}'
    )


def _row(request: Request, refusal: Refusal) -> _AnthropicError:
    row = _ROWS[refusal.kind]
    if refusal.status and refusal.status != row.status:
        row = row._replace(status=refusal.status, type=_type_at(refusal.status, row.type))
    if refusal.type is not None:
        row = row._replace(type=refusal.type)
    if refusal.message is not None:
        return row._replace(message=refusal.message)
    if refusal.kind == "auth_expired" and not request.credential:
        return row._replace(message=_MISSING_KEY)
    if refusal.kind == "auth_expired" and request.surface == "login":
        return row._replace(message=_BAD_LOGIN)
    if refusal.kind == "not_found" and request.model:
        return row._replace(message=f"model: {request.model}")
    return row


def _type_at(status: int, own: str) -> str:
    """The type that belongs to a status; under a good one an error keeps its own."""
    if status < 400:
        return own
    return _TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")


def _retry_headers(
    request: Request, row: _AnthropicError, refusal: Refusal, reply_context: ReplyContext
) -> Headers:
    wait = refusal.retry_after
    after = (("retry-after", seconds(wait)),) if wait is not None else ()
    if row.status == 529:  # carries no retry-after of its own: anthropics/claude-code#23049
        return _UNCACHED + _RETRYABLE + after
    if row.status in _FINALS:
        return _FINAL + after
    if row.status != 429:
        return after
    if request.subscription:
        return (*subscription.refusal_headers(reply_context.now), *_RETRYABLE, *after)
    reset = _moment(reply_context.now + (wait or 0))
    return (
        ("anthropic-ratelimit-requests-limit", "5"),
        ("anthropic-ratelimit-requests-remaining", "0"),
        ("anthropic-ratelimit-requests-reset", reset),
        *_RETRYABLE,
        *after,
    )


def quota(state: State) -> NamedValues:
    """The headers of platform.claude.com/docs/en/api/rate-limits, in the recorded order.

    Where answers have a limit of their own, the one of all tokens is the sum of both.
    """
    at, _, _, requests, inputs, outputs, _ = state
    if not (requests and inputs and outputs):
        return named_values(_some_levels(state))
    of_in, left_in, reset_in = inputs
    of_out, left_out, reset_out = outputs
    of_requests, left_requests, reset_requests = requests
    soon, later = _second(int(at + reset_in)), _second(int(at + reset_out))
    return _QUOTA_NAMES, (
        *(of_in, left_in, soon),
        *(of_out, left_out, later),
        *(of_requests, left_requests, _second(int(at + reset_requests))),
        *(of_in + of_out, left_in + left_out, later if reset_out > reset_in else soon),
    )


def _some_levels(state: State) -> Iterator[tuple[str, int | str]]:
    """The headers where a quota does not set all limits."""
    inputs, outputs, both = state.tokens, state.output, None
    if inputs and outputs:
        limit, remaining = inputs.limit + outputs.limit, inputs.remaining + outputs.remaining
        both = Level(limit, remaining, max(inputs.reset, outputs.reset))
    for number, level in enumerate((inputs, outputs, state.requests, both)):
        if level:
            values = (level.limit, level.remaining, _second(int(state.at + level.reset)))
            yield from zip(_QUOTA_NAMES[3 * number :][:3], values, strict=True)


def _moment(at: float) -> str:
    return _second(int(at))


@lru_cache(256)
def _second(at: int) -> str:
    days, seconds = divmod(at, 86_400)
    return f"{_day(days)}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}Z"


@lru_cache(16)
def _day(days: int) -> str:
    """A date by its days since 1970; dates take most of the time, and replies share them."""
    return datetime.fromtimestamp(days * 86_400, UTC).strftime("%Y-%m-%d")
