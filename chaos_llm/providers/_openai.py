"""What OpenAI's endpoints share: admission, refusals, headers and ids.

Bodies are those that users pasted; each row names its source. What no source shows is marked
assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from chaos_llm.model import Refusal, Reply, Request, Tool, WireRequest
from chaos_llm.providers._framing import bearer, json_reply, quote, seconds
from chaos_llm.providers._model_endpoint import ModelEndpoint
from chaos_llm.providers.provider import Stamp

_INVALID = "invalid_request_error"


class Row(NamedTuple):
    """A refusal in OpenAI's words."""

    status: int
    type: str
    code: str | None
    message: str
    param: str | None = None


_ROWS = {
    "invalid_request": Row(400, _INVALID, None, "Invalid request."),  # assumed wording
    "auth_expired": Row(
        401,
        _INVALID,
        "invalid_api_key",
        "Incorrect API key provided. "
        "You can find your API key at https://platform.openai.com/account/api-keys.",
    ),  # the real one shows the key's ends, which we never keep
    "permission": Row(
        403, _INVALID, None, "You have insufficient permissions for this operation."
    ),  # assumed type
    "not_found": Row(
        404,
        _INVALID,
        "model_not_found",
        "The model `{model}` does not exist or you do not have access to it.",
    ),
    "method_not_allowed": Row(405, _INVALID, None, "Invalid method for URL"),
    "too_large": Row(413, _INVALID, None, "Request body is too large."),  # assumed
    "rate_limited": Row(
        429,
        "tokens",
        "rate_limit_exceeded",
        "Rate limit reached for {model} in organization org-{account} on tokens per min (TPM): "
        "Limit 30000, Used 18928, Requested 11159. Please try again in {wait}. "
        "Visit https://platform.openai.com/account/rate-limits to learn more.",
    ),  # continuedev/continue#11472
    "quota": Row(
        429,
        "insufficient_quota",
        "insufficient_quota",
        "You exceeded your current quota, please check your plan and billing details. For more "
        "information on this error, read the docs: "
        "https://platform.openai.com/docs/guides/error-codes/api-errors.",
    ),
    "server_error": Row(
        500,
        "server_error",
        None,
        "The server had an error processing your request. Sorry about that! You can retry your "
        "request, or contact us through our help center at help.openai.com if you keep seeing this "
        "error. (Please include the request ID {request_id} in your email.)",
    ),  # openai/openai-cua-sample-app#54
    "overloaded": Row(
        503,
        "service_unavailable_error",
        "server_is_overloaded",
        "Our servers are currently overloaded. Please try again later.",
    ),  # openai/codex#43337
    "timeout": Row(504, "server_error", None, "Request timed out."),  # assumed
}
_MISSING_KEY = (
    "You didn't provide an API key. You need to provide your API key in an Authorization header "
    "using Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank "
    "username) if you're accessing the API from your browser and are prompted for a username and "
    "password. You can obtain an API key from https://platform.openai.com/account/api-keys."
)
_MISSING_FIELD = "Missing required parameter: '"
_BODY = """{
  "error": {
    "message": %s,
    "type": "%s",
    "param": %s,
    "code": %s
  }
}
"""


class OpenAIEndpoint(ModelEndpoint):
    """An endpoint of OpenAI's, or of one that speaks like it."""

    name: ClassVar[str] = "openai"
    hosts: ClassVar[tuple[str, ...]] = ("api.openai.com",)
    unreadable: ClassVar[str] = (
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't "
        "using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was "
        "sent was not valid JSON. If you have trouble figuring out how to fix this, please contact "
        "us through our help center at help.openai.com.)"
    )

    def _secret(self, headers: Mapping[str, str]) -> str:
        return bearer(headers.get("authorization", "")) or headers.get("api-key", "")  # Azure's

    def _no_route(self, wire: WireRequest) -> Refusal | None:
        refusal = super()._no_route(wire)
        if not refusal:
            return None
        wrong = "URL" if refusal.kind == "not_found" else "method for URL"
        return Refusal(refusal.kind, message=f"Invalid {wrong} ({wire.method} {wire.path})")

    def _refuse(self, request: Request, refusal: Refusal, stamp: Stamp) -> Reply:
        request_id, headers = reply_ids(stamp)
        row = row_of(request, refusal, request_id)
        if refusal.retry_after is not None:
            headers = (*headers, ("retry-after", seconds(refusal.retry_after)))
        return json_reply(row.status, headers, _BODY % _texts(row))


