"""AWS's login, the Security Token Service, as boto3 calls it: forms in, XML out.

Codes and texts of errors are those of botocore's model of STS and of AWS's lists of common errors;
the form is as in mozilla-iam/mozilla-aws-cli#146. Other rows are marked assumed.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple
from xml.sax.saxutils import escape

from chaos_llm.protocol.messages import Chunk, Document, Refusal, Reply, Request, WireRequest
from chaos_llm.providers.conversation import uuid
from chaos_llm.providers.framing import base58, seconds
from chaos_llm.providers.login import Login
from chaos_llm.providers.provider import ReplyContext

_SPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
_SIGNED = re.compile(r"Credential=([^/,]+)/")
_NEEDED = {
    "GetCallerIdentity": (),
    "GetSessionToken": (),
    "AssumeRole": ("RoleArn", "RoleSessionName"),
    "AssumeRoleWithWebIdentity": ("RoleArn", "RoleSessionName", "WebIdentityToken"),
}
_ACCOUNT = "123456789012"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_LIFETIME = 3600
_DURATION = re.compile("[0-9]{1,9}")  # seconds


class StsError(NamedTuple):
    """A refusal in the words of STS."""

    status: int
    code: str
    message: str


_ROWS = {
    "invalid_request": StsError(400, "ValidationError", "Invalid request"),  # assumed wording
    "auth_expired": StsError(
        403, "ExpiredToken", "The security token included in the request is expired"
    ),
    "permission": StsError(
        403, "AccessDenied", "User is not authorized to perform: sts:{action} on resource: {role}"
    ),
    "not_found": StsError(
        404, "InvalidAction", "Could not find operation {action} for version 2011-06-15"
    ),
    "method_not_allowed": StsError(405, "InvalidAction", "Method not allowed"),  # assumed
    "too_large": StsError(413, "RequestEntityTooLarge", "Request is too large"),  # assumed
    "rate_limited": StsError(400, "Throttling", "Rate exceeded"),
    "quota": StsError(400, "Throttling", "Rate exceeded"),
    "server_error": StsError(
        500,
        "InternalFailure",
        "The request processing has failed because of an unknown error, exception or failure.",
    ),
    "overloaded": StsError(
        503,
        "ServiceUnavailable",
        "The request has failed due to a temporary failure of the server.",
    ),
    "timeout": StsError(504, "RequestTimeout", "Request timed out"),  # assumed
}
_NO_KEY = StsError(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
_STALE = StsError(
    400,
    "ExpiredTokenException",
    "The web identity token that was passed is expired or is not valid. Get a new identity token "
    "from the identity provider and then retry the request.",
)


class AwsSts(Login):
    """AWS's login, the Security Token Service."""

    name: ClassVar[str] = "bedrock"
    api: ClassVar[str] = "sts"
    hosts: ClassVar[tuple[str, ...]] = (
        "sts.amazonaws.com",
        "sts.*.amazonaws.com",
        "sts.*.api.aws",
    )
    routes: ClassVar[tuple[tuple[str, re.Pattern[str]], ...]] = (("POST", re.compile(r"^/?$")),)
    kept: ClassVar[tuple[str, ...]] = ("Action", "RoleArn", "RoleSessionName", "DurationSeconds")

    def healthy(self, request: Request, reply_context: ReplyContext) -> Document | None:
        action = request.body["Action"]
        if action == "GetCallerIdentity":
            arn = f"arn:aws:iam::{_ACCOUNT}:user/app"
            return Document({"UserId": "AIDAEXAMPLEUSERID", "Account": _ACCOUNT, "Arn": arn})
        body: dict[str, Any] = {"Credentials": _credentials(request, reply_context.again())}
        if action == "AssumeRoleWithWebIdentity":
            body["SubjectFromWebIdentityToken"] = "system:serviceaccount:default:app"
        if action != "GetSessionToken":
            body["AssumedRoleUser"] = _user(request)
        return Document(body)

    def _who(self, wire: WireRequest, form: dict[str, Any]) -> str:
        signed = _SIGNED.search(wire.headers.get("authorization", ""))
        return signed[1] if signed else str(form.get("RoleArn", ""))

    def _lacks(self, wire: WireRequest, form: dict[str, Any]) -> Refusal | None:
        action = str(form.get("Action", ""))
        if action not in _NEEDED:
            return Refusal("not_found", status=400)
        if action != "AssumeRoleWithWebIdentity" and "authorization" not in wire.headers:
            return Refusal("auth_expired", status=_NO_KEY.status, message=_NO_KEY.message)
        for name in _NEEDED[action]:
            if not form.get(name):
                field = name[0].lower() + name[1:]
                text = (
                    f"1 validation error detected: Value null at '{field}' failed to satisfy "
                    "constraint: Member must not be null"
                )
                return Refusal("invalid_request", message=text)
        return None

    def _render(self, request: Request, answer: Document, reply_context: ReplyContext) -> Reply:
        request_id = uuid(reply_context)
        action = request.body.get("Action", "GetCallerIdentity")
        body = _tag(f"{action}Result", answer.json if isinstance(answer.json, dict) else {})
        body += _tag("ResponseMetadata", {"RequestId": request_id})
        return _reply(answer.status, f"{action}Response", body, request_id)

    def _refuse(self, request: Request, refusal: Refusal, reply_context: ReplyContext) -> Reply:
        request_id, row = uuid(reply_context), _row(request, refusal)
        who = "Sender" if row.status < 500 else "Receiver"
        body = _tag("Error", {"Type": who, "Code": row.code, "Message": row.message})
        body += _tag("RequestId", request_id)
        wait = refusal.retry_after
        after = (("retry-after", seconds(wait)),) if wait is not None else ()
        return _reply(row.status, "ErrorResponse", body, request_id, after)


