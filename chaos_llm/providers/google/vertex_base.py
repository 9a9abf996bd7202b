"""What the endpoints of Vertex AI share: their path, with its project and region, and refusals.

A text without an issue beside it is one of Google's API front end, seen in many pastes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from chaos_llm.protocol.messages import Refusal, Request
from chaos_llm.providers.google.common import Details, GoogleEndpoint, GoogleError, reason

_SERVICE = "aiplatform.googleapis.com"
_SIGN_IN = (
    "Expected OAuth 2 access token, login cookie or other valid authentication credential. "
    "See https://developers.google.com/identity/sign-in/web/devconsole-project."
)
_ROWS = {
    "invalid_request": GoogleError(400, "Request contains an invalid argument."),
    "auth_expired": GoogleError(
        401, f"Request had invalid authentication credentials. {_SIGN_IN}"
    ),  # pydantic/pydantic-ai#1186
    "permission": GoogleError(
        403,
        "Permission 'aiplatform.endpoints.predict' denied on resource "
        "'//aiplatform.googleapis.com/{resource}' (or it may not exist).",
    ),  # google-gemini/gemini-cli#5589
    "not_found": GoogleError(
        404,
        "Publisher Model `{resource}` was not found or your project does not have access to it. "
        "Please ensure you are using a valid model version. For more information, see: "
        "https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions",
    ),  # truefoundry/models#946
    "method_not_allowed": GoogleError(405, "Method not allowed."),  # assumed
    "too_large": GoogleError(400, "Request payload size exceeds the limit: 20971520 bytes."),
    "rate_limited": GoogleError(
        429,
        "Resource exhausted. Please try again later. Please refer to "
        "https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429 for more details.",
    ),  # google-gemini/gemini-cli#14831
    "quota": GoogleError(
        429,
        "Quota exceeded for aiplatform.googleapis.com/online_prediction_requests_per_base_model "
        "with base model: {base}. Please submit a quota increase request. "
        "https://cloud.google.com/vertex-ai/docs/generative-ai/quotas-genai.",
    ),  # cline/cline#651
    "server_error": GoogleError(500, "Internal error encountered."),
    "overloaded": GoogleError(503, "The service is currently unavailable."),
    "timeout": GoogleError(504, "Deadline expired before operation could complete."),
}
_NO_TOKEN = GoogleError(401, f"Request is missing required authentication credential. {_SIGN_IN}")
_NO_PATH = GoogleError(404, "Requested entity was not found.")
_RESOURCE = re.compile(r"/((?:projects/[^/]+/locations/[^/]+/)?(?:publishers|endpoints)/[^:]+)")
_VERSION = re.compile(r"[@-]\d{3,}$")


class VertexEndpoint(GoogleEndpoint):
    """An endpoint of Vertex AI; the host's first word, or the path, is the region."""

    asks_to_wait: ClassVar[bool] = False
    name: ClassVar[str] = "vertex"
    hosts: ClassVar[tuple[str, ...]] = (
        _SERVICE,
        f"*-{_SERVICE}",
        "aiplatform.*.rep.googleapis.com",
        "aiplatform.mtls.googleapis.com",  # for clients with a certificate
        "*-aiplatform.mtls.googleapis.com",
    )
    route: ClassVar[re.Pattern[str]] = re.compile(
        r"/(?:publishers/[^/]+/models|endpoints)/([^/:]+):(\w+)$"
    )
    rows: ClassVar[Mapping[str, GoogleError]] = _ROWS

    def error(self, request: Request, refusal: Refusal) -> dict[str, Any]:
        """Write Google's error object; what is wrong with a request has details, if no more."""
        shown = super().error(request, refusal)
        if shown["error"]["code"] in (400, 404):
            shown["error"].setdefault("details", [])
        return shown

    def _lists_errors(self, request: Request) -> bool:
        """A stream's error is in a list, with or without SSE: google-gemini/gemini-cli#6454."""
        return request.stream

    def _row(self, request: Request, refusal: Refusal) -> GoogleError:
        row = super()._row(request, refusal)
        if refusal.kind == "auth_expired" and not request.credential:
            return _NO_TOKEN if refusal.status is None else row
        if refusal.kind == "not_found" and not request.model:
            return _NO_PATH
        resource = _RESOURCE.search(request.path)
        message = row.message.replace("{resource}", resource[1] if resource else request.model)
        return row._replace(message=message.replace("{base}", _base(request)))

    def _details(self, request: Request, refusal: Refusal) -> Details:
        if refusal.kind != "auth_expired":
            return []
        why = "ACCESS_TOKEN_EXPIRED" if request.credential else "CREDENTIALS_MISSING"
        return [reason(why, _SERVICE)]


def _base(request: Request) -> str:
    """Name the base model of a quota: without a version, and with its publisher if not Google."""
    publisher = request.path.partition("/publishers/")[2].partition("/")[0]
    prefix = "" if publisher in ("", "google") else publisher + "-"
    return prefix + _VERSION.sub("", request.model)