def reply_ids(stamp: Stamp) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Draw a request id and the header that carries it."""
    request_id = "req_" + hexadecimal(stamp, 32)
    return request_id, (("x-request-id", request_id),)


def hexadecimal(stamp: Stamp, length: int) -> str:
    """Draw an id of at most 64 hexadecimal digits."""
    return f"{stamp.die.number(256):064x}"[:length]


def row_of(request: Request, refusal: Refusal, request_id: str) -> Row:
    """Fill in a refusal's status, type, code, message and param."""
    row = _ROWS[refusal.kind]
    if refusal.status:
        row = row._replace(status=refusal.status)
    if refusal.message is not None:
        row = row._replace(message=refusal.message)
        if row.message.startswith(_MISSING_FIELD):
            field = row.message.removeprefix(_MISSING_FIELD).partition("'")[0]
            row = row._replace(code="missing_required_parameter", param=field)
        return row._replace(code=None) if refusal.kind == "not_found" else row
    if refusal.kind == "auth_expired" and not request.credential:
        return row._replace(code=None, message=_MISSING_KEY)
    wait = "174ms" if refusal.retry_after is None else seconds(refusal.retry_after) + "s"
    message = (
        row.message.replace("{model}", request.model)
        .replace("{account}", request.credential)
        .replace("{wait}", wait)
        .replace("{request_id}", request_id)
    )
    return row._replace(message=message)


def error_object(row: Row) -> str:
    """Write the error object of an event."""
    return '{"message":%s,"type":"%s","param":%s,"code":%s}' % _texts(row)  # noqa: UP031 - braces


def _texts(row: Row) -> tuple[str, str, str, str]:
    return (quote(row.message), row.type, _or_null(row.param), _or_null(row.code))


def _or_null(text: str | None) -> str:
    return "null" if text is None else quote(text)


def missing(field: str) -> Refusal:
    """Refuse a body without one of its required parameters."""
    return Refusal("invalid_request", message=f"{_MISSING_FIELD}{field}'.")


def tools_of(body: dict[str, Any]) -> tuple[Tool, ...]:
    """Collect the app's functions, which Chat Completions wraps once more than Responses."""
    offered = body.get("tools")
    if not isinstance(offered, list) or body.get("tool_choice") == "none":
        return ()
    functions = (
        tool.get("function", tool)
        for tool in offered
        if isinstance(tool, dict) and tool.get("type") == "function"
    )
    return tuple(
        Tool(function["name"], function.get("parameters") or {})
        for function in functions
        if isinstance(function, dict) and "name" in function
    )


def forced_tool_of(body: dict[str, Any]) -> str | None:
    """Find the tool that must be called: its name, or "" for any."""
    choice = body.get("tool_choice")
    if choice == "required":
        return ""
    if not isinstance(choice, dict) or choice.get("type") != "function":
        return None
    function = choice.get("function", choice)
    return str(function.get("name", "")) if isinstance(function, dict) else ""


def schema_of(form: object) -> Mapping[str, Any] | None:
    """Find the wanted JSON schema in a format object; a bare JSON mode wants any object."""
    if not isinstance(form, dict):
        return None
    if form.get("type") == "json_object":
        return {"type": "object"}
    wrapped = form.get("json_schema", form)
    return wrapped.get("schema") if isinstance(wrapped, dict) else None
