"""A request that no fault hits, sent on to the real vendor: `chaos-llm serve --upstream`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from chaos_llm.errors import ChaosError
from chaos_llm.journal.journal import Exchange
from chaos_llm.protocol.messages import WireRequest
from chaos_llm.recording.http_framing import Body, Head, split_head
from chaos_llm.server.connections.reply_player import reset
from chaos_llm.server.http.own_replies import error_reply
from chaos_llm.server.passthrough.connection import connected
from chaos_llm.server.passthrough.upstreams import Upstream
from chaos_llm.server.runs.runs import ServedRun

# Headers about the client's own connection, or that are written anew.
_OF_THE_CONNECTION = (
    *("host", "connection", "keep-alive", "proxy-connection", "proxy-authorization", "te"),
    *("upgrade", "expect", "content-length", "transfer-encoding", "x-chaos-run", "x-chaos-call"),
)


class Forwarded(asyncio.Protocol):
    """One request under way to its vendor; what comes back is written to the client as it is.

    `over` is called when the whole reply was sent, with whether the connection may be kept.
    """

    def __init__(
        self,
        run: ServedRun,
        exchange: Exchange,
        client: Any,
        over: Callable[[bool], None],
        *,
        to_head: bool,
    ) -> None:
        self._run, self._exchange, self._client, self._over = run, exchange, client, over
        self._to_head = to_head
        self._far: Any = None
        self._before_head = b""
        self._head: Head | None = None
        self._body: Body | None = None
        self._is_over = False

    def begin(
        self,
        wire: WireRequest,
        upstream: Upstream,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        """Connect, and send the request."""
        self._run.waiting.add(self)
        spawn(self._send(wire, upstream))

    async def _send(self, wire: WireRequest, upstream: Upstream) -> None:
        failure = await connected(asyncio.get_running_loop(), upstream, lambda: self)
        if self._is_over:
            self._close_far()
            return
        if failure is not None:
            self._end(lambda: self._refuse(f"{upstream.host_header} cannot be reached: {failure}"))
            return
        self._far.write(_request(wire, upstream))

    def connection_made(self, transport: Any) -> None:
        self._far = transport

    def data_received(self, data: bytes) -> None:
        if self._is_over:
            return
        self._client.write(data)
        try:
            self._watch(data)
        except ChaosError:  # no HTTP that can be followed
            self._end(self._client.close)

    def _watch(self, data: bytes) -> None:
        while self._body is None:
            found = split_head(self._before_head + data)
            if found is None:
                self._before_head += data
                return
            self._before_head, (head, data) = b"", found
            if 100 <= head.status < 200:
                continue
            self._head, self._exchange.status = head, head.status
            self._body = Body(head, is_reply=True, to_head=self._to_head)
        if data:
            self._body.take(data)
        if self._body.is_whole:
            keep = self._head is not None and self._head.keeps_alive
            self._end(lambda: self._over(keep))

    def connection_lost(self, error: Exception | None) -> None:
        if self._is_over:
            return
        if self._body is not None and self._body.until_close and error is None:
            self._end(lambda: self._over(False))
            return
        broken = error is not None or self._body is None
        self._end(lambda: reset(self._client) if broken else self._client.close())

    def _end(self, then: Callable[[], None]) -> None:
        self._is_over = True
        self._run.waiting.discard(self)
        self._run.end(self._exchange, "complete" if self._body is not None else "closed")
        self._close_far()
        then()

    def _close_far(self) -> None:
        if self._far is not None:
            self._far.close()

    def _refuse(self, text: str) -> None:
        self._client.write(error_reply(502, text).wire(keep=False))
        self._client.close()

    def pause(self) -> None:
        """The client reads slowly."""
        if self._far is not None and not self._far.is_closing():
            self._far.pause_reading()

    def resume(self) -> None:
        if self._far is not None and not self._far.is_closing():
            self._far.resume_reading()

    def leave(self) -> None:
        """The client went away."""
        self._is_over = True
        self._run.waiting.discard(self)
        self._run.end(self._exchange, "abandoned")
        self._close_far()

    def cut(self) -> None:
        """The server stops, or the run begins anew."""
        self.leave()
        self._client.close()


def _request(wire: WireRequest, upstream: Upstream) -> bytes:
    """The request as HTTP/1.1, on a connection of its own."""
    target = f"{upstream.base}{wire.path}" + (f"?{wire.query}" if wire.query else "")
    kept = {n: v for n, v in wire.headers.items() if n not in _OF_THE_CONNECTION}
    lines = [
        f"{wire.method} {target} HTTP/1.1",
        f"host: {upstream.host_header}",
        *(f"{name}: {value}" for name, value in kept.items()),
        *([f"content-length: {len(wire.body)}"] if wire.body or wire.method != "GET" else []),
        "connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + wire.body
