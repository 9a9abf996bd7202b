"""A websocket on a real socket: the same session as in process, on the clock of its run."""

from __future__ import annotations

import asyncio
from typing import Any

from chaos_llm.engine.websocket.peer import Hangup
from chaos_llm.engine.websocket.session_peer import Answering, SessionPeer
from chaos_llm.errors import ChaosError
from chaos_llm.protocol import websocket
from chaos_llm.protocol.messages import WireRequest
from chaos_llm.providers.provider import Provider
from chaos_llm.server.connections.reply_player import reset
from chaos_llm.server.connections.shared_state import ClientOrigin, SharedState
from chaos_llm.server.http.answering import is_admin
from chaos_llm.server.http.own_replies import NO_PROVIDER, error_reply
from chaos_llm.server.http.request_parser import ReceivedRequest
from chaos_llm.server.runs.clock import SAME, Timer
from chaos_llm.server.runs.runs import DEFAULT, ServedRun


class WebSocketConnection(asyncio.Protocol):
    """One client's connection from its request to upgrade on, of which `head` is the beginning."""

    def __init__(self, server: SharedState, run: ServedRun, peer: SessionPeer, head: bytes) -> None:
        self._server, self._run, self._peer, self._head = server, run, peer, head
        self._transport: Any = None
        self._timer: Timer | None = None
        self._is_full = self._is_over = False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._server.connections.add(self)
        self._run.waiting.add(self)

    def begin(self, rest: bytes) -> None:
        """Answer the request to upgrade, and take what came behind it."""
        self.data_received(self._head + rest)

    def data_received(self, data: bytes) -> None:
        if self._is_over:
            return
        try:
            self._peer.feed(data, self._run.clock.now)
        except ChaosError as error:
            self._give_up(503, str(error))
        except Exception as error:  # a fault, or answers, of the test's own
            self._give_up(500, self._server.note(f"no reply on a websocket: {error!r}"))
        else:
            self._go_on()

    def _give_up(self, status: int, text: str) -> None:
        """End what cannot go on; before the upgrade the client is told why."""
        if not self._peer.is_open:
            self._transport.write(error_reply(status, text).wire(keep=False))
        self._transport.close()

    def _go_on(self) -> None:
        """Send what is due, up to the next pause."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        clock, peer = self._run.clock, self._peer
        while not (self._is_full or self._is_over) and peer.due is not None:
            if peer.due > clock.now + SAME:
                is_pause = peer.is_answering
                self._timer = clock.call_at(peer.due, self._go_on, is_pause=is_pause)
                return
            data, hangup = peer.take(clock.now)
            if data:
                self._transport.write(data)
            if hangup is not None:
                self._hang_up(hangup)
                return

    def _hang_up(self, hangup: Hangup) -> None:
        self._is_over = True
        if hangup is Hangup.RESET:
            reset(self._transport)
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        self._server.connections.discard(self)
        self._run.waiting.discard(self)
        self._is_over = True
        if self._timer is not None:
            self._timer.cancel()
        self._peer.leave(self._run.clock.now)

    def eof_received(self) -> bool:
        return False

    def pause_writing(self) -> None:
        """Stop, and ask for nothing more: the client does not read what it was sent."""
        self._is_full = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._is_full = False
        if not self._transport.is_closing():
            self._transport.resume_reading()
            self._go_on()

    def cut(self) -> None:
        """End in the middle: the server stops, or the run begins anew."""
        self._transport.close()

    shut = cut

    def overdue(self, now: float) -> bool:  # noqa: ARG002 - a session may be quiet
        return False

    def expire(self) -> None:
        """A session has a limit of its own, on its run's clock."""


def upgraded(
    server: SharedState, asked: ReceivedRequest, caller: ClientOrigin
) -> WebSocketConnection | bytes:
    """The connection that a request to upgrade goes on as, or the reply of the server itself."""
    host = caller.meant or asked.host
    place = None
    if not is_admin(asked.path):
        place = server.addresses.find(websocket.UPGRADE, host, asked.path)
    if place is None:
        text = NO_PROVIDER.format(method=asked.method, path=asked.path, host=host or "no host")
        return error_reply(404, text).wire(keep=False)
    server.requests += 1
    try:
        run = server.runs.named(asked.run or caller.run or DEFAULT)
    except ChaosError as error:
        return error_reply(503, str(error)).wire(keep=False)

    def provider(method: str, _: str) -> Provider:
        found = server.addresses.find(method, host, asked.path)
        assert found is not None
        return found.provider

    def exchange(provider: Provider, wire: WireRequest) -> Any:
        run.overrides.past_handshake = caller.past_handshake
        run.overrides.over_wire = caller.over_wire
        return run.exchange(provider, wire, asked.headers.get("x-chaos-call", ""))

    session, largest = run.engine.session, server.settings.limits.body
    answering = Answering(host, provider, exchange, session, run.end, largest=largest)
    return WebSocketConnection(server, run, SessionPeer(answering), _head(asked, place.path))


def _head(asked: ReceivedRequest, path: str) -> bytes:
    """The request's head once more, for the session to read; the path is without our prefix."""
    target = f"{path}?{asked.query}" if asked.query else path
    lines = [f"{name}: {value}" for name, value in asked.headers.items()]
    head = "\r\n".join([f"{asked.method} {target} HTTP/1.1", *lines, "", ""])
    return head.encode("latin-1")
