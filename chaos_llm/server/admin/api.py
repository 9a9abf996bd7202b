"""The JSON API under `/__chaos/`: who may ask, what was asked, and errors that say what to do.

What can be asked is in `deeds.py`; a new one is a function and a line there.
"""

from __future__ import annotations

import hmac
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chaos_llm.errors import ChaosError
from chaos_llm.server.admin.operations import OPERATIONS
from chaos_llm.server.admin.requests import AdminOperation, AdminRequest
from chaos_llm.server.connections.shared_state import SharedState
from chaos_llm.server.http.addresses import split_host
from chaos_llm.server.http.own_replies import ADMIN, ServerReply, error_reply, json_reply
from chaos_llm.server.http.request_parser import ReceivedRequest
from chaos_llm.server.launch.settings import is_loopback
from chaos_llm.server.live_page.document import document as page

_UNADMITTED = (
    "this server's admin API needs its token: send 'Authorization: Bearer TOKEN' or "
    "'X-Chaos-Token: TOKEN', with the one that it was started with"
)

_ELSEWHERE = (
    "without an admin token this API is asked at 127.0.0.1 or localhost only; use that address, or "
    "start the server with --admin-token"
)


def answer(shared: SharedState, asked: ReceivedRequest) -> ServerReply:
    """Do what was asked, or say how to ask."""
    name = asked.path[len(ADMIN) :].strip("/")
    if not name and _is_browser(asked):
        return ServerReply(200, page(), "text/html; charset=utf-8")
    refused = _refusal(shared, asked)
    if refused is not None:
        return refused
    operations = {operation.method: operation for operation in OPERATIONS if operation.name == name}
    method = "GET" if asked.method == "HEAD" else asked.method
    if not operations:
        return error_reply(404, f"{asked.path} is nothing here; there are: {_listing()}")
    if method not in operations:
        return error_reply(
            405, f"{asked.path} is asked by {' or '.join(operations)}, not {asked.method}"
        )
    try:
        said = operations[method].do(_wish(shared, asked, operations[method]))
    except (ChaosError, TypeError) as mistake:
        return error_reply(400, str(mistake))
    return said if isinstance(said, ServerReply) else json_reply(said)


def _is_browser(asked: ReceivedRequest) -> bool:
    """Whether somebody wants to look at the day; the page has no data, and asks for the token."""
    return asked.method in ("GET", "HEAD") and "text/html" in asked.headers.get("accept", "")


def _refusal(shared: SharedState, asked: ReceivedRequest) -> ServerReply | None:
    """Why somebody may not ask: no token, or a web page of another origin."""
    token = shared.settings.admin_token
    scheme, _, bearer = asked.headers.get("authorization", "").partition(" ")
    given = asked.headers.get("x-chaos-token") or (bearer if scheme == "Bearer" else "")
    if token and not hmac.compare_digest(given.encode(), token.encode()):
        return error_reply(401, _UNADMITTED)
    origin = asked.headers.get("origin")
    if origin and urlsplit(origin).netloc != asked.headers.get("host"):
        return error_reply(403, f"a page of {origin} may not steer this server")
    if not token and not is_loopback(split_host(asked.headers.get("host", ""))[0]):
        return error_reply(403, _ELSEWHERE)  # a page of a name that somebody points here
    return None


def _wish(shared: SharedState, asked: ReceivedRequest, operation: AdminOperation) -> AdminRequest:
    given: dict[str, Any] = dict(parse_qsl(asked.query, keep_blank_values=True))
    if asked.body.strip():
        try:
            body = json.loads(asked.body)
        except ValueError as error:
            raise ChaosError(f"the body is no JSON ({error}); {_usage(operation)}") from None
        if not isinstance(body, dict):
            raise ChaosError(f"the body is a JSON object; {_usage(operation)}")
        given |= body
    run = given.pop("run", "") or asked.run
    unknown = [name for name in given if name not in operation.takes and not operation.takes_any]
    if unknown:
        raise ChaosError(
            f"{operation.name} does not take {', '.join(unknown)}; {_usage(operation)}"
        )
    return AdminRequest(shared, str(run), given)


def _usage(operation: AdminOperation) -> str:
    takes = ", ".join(operation.takes) or "nothing"
    return f"{operation.method} {ADMIN}/{operation.name} takes run, {takes}: {operation.says}"


def _listing() -> str:
    return ", ".join(f"{operation.method} {ADMIN}/{operation.name}" for operation in OPERATIONS)
