"""An app on loopback that gets webhooks, and verifies them with OpenAI's SDK."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import openai

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@contextmanager
def an_app(
    secret: str = SECRET, statuses: Sequence[int] = ()
) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """An app on loopback that verifies webhooks; its first answers have these statuses."""
    client = openai.OpenAI(api_key="sk-test", webhook_secret=secret)
    seen: list[tuple[str, str, str]] = []
    left = list(statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            event: Any = client.webhooks.unwrap(body, dict(self.headers))
            seen.append((event.type, event.data.id, self.path))
            self.send_response(left.pop(0) if left else 200)
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/webhook?a=b", seen
        server.shutdown()
        thread.join()
