"""How a recorded call failed, and which fault of a profile is the same failure."""

from __future__ import annotations

import re
from typing import NamedTuple

from chaos_llm.recording.recorded_call import RecordedCall

# Statuses that say that the request itself was wrong, which is no outage.
CALLERS_FAULT = frozenset({400, 402, 404, 405, 406, 410, 411, 412, 413, 414, 415, 422, 431})
_CLIENT_CLOSED = 499  # nginx: the client closed the connection before the reply
_MODEL_LESS_STATUS = 300
_ENVOY = re.compile(r"upstream connect error|no healthy upstream|upstream request timeout")
_REASON = re.compile(r"reset reason: ([^\n]{1,200})")


class FailureKind(NamedTuple):
    """One way to fail: the name of a fault, with what tells its variants apart."""

    fault: str
    status: int = 0
    variant: str = ""


HEALTHY = FailureKind("")
REFUSED = FailureKind("", 400)  # a request that was at fault itself: neither healthy nor an outage
LEFT = FailureKind("", 499)  # the client left a reply that had begun

_ENDS = {
    "refused": FailureKind("refuse_connection"),
    "unresolved": FailureKind("dns_failure"),
    "tls": FailureKind("tls_failure"),
    "connect_timeout": FailureKind("connect_timeout"),
    "timeout": FailureKind("hang"),
}


def kind_of(call: RecordedCall) -> FailureKind:
    """How a call failed; HEALTHY, REFUSED or LEFT if the provider did not fail."""
    if call.end in _ENDS:
        return _ENDS[call.end]
    if call.status >= _MODEL_LESS_STATUS:
        return _of_status(call)
    if call.end != "complete":
        return _broken(call)
    if call.error_event:
        return FailureKind("error_mid_stream", variant=call.error_type)
    if not call.status:
        return _of_error(call)
    return HEALTHY


def _broken(call: RecordedCall) -> FailureKind:
    """The kind of a reply that did not come whole."""
    if call.end == "abandoned":
        return LEFT if call.first_byte is not None else FailureKind("hang")
    if not call.status:
        return FailureKind("reset_connection")
    by = "reset" if call.end == "reset" else "close"
    return FailureKind("cut_stream" if call.stream is not False else "short_body", variant=by)


def _of_status(call: RecordedCall) -> FailureKind:
    status = call.status
    if status in CALLERS_FAULT or status < 400:
        return REFUSED
    head = call.body[:200].lstrip().lower()
    if "html" in call.content_type or head.startswith(("<!doc", "<html")):
        return _page(call)
    if status == 503 and _ENVOY.search(call.body):
        reason = _REASON.search(call.body)
        return FailureKind("envoy_503", 503, reason[1].strip() if reason else "overflow")
    return FailureKind(_named_by_status(call), status)


def _named_by_status(call: RecordedCall) -> str:
    """The fault that a status stands for."""
    if call.status == 429 and "insufficient_quota" in call.error_type + call.body[:500]:
        return "insufficient_quota"
    if call.status == 529 and call.provider in ("anthropic", ""):
        return "overloaded"
    named = {401: "auth_expired", 429: "rate_limited", _CLIENT_CLOSED: "hang"}
    return named.get(call.status, "server_error" if 500 <= call.status < 600 else "raw")


def _page(call: RecordedCall) -> FailureKind:
    """The kind of an HTML page in place of JSON."""
    head = f"{call.server} {call.body[:4000]}".lower()
    if call.status == 403 and ("challenge" in head or "just a moment" in head):
        return FailureKind("challenge_page", 403)
    by = next((name for name in ("cloudflare", "nginx") if name in head), "")
    return FailureKind("html_error_page" if call.status >= 500 else "raw", call.status, by)


_ERRORS: tuple[tuple[str, str | int], ...] = (
    # Words in the names of clients' errors, where no status came: a fault, or the status of it.
    ("connecttimeout", "connect_timeout"),
    ("gatewaytimeout", 504),
    ("timeout", "hang"),
    ("timed out", "hang"),
    ("deadline", "hang"),
    ("cancelled", _CLIENT_CLOSED),
    ("nameresolution", "dns_failure"),
    ("getaddrinfo", "dns_failure"),
    ("name or service not known", "dns_failure"),
    ("connection refused", "refuse_connection"),
    ("connecterror", "refuse_connection"),
    ("ssl", "tls_failure"),
    ("ratelimit", "rate_limited"),
    ("rate limit", "rate_limited"),
    ("throttl", "rate_limited"),
    ("toomanyrequests", "rate_limited"),
    ("resourceexhausted", "rate_limited"),
    ("resource exhausted", "rate_limited"),
    ("authentication", "auth_expired"),
    ("expiredtoken", "auth_expired"),
    ("overloaded", "overloaded"),
    ("serviceunavailable", 503),
    ("badgateway", 502),
    ("permissiondenied", 403),
    ("accessdenied", 403),
    ("incompleteread", "cut_stream"),
    ("remoteprotocol", "cut_stream"),
    ("connection", "reset_connection"),
    ("reset", "reset_connection"),
    ("badrequest", 400),
    ("invalid_request", 400),
    ("validation", 400),
    ("unprocessable", 422),
    ("notfound", 404),
    ("contextwindow", 400),
)
_STATUS = re.compile(r"(?:\b(?:status|code|HTTP|Error)\b\D{0,12})(4\d\d|5\d\d)\b", re.IGNORECASE)


def _of_error(call: RecordedCall) -> FailureKind:
    """The kind of a call without a status, by the name and the message of its error."""
    if not call.error_type and not call.error_message:
        return HEALTHY
    said = f"{call.error_type} {call.error_message}"
    status = _STATUS.search(said)
    if status is not None:
        call.status = int(status[1])
        return _of_status(call)
    folded = said.casefold()
    meant = next((meant for word, meant in _ERRORS if word in folded), 0)
    if isinstance(meant, str):
        return FailureKind(meant)
    if meant == _CLIENT_CLOSED:
        return LEFT
    if meant:
        call.status = meant
        return _of_status(call)
    return FailureKind("server_error", 500, "unnamed")
