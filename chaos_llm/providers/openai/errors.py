"""OpenAI's refusals, word for word.

Bodies are those that users pasted; each row names its source. What no source shows is marked
assumed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from chaos_llm.providers.framing import quote

_INVALID = "invalid_request_error"


class OpenAIError(NamedTuple):
    """A refusal in OpenAI's words."""

    status: int
    type: str
    code: str | None
    message: str
    param: str | None = None
    request_id: str = ""
    details: Any = None  # what a vendor says in the place of a message


ROWS = {
    "invalid_request": OpenAIError(400, _INVALID, None, "Invalid request."),  # assumed wording
    "auth_expired": OpenAIError(
        401,
        _INVALID,
        "invalid_api_key",
        "Incorrect API key provided: ***********. "
        "You can find your API key at https://platform.openai.com/account/api-keys.",
    ),  # recorded, 2025-12; the real one shows the key's end, which we never keep
    "permission": OpenAIError(
        403, _INVALID, None, "You have insufficient permissions for this operation."
    ),  # assumed type
    "not_found": OpenAIError(
        404,
        _INVALID,
        "model_not_found",
        "The model `{model}` does not exist or you do not have access to it.",
    ),
    "method_not_allowed": OpenAIError(405, _INVALID, None, "Invalid method for URL"),
    "too_large": OpenAIError(413, _INVALID, None, "Request body is too large."),  # assumed
    "rate_limited": OpenAIError(
        429,
        "tokens",
        "rate_limit_exceeded",
        "Rate limit reached for {model} in organization org-{account} on tokens per min (TPM): "
        "Limit 30000, Used 18928, Requested 11159. Please try again in {wait}. "
        "Visit https://platform.openai.com/account/rate-limits to learn more.",
    ),  # continuedev/continue#11472
    "quota": OpenAIError(
        429,
        "insufficient_quota",
        "insufficient_quota",
        "You exceeded your current quota, please check your plan and billing details. For more "
        "information on this error, read the docs: "
        "https://platform.openai.com/docs/guides/error-codes/api-errors.",
    ),
    "server_error": OpenAIError(
        500,
        "server_error",
        None,
        "The server had an error processing your request. Sorry about that! You can retry your "
        "request, or contact us through our help center at help.openai.com if you keep seeing this "
        "error. (Please include the request ID {request_id} in your email.)",
    ),  # openai/openai-cua-sample-app#54
    "overloaded": OpenAIError(
        503,
        "service_unavailable_error",
        "server_is_overloaded",
        "Our servers are currently overloaded. Please try again later.",
    ),  # openai/codex#43337
    "timeout": OpenAIError(504, "server_error", None, "Request timed out."),  # assumed
}
_MISSING_KEY = (
    "You didn't provide an API key. You need to provide your API key in an Authorization header "
    "using Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank "
    "username) if you're accessing the API from your browser and are prompted for a username and "
    "password. You can obtain an API key from https://platform.openai.com/account/api-keys."
)
NO_KEY = ROWS["auth_expired"]._replace(code=None, message=_MISSING_KEY)
BODY = """{
  "error": {
    "message": %s,
    "type": "%s",
    "param": %s,
    "code": %s
  }
}
"""


def error_object(row: OpenAIError) -> str:
    """Write a refusal as a compact object."""
    return '{"message":%s,"type":"%s","param":%s,"code":%s}' % texts(row)  # noqa: UP031 - braces


def texts(row: OpenAIError) -> tuple[str, str, str, str]:
    """Write a row's message, type, param and code as JSON."""
    return (quote(row.message), row.type, _or_null(row.param), _or_null(row.code))


def _or_null(text: str | None) -> str:
    return "null" if text is None else quote(text)
