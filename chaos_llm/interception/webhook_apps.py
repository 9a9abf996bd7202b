"""Webhooks in process: a thread on the outage's clock calls the app, or posts to a loopback URL.

An app is an ASGI app, a WSGI app, or a function that takes a WebhookRequest.
"""

from __future__ import annotations

import asyncio
import http.client
import inspect
import io
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from wsgiref.util import setup_testing_defaults

from chaos_llm.engine.webhooks import Answered, Later, Post
from chaos_llm.errors import UsageError
from chaos_llm.protocol.webhooks import PATIENCE
from chaos_llm.virtual_time import VirtualTime

WebhookApp = Callable[..., Any]
_HANDLER, _WSGI, _ASGI = 1, 2, 3  # how many arguments each kind of app takes
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class WebhookRequest:
    """What an app's handler gets: pass `body` and `headers` to `client.webhooks.unwrap`."""

    url: str
    headers: Mapping[str, str]
    body: bytes


Call = Callable[[WebhookRequest], int | Awaitable[int]]


def later_on(clock: VirtualTime) -> Later:
    """A function that runs another one in a thread after some seconds of this clock."""

    def later(delay: float, act: Callable[[], None]) -> None:
        def wait_and_act() -> None:
            clock.sleep(delay)
            act()

        threading.Thread(target=wait_and_act, name="webhooks of a provider", daemon=True).start()

    return later


def post_to(url: str, app: WebhookApp | None, now: Callable[[], float]) -> Post:
    """A function that posts to this app, or else to the URL; raises UsageError.

    An async app runs on the event loop that runs now, else on one of its own.
    """
    call, loop = _call_of(url, app), _running_loop()

    def post(headers: Mapping[str, str], body: bytes, answered: Answered) -> None:
        began, error = now(), ""
        try:
            status = call(WebhookRequest(url, headers, body))
            if not isinstance(status, int):
                status = _awaited(status, loop)
        except Exception as raised:  # a server would answer 500
            status, error = 500, repr(raised)
        answered(0 if now() - began > PATIENCE else status, error)

    return post


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _awaited(status: Awaitable[int], loop: asyncio.AbstractEventLoop | None) -> int:
    async def answer() -> int:
        return await status

    if loop is None or not loop.is_running():
        return asyncio.run(answer())
    return asyncio.run_coroutine_threadsafe(answer(), loop).result()


def _call_of(url: str, app: WebhookApp | None) -> Call:
    if app is None:
        if urlsplit(url).hostname not in _LOOPBACK:
            raise UsageError(
                f"a webhook to {url} would leave this machine: give the app that serves it, as in "
                "webhooks(url, app), or a URL on 127.0.0.1"
            )
        return _post_over_loopback
    if not callable(app):
        raise UsageError(f"an app of webhooks is an ASGI app, a WSGI app or a function; {app!r}")
    call = {_HANDLER: _handled_by, _WSGI: _through_wsgi, _ASGI: _through_asgi}.get(_arity(app))
    if call is None:
        raise UsageError(
            "a function for webhooks takes one argument, a WebhookRequest; an ASGI app takes "
            f"three and a WSGI app two; {app!r} takes {_arity(app)}"
        )
    return call(app)


def _arity(app: WebhookApp) -> int:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(app).parameters.values()
    return sum(1 for each in parameters if each.kind in kinds and each.default is each.empty)


def _handled_by(handler: WebhookApp) -> Call:
    def call(request: WebhookRequest) -> int | Awaitable[int]:
        answer = handler(request)
        return _status_later(answer) if inspect.isawaitable(answer) else _status(answer)

    return call


async def _status_later(answer: Awaitable[Any]) -> int:
    return _status(await answer)


def _status(answer: object) -> int:
    """The status that a handler returns; 200 if it returns nothing."""
    if answer is None:
        return 200
    if isinstance(answer, int) and not isinstance(answer, bool):
        return answer
    raise UsageError(f"a handler of webhooks returns a status, or None for 200; got {answer!r}")


def _through_asgi(app: WebhookApp) -> Call:
    async def call(request: WebhookRequest) -> int:
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": request.body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await app(_scope(request), receive, send)
        starts = [each["status"] for each in sent if each["type"] == "http.response.start"]
        return int(starts[0]) if starts else 500

    return call


def _scope(request: WebhookRequest) -> dict[str, Any]:
    url = urlsplit(request.url)
    host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    headers = {"host": url.netloc, "content-length": str(len(request.body)), **request.headers}
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": url.scheme,
        "path": url.path or "/",
        "raw_path": (url.path or "/").encode(),
        "query_string": url.query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 0),
        "server": (host, port),
    }


def _through_wsgi(app: WebhookApp) -> Call:
    def call(request: WebhookRequest) -> int:
        statuses: list[str] = []

        def start_response(status: str, _headers: Any, _error: Any = None) -> Any:
            statuses.append(status)
            return io.BytesIO().write

        body: Iterable[bytes] = app(_environ(request), start_response)
        for _ in body:
            pass
        if hasattr(body, "close"):
            body.close()
        return int(statuses[-1].split()[0])

    return call


def _environ(request: WebhookRequest) -> dict[str, Any]:
    url = urlsplit(request.url)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": url.path or "/",
        "QUERY_STRING": url.query,
        "HTTP_HOST": url.netloc,
        "SERVER_NAME": url.hostname or "",
        "SERVER_PORT": str(url.port or (443 if url.scheme == "https" else 80)),
        "CONTENT_LENGTH": str(len(request.body)),
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": url.scheme,
    }
    for name, value in request.headers.items():
        if name != "content-type":
            environ["HTTP_" + name.upper().replace("-", "_")] = value
    setup_testing_defaults(environ)
    return environ


def _post_over_loopback(request: WebhookRequest) -> int:
    url = urlsplit(request.url)
    secure = url.scheme == "https"
    connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = connect(url.hostname or "", url.port, timeout=PATIENCE)
    try:
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection.request("POST", path, request.body, dict(request.headers))
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()