def _row(request: Request, refusal: Refusal) -> StsError:
    row = _ROWS[refusal.kind]
    if refusal.kind == "auth_expired" and refusal.message == _NO_KEY.message:
        row = _NO_KEY
    elif refusal.kind == "auth_expired" and request.body.get("Action", "").endswith("WebIdentity"):
        row = _STALE
    message = row.message if refusal.message is None else refusal.message
    filled = message.replace("{action}", request.body.get("Action", "")).replace(
        "{role}", request.body.get("RoleArn", "")
    )
    return row._replace(status=refusal.status or row.status, message=filled)


def _credentials(request: Request, reply_context: ReplyContext) -> dict[str, str]:
    length = str(request.body.get("DurationSeconds", ""))
    lifetime = int(length) if _DURATION.fullmatch(length) else _LIFETIME
    until = datetime.fromtimestamp(reply_context.now + lifetime, UTC)
    return {
        "AccessKeyId": "ASIA" + reply_context.rng.letters(16, _LETTERS),
        "SecretAccessKey": base58(reply_context.rng.number(256), 32),
        "SessionToken": "IQoJb3JpZ2luX2Vj" + base58(reply_context.rng.number(256), 32),
        "Expiration": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _user(request: Request) -> dict[str, str]:
    role = request.body["RoleArn"].rpartition("/")[2]
    session = request.body["RoleSessionName"]
    arn = f"arn:aws:sts::{_ACCOUNT}:assumed-role/{role}/{session}"
    return {"AssumedRoleId": f"AROAEXAMPLEROLEID:{session}", "Arn": arn}


def _tag(name: str, value: Any) -> str:
    """Write an element: a text, or elements in it, each on its line."""
    if isinstance(value, dict):
        inner = "\n" + "".join(_tag(str(key), each) for key, each in value.items())
    else:
        inner = escape(str(value))
    return f"<{name}>{inner}</{name}>\n"


def _reply(
    status: int,
    root: str,
    body: str,
    request_id: str,
    more: tuple[tuple[str, str], ...] = (),
) -> Reply:
    data = f'<{root} xmlns="{_SPACE}">\n{body}</{root}>\n'.encode("utf-8", "replace")
    head = (
        ("content-type", "text/xml"),
        ("content-length", str(len(data))),
        ("x-amzn-requestid", request_id),
    )
    pieces = int(status < 400)
    return Reply(status, head + more, (Chunk(0.0, data, bool(pieces)),), pieces=pieces)
