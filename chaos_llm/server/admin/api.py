"""The JSON API under `/__chaos/`: who may ask, what was asked, and errors that say what to do.

What can be asked is in `deeds.py`; a new one is a function and a line there.
"""

from __future__ import annotations

import hmac
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chaos_llm.errors import ChaosError
from chaos_llm.server.admin.operations import DEEDS
from chaos_llm.server.admin.requests import Deed, Wish
from chaos_llm.server.connections.shared_state import Shared
from chaos_llm.server.http.addresses import split_host
from chaos_llm.server.http.own_replies import ADMIN, Said, told, wrong
from chaos_llm.server.http.request_parser import Asked
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


def answer(shared: Shared, asked: Asked) -> Said:
    """Do what was asked, or say how to ask."""
    name = asked.path[len(ADMIN) :].strip("/")
    if not name and _is_browser(asked):
        return Said(200, page(), "text/html; charset=utf-8")
    refused = _refusal(shared, asked)
    if refused is not None:
        return refused
    deeds = {deed.method: deed for deed in DEEDS if deed.name == name}
    method = "GET" if asked.method == "HEAD" else asked.method
    if not deeds:
        return wrong(404, f"{asked.path} is nothing here; there are: {_listing()}")
    if method not in deeds:
        return wrong(405, f"{asked.path} is asked by {' or '.join(deeds)}, not {asked.method}")
    try:
        said = deeds[method].do(_wish(shared, asked, deeds[method]))
    except (ChaosError, TypeError) as mistake:
        return wrong(400, str(mistake))
    return said if isinstance(said, Said) else told(said)


def _is_browser(asked: Asked) -> bool:
    """Whether somebody wants to look at the day; the page has no data, and asks for the token."""
    return asked.method in ("GET", "HEAD") and "text/html" in asked.headers.get("accept", "")


def _refusal(shared: Shared, asked: Asked) -> Said | None:
    """Why somebody may not ask: no token, or a web page of another origin."""
    token = shared.settings.admin_token
    scheme, _, bearer = asked.headers.get("authorization", "").partition(" ")
    given = asked.headers.get("x-chaos-token") or (bearer if scheme == "Bearer" else "")
    if token and not hmac.compare_digest(given.encode(), token.encode()):
        return wrong(401, _UNADMITTED)
    origin = asked.headers.get("origin")
    if origin and urlsplit(origin).netloc != asked.headers.get("host"):
        return wrong(403, f"a page of {origin} may not steer this server")
    if not token and not is_loopback(split_host(asked.headers.get("host", ""))[0]):
        return wrong(403, _ELSEWHERE)  # a page of a name that somebody points here
    return None


def _wish(shared: Shared, asked: Asked, deed: Deed) -> Wish:
    given: dict[str, Any] = dict(parse_qsl(asked.query, keep_blank_values=True))
    if asked.body.strip():
        try:
            body = json.loads(asked.body)
        except ValueError as error:
            raise ChaosError(f"the body is no JSON ({error}); {_usage(deed)}") from None
        if not isinstance(body, dict):
            raise ChaosError(f"the body is a JSON object; {_usage(deed)}")
        given |= body
    run = given.pop("run", "") or asked.run
    unknown = [name for name in given if name not in deed.takes and not deed.takes_any]
    if unknown:
        raise ChaosError(f"{deed.name} does not take {', '.join(unknown)}; {_usage(deed)}")
    return Wish(shared, str(run), given)


def _usage(deed: Deed) -> str:
    takes = ", ".join(deed.takes) or "nothing"
    return f"{deed.method} {ADMIN}/{deed.name} takes run, {takes}: {deed.says}"


def _listing() -> str:
    return ", ".join(f"{deed.method} {ADMIN}/{deed.name}" for deed in DEEDS)
