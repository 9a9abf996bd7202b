"""What the endpoints of Gemini's API for developers share: their path and their refusals.

A text without an issue beside it is one of Google's API front end, seen in many pastes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from chaos_llm.protocol.messages import Refusal, Request
from chaos_llm.providers.framing import seconds
from chaos_llm.providers.google.common import Details, GoogleEndpoint, GoogleError, reason

_SERVICE = "generativelanguage.googleapis.com"
_LIMITS = "https://ai.google.dev/gemini-api/docs/rate-limits"
_OVER_QUOTA = (
    "You exceeded your current quota, please check your plan and billing details. For more "
    f"information on this error, head to: {_LIMITS}. To monitor your current usage, head to: "
    f"https://ai.dev/rate-limit. \n* Quota exceeded for metric: {_SERVICE}/"
    "generate_content_free_tier_requests, limit: {limit}, model: {model}"
)  # continuedev/continue#9570
_ROWS = {
    "invalid_request": GoogleError(400, "Request contains an invalid argument."),
    "auth_expired": GoogleError(400, "API key not valid. Please pass a valid API key."),  # recorded
    "permission": GoogleError(
        403, "The caller does not have permission"
    ),  # google-gemini/gemini-cli#14519
    "not_found": GoogleError(
        404,
        "models/{model} is not found for API version {version}, or is not supported for {verb}. "
        "Call ListModels to see the list of available models and their supported methods.",
    ),
    "method_not_allowed": GoogleError(405, "Method not allowed."),  # assumed
    "too_large": GoogleError(400, "Request payload size exceeds the limit: 20971520 bytes."),
    "rate_limited": GoogleError(429, _OVER_QUOTA.replace("{limit}", "10")),
    "quota": GoogleError(429, _OVER_QUOTA.replace("{limit}", "250")),
    "server_error": GoogleError(
        500,
        "An internal error has occurred. Please retry or report in "
        "https://developers.generativeai.google/guide/troubleshooting",
    ),  # google-gemini/gemini-cli#7316
    "overloaded": GoogleError(
        503, "The model is overloaded. Please try again later."
    ),  # google-gemini/gemini-cli#5191
    "timeout": GoogleError(504, "Deadline expired before operation could complete."),
}
_NO_KEY = GoogleError(
    403,
    "Method doesn't allow unregistered callers (callers without established identity). Please use "
    "API Key or other form of API consumer identity to call this API.",
)  # PublicAffairs/openai-gemini#92
_NO_PATH = GoogleError(404, "Requested entity was not found.")
_VERSION = re.compile(r"/(v1\w*)/")
_PERIODS = {"rate_limited": "PerMinute", "quota": "PerDay"}


class GeminiEndpoint(GoogleEndpoint):
    """An endpoint of Gemini's API for developers; some gateways leave the version out."""

    name: ClassVar[str] = "gemini"
    hosts: ClassVar[tuple[str, ...]] = (_SERVICE, "generativelanguage.mtls.googleapis.com")
    route: ClassVar[re.Pattern[str]] = re.compile(r"/(?:models|tunedModels)/([^/:]+):(\w+)$")
    rows: ClassVar[Mapping[str, GoogleError]] = _ROWS

    def _row(self, request: Request, refusal: Refusal) -> GoogleError:
        row = super()._row(request, refusal)
        if refusal.kind == "auth_expired" and not request.credential:
            return _NO_KEY if refusal.status is None else row
        if refusal.kind == "not_found" and not request.model:
            return _NO_PATH
        version = _VERSION.search(request.path)
        message = (
            row.message.replace("{model}", request.model)
            .replace("{version}", version[1] if version else "v1beta")
            .replace("{verb}", self._model_and_verb(request.path)[1])
        )
        if refusal.kind == "rate_limited" and refusal.retry_after is not None:
            message += f"\nPlease retry in {seconds(refusal.retry_after)}s."
        return row._replace(message=message)

    def _details(self, request: Request, refusal: Refusal) -> Details:
        if refusal.kind == "auth_expired" and request.credential:
            text = refusal.message or _ROWS["auth_expired"].message
            detail = {
                "@type": "type.googleapis.com/google.rpc.LocalizedMessage",
                "locale": "en-US",
                "message": text,
            }
            # as pasted in cequence-io/openai-scala-client#109
            return [reason("API_KEY_INVALID", _SERVICE), detail]
        period = _PERIODS.get(refusal.kind)
        return _over_quota(request.model, period) if period else []


def _over_quota(model: str, period: str) -> Details:
    """Say which quota it is, as in google-gemini/gemini-cli#8437 and RooCodeInc/Roo-Code#3883."""
    violation: dict[str, Any] = {
        "quotaMetric": f"{_SERVICE}/generate_content_free_tier_requests",
        "quotaId": f"GenerateRequests{period}PerProjectPerModel-FreeTier",
        "quotaDimensions": {"location": "global", "model": model},
        "quotaValue": "10" if period == "PerMinute" else "250",
    }
    link = {"description": "Learn more about Gemini API quotas", "url": _LIMITS}
    return [
        {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]},
        {"@type": "type.googleapis.com/google.rpc.Help", "links": [link]},
    ]
