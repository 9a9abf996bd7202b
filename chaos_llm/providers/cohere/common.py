"""What Cohere's endpoints share: refusals, headers and ids.

Messages are those of docs.cohere.com/reference/errors; what is not there is marked assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, NamedTuple

from chaos_llm.protocol.messages import Refusal, Reply, Request
from chaos_llm.protocol.rate_limits import Quota, State
from chaos_llm.providers.conversation import uuid
from chaos_llm.providers.endpoint import Endpoint
from chaos_llm.providers.framing import bearer, json_reply, quote, seconds
from chaos_llm.providers.provider import NO_VALUES, NamedValues, ReplyContext, named_values

Headers = tuple[tuple[str, str], ...]

_TRIAL = (
    "You are using a Trial key, which is limited to {limit}. You can continue to use the Trial key "
    "for free or upgrade to a Production key with higher rate limits at "
    "'https://dashboard.cohere.com/api-keys'. Contact us on 'https://discord.gg/XW44jPfYJu' or "
    "email us at support@cohere.com with any questions"
)
_UNCACHED = "no-cache, no-store, no-transform, must-revalidate, private, max-age=0"


class CohereError(NamedTuple):
    """A refusal in Cohere's words."""

    status: int
    message: str


_ROWS = {
    "invalid_request": CohereError(400, "invalid request"),  # assumed: the field is named behind it
    "auth_expired": CohereError(
        401,
        "Incorrect API key provided: ***********. You can find your API key at "
        "https://dashboard.cohere.com/api-keys.",
    ),  # recorded, 2026-08
    "permission": CohereError(403, "forbidden"),  # assumed
    "not_found": CohereError(
        404,
        "model '{model}' not found, make sure the correct model ID was used and that you have "
        "access to the model.",
    ),
    "method_not_allowed": CohereError(405, "method not allowed"),  # assumed
    "too_large": CohereError(
        400, "too many tokens: multi-hop prompt is too long even after truncation"
    ),
    "rate_limited": CohereError(429, _TRIAL.replace("{limit}", "40 API calls / minute")),
    "quota": CohereError(429, _TRIAL.replace("{limit}", "1000 API calls / month")),
    "server_error": CohereError(
        500, "internal server error, this has been reported to our developers. id {id}"
    ),  # cohere-ai/cohere-python#476
    "overloaded": CohereError(503, "service unavailable"),  # assumed
    "timeout": CohereError(504, "gateway timeout"),  # assumed
}
_NO_KEY = "no api key supplied"
_NO_PATH = "404 page not found"
_UNPAID = (
    "Please add or update your payment method at "
    "https://dashboard.cohere.com/billing?tab=payment to continue"
)


class CohereEndpoint(Endpoint):
    """An endpoint of Cohere's."""

    asks_to_wait: ClassVar[bool] = False
    name: ClassVar[str] = "cohere"
    hosts: ClassVar[tuple[str, ...]] = ("api.cohere.com", "api.cohere.ai")
    unreadable: ClassVar[str] = "invalid request: {}"  # assumed
    usual_quota: ClassVar[Quota | None] = Quota(20)  # of a trial key: docs.cohere.com, rate limits

    def quota(self, state: State) -> NamedValues:
        """The headers of the remaining quota, as for trial keys; a 429 has none."""
        if not state.allowed or not state.requests:
            return NO_VALUES
        return named_values(
            (
                ("x-trial-endpoint-call-limit", state.requests.limit),
                ("x-trial-endpoint-call-remaining", state.requests.remaining),
                ("x-endpoint-monthly-call-limit", 1000),
            )
        )

    def _secret(self, headers: Mapping[str, str]) -> str:
        return bearer(headers.get("authorization", ""))

    def _refuse(self, request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:
        headers, reply_id = cohere_headers(reply_context), uuid(reply_context)
        row = row_of(request, refusal, reply_id)
        if refusal.retry_after is not None:
            headers = (*headers, ("retry-after", seconds(refusal.retry_after)))
        body = f'{{"id":"{reply_id}","message":{quote(row.message)}}}'
        return json_reply(row.status, headers, body)


def cohere_headers(reply_context: ReplyContext) -> Headers:
    """The headers of every reply, as a recorded one has them, without hop-by-hop ones."""
    return (
        ("access-control-expose-headers", "X-Debug-Trace-ID"),
        ("cache-control", _UNCACHED),
        ("x-accel-expires", "0"),
        ("x-debug-trace-id", f"{reply_context.rng.number(128):032x}"),
        ("x-envoy-upstream-service-time", "412"),
        ("server", "envoy"),
        ("via", "1.1 google"),
    )


def row_of(request: Request, refusal: Refusal, reply_id: str) -> CohereError:
    """Fill in a refusal's status and message."""
    row = _ROWS[refusal.kind]
    if refusal.kind == "auth_expired" and not request.credential:
        row = row._replace(message=_NO_KEY)
    elif refusal.kind == "not_found" and not request.model:
        row = row._replace(message=_NO_PATH)
    if refusal.status:
        row = CohereError(refusal.status, _UNPAID if refusal.status == 402 else row.message)
    message = row.message if refusal.message is None else refusal.message
    filled = message.replace("{model}", request.model).replace("{id}", reply_id)
    return row._replace(message=filled)
