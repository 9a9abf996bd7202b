"""Webhooks of a served run: posted by the server's event loop to the app's URL.

Their signature has the real time, because the app that verifies them has the real clock.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from chaos_llm.engine.engine import Engine
from chaos_llm.engine.webhooks import Answered, Delivery, Webhooks
from chaos_llm.protocol.webhooks import PATIENCE
from chaos_llm.server.runs.clock import RunClock


class ServedWebhooks:
    """The webhooks of one run, and those that are being posted."""

    def __init__(
        self, engine: Engine, clock: RunClock, loop: asyncio.AbstractEventLoop, sent: Delivery
    ) -> None:
        self._loop, self._url = loop, sent.endpoint.url
        self._posting: set[asyncio.Task[None]] = set()

        def later(delay: float, act: Callable[[], None]) -> None:
            clock.call_at(clock.now + delay, act, is_pause=False)

        unix = time.time  # noqa: TID251 - the app's clock is real
        self.sent = Webhooks(engine, sent, later, self._post, unix)

    def _post(self, headers: Mapping[str, str], body: bytes, answered: Answered) -> None:
        task = self._loop.create_task(self._posted(headers, body, answered))
        self._posting.add(task)
        task.add_done_callback(self._posting.discard)

    async def _posted(self, headers: Mapping[str, str], body: bytes, answered: Answered) -> None:
        status, error = 0, ""
        try:
            async with asyncio.timeout(PATIENCE):
                status = await _status_of(self._url, headers, body)
        except (OSError, ValueError, IndexError) as raised:  # a TimeoutError is an OSError
            error = repr(raised)
        answered(status, error)

    def stop(self) -> None:
        """Post no more."""
        for task in tuple(self._posting):
            task.cancel()


async def _status_of(url: str, headers: Mapping[str, str], body: bytes) -> int:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=secure or None)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        own = {"host": parts.netloc, "content-length": str(len(body)), "connection": "close"}
        lines = [f"{name}: {value}" for name, value in (own | dict(headers)).items()]
        head = "\r\n".join([f"POST {target} HTTP/1.1", *lines, "", ""])
        writer.write(head.encode("latin-1") + body)
        return int((await reader.readline()).split()[1])
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
