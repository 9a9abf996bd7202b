"""The JSON API under `/__chaos/`: authorization, dispatch, and errors that say what to do.

The operations are in `operations.py`; a new one is a function and a line there.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chaos_llm.errors import ChaosError, UsageError, shown
from chaos_llm.protocol import strict_json
from chaos_llm.server.admin.later import Later
from chaos_llm.server.admin.operations import OPERATIONS
from chaos_llm.server.admin.requests import (
    AdminOperation,
    AdminRequest,
    NoSuchRun,
    Slowly,
    run_name,
)
from chaos_llm.server.connections.shared_state import SharedState
from chaos_llm.server.http.addresses import split_host
from chaos_llm.server.http.own_replies import ADMIN, ServerReply, error_reply, json_reply
from chaos_llm.server.http.request_parser import ReceivedRequest
from chaos_llm.server.launch.settings import is_loopback
from chaos_llm.server.live_page.document import document as page

_LARGEST = 1024 * 1024  # bytes of what is asked
_MOST_ARGUMENTS = 100
_OPEN = ("health", "ready")  # for probes, which have no token; they tell nothing else

_UNADMITTED = (
    "this server's admin API needs its token: send 'Authorization: Bearer TOKEN' or "
    "'X-Chaos-Token: TOKEN', with the one that it was started with"
)

_ELSEWHERE = (
    "without an admin token this API is asked at 127.0.0.1 or localhost only; use that address, or "
    "start the server with --admin-token"
)


def answer(shared: SharedState, request: ReceivedRequest) -> ServerReply | Later:
    """Do what was asked, or say how to ask."""
    name = request.path[len(ADMIN) :].strip("/")
    if not name and _is_browser(request):
        return ServerReply(200, page(), "text/html; charset=utf-8")
    refused = None if name in _OPEN else _refusal(shared, request)
    if refused is not None:
        return refused
    operations = {operation.method: operation for operation in OPERATIONS if operation.name == name}
    method = "GET" if request.method == "HEAD" else request.method
    if not operations:
        return error_reply(404, f"{shown(request.path)} is nothing here; there are: {_listing()}")
    if method not in operations:
        return error_reply(
            405, f"{request.path} is asked by {' or '.join(operations)}, not {request.method}"
        )
    result = _attempt(
        shared,
        request,
        lambda: operations[method].do(_admin_request(shared, request, operations[method])),
    )
    if isinstance(result, Slowly):
        return Later(result.work, partial(_reply_after_work, shared, request, result.then))
    return _masked(shared, result if isinstance(result, ServerReply) else json_reply(result))


def _attempt(shared: SharedState, request: ReceivedRequest, work: Callable[[], Any]) -> Any:
    """The reply to a request; a mistake, of the client or of this server, is described in it."""
    try:
        return work()
    except NoSuchRun as mistake:
        return error_reply(404, str(mistake))
    except strict_json.TooLarge as mistake:
        return error_reply(413, str(mistake))
    except ChaosError as mistake:
        return error_reply(400, str(mistake))
    except Exception as error:  # a mistake of this package
        return error_reply(500, shared.problem(request, error))


def _reply_after_work(
    shared: SharedState,
    request: ReceivedRequest,
    then: Callable[[Any], Any],
    found: Any,
    error: BaseException | None,
) -> ServerReply:
    """The reply to an operation whose work was done in a thread: its result, or its error."""

    def concluded() -> Any:
        if error is not None:
            raise error
        return then(found)

    result = _attempt(shared, request, concluded)
    return _masked(shared, result if isinstance(result, ServerReply) else json_reply(result))


def _masked(shared: SharedState, reply: ServerReply) -> ServerReply:
    """Without the credentials that clients have sent."""
    if not len(shared.secrets) or not reply.is_text:
        return reply
    return reply.rewritten(shared.secrets.masked)


def _is_browser(request: ReceivedRequest) -> bool:
    """Whether the live page is requested; it has no data, and asks for the token."""
    return request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "")


def _refusal(shared: SharedState, request: ReceivedRequest) -> ServerReply | None:
    """Why a request is not authorized: no token, or it comes from a web page of another origin."""
    token = shared.settings.admin_token
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    bearer = bearer.strip() if scheme.lower() == "bearer" else ""
    sent = request.headers.get("x-chaos-token") or bearer
    if token and not hmac.compare_digest(sent.encode(), token.encode()):
        return error_reply(401, _UNADMITTED)
    origin = request.headers.get("origin")
    if origin and _host_of(origin) != request.headers.get("host"):
        return error_reply(403, f"a page of {shown(origin)} may not steer this server")
    if request.headers.get("sec-fetch-site", "").lower() == "cross-site":
        return error_reply(403, "a page of another site may not ask this server")
    if not token and not is_loopback(split_host(request.headers.get("host", ""))[0]):
        # a web page whose domain name resolves to this machine (DNS rebinding)
        return error_reply(403, _ELSEWHERE)
    return None


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # "http://["
        return ""


def _admin_request(
    shared: SharedState, request: ReceivedRequest, operation: AdminOperation
) -> AdminRequest:
    arguments = _arguments_of(request, operation)
    run = run_name(arguments.pop("run", "")) or request.run
    unknown = [
        name for name in arguments if name not in operation.takes and not operation.takes_any
    ]
    if unknown:
        names = ", ".join(shown(name).strip("'") for name in unknown[:_NAMED])
        raise UsageError(f"{operation.name} does not take {names}; {_usage(operation)}")
    return AdminRequest(shared, run, arguments, begins=operation.method == "POST")


_NAMED = 5  # unknown arguments that an error names


def _arguments_of(request: ReceivedRequest, operation: AdminOperation) -> dict[str, Any]:
    """The arguments in the query and in the body."""
    if len(request.body) > _LARGEST:
        raise strict_json.TooLarge(f"the body is larger than {_LARGEST} bytes")
    try:
        pairs = parse_qsl(request.query, keep_blank_values=True, max_num_fields=_MOST_ARGUMENTS)
    except ValueError:
        raise UsageError(f"there are more than {_MOST_ARGUMENTS} arguments") from None
    arguments: dict[str, Any] = dict(pairs)
    if request.body.strip():
        try:
            body = strict_json.loads(request.body)
        except strict_json.TooLarge:
            raise
        except ValueError as error:
            raise UsageError(f"the body is no JSON ({error}); {_usage(operation)}") from None
        if not isinstance(body, dict):
            raise UsageError(f"the body is a JSON object; {_usage(operation)}")
        arguments |= body
    return arguments


def _usage(operation: AdminOperation) -> str:
    takes = ", ".join(operation.takes) or "nothing"
    return f"{operation.method} {ADMIN}/{operation.name} takes run, {takes}: {operation.says}"


def _listing() -> str:
    return ", ".join(f"{operation.method} {ADMIN}/{operation.name}" for operation in OPERATIONS)
