"""One client's connection: requests off the wire, replies onto it, one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from chaos_llm.engine.http1 import at_once
from chaos_llm.journal.journal import Exchange
from chaos_llm.protocol.messages import Reply, WireRequest
from chaos_llm.server.admin.later import Later, Working
from chaos_llm.server.connections.reply_player import ReplyPlayer
from chaos_llm.server.connections.shared_state import ClientOrigin, SharedState
from chaos_llm.server.connections.websocket import upgraded
from chaos_llm.server.http.answering import ProviderAnswer, answer, answer_known, run_meant
from chaos_llm.server.http.known_heads import KnownHead
from chaos_llm.server.http.own_replies import ServerReply, error_reply
from chaos_llm.server.http.request_parser import ReceivedRequest, RequestParser, RequestTooLarge
from chaos_llm.server.launch.log import described
from chaos_llm.server.passthrough.forwarded import Forwarded
from chaos_llm.server.runs.runs import ServedRun

_GO_AHEAD = b"HTTP/1.1 100 Continue\r\n\r\n"
_AHEAD = 8  # whole requests that may wait behind a reply


Connect = Callable[[SharedState, "Connection", ReceivedRequest, bytes], None]


class Connection(asyncio.Protocol):
    """HTTP/1.1 on one connection; `connect` is given a CONNECT."""

    __slots__ = (
        "_asking",
        "_caller",
        "_connect",
        "_head",
        "_held",
        "_is_deaf",
        "_is_full",
        "_is_paused",
        "_is_usual",
        "_playing",
        "_reused",
        "_server",
        "since",
        "transport",
    )

    def __init__(
        self, server: SharedState, connect: Connect, caller: ClientOrigin, *, reused: bool = False
    ) -> None:
        self._server, self._connect, self._caller = server, connect, caller
        self._asking = RequestParser(server.settings.limits, server.held)
        self._playing: ReplyPlayer | Working | Forwarded | None = None
        self._head: KnownHead | None = None  # of the request before
        self._held = 0  # bytes that came while a reply was under way
        self._reused = reused  # a request came on this connection before
        # Whether nothing is known of the client, and this server itself answers all its requests.
        self._is_usual = (
            caller == ClientOrigin() and server.peers is None and server.upstreams is None
        )
        self._is_paused = self._is_deaf = self._is_full = False
        self.transport: Any = None
        self.since = 0.0  # when the server began to wait for this client, in the loop's time

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.since = self._server.time()
        self._server.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        self._server.connections.discard(self)
        self._asking.leave()
        if self._playing is not None:
            self._playing.leave()
            self._playing = None

    def eof_received(self) -> bool:
        """Close, too: a client that closes during a reply has left, as most servers see it.

        What is written already still arrives.
        """
        return False

    def pause_writing(self) -> None:
        """Stop, and ask for nothing more: the client does not read what it was sent."""
        self._is_full = True
        if self._playing is not None:
            self._playing.pause()
        elif not self._is_paused:
            self._is_paused = True
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        self._is_full = False
        if self._playing is not None:
            self._playing.resume()
        else:
            self._next()

    def data_received(self, data: bytes) -> None:
        if self._is_deaf:
            self._hold(len(data))
            return
        try:
            self._take(data)
        except RequestTooLarge as reason:
            self._refuse(reason)
        except (
            Exception
        ) as error:  # a mistake of this package costs one client its connection, in words
            text = self._server.note(f"a connection was given up: {described(error)}")
            self._refuse(RequestTooLarge(500, text))

    def _take(self, data: bytes) -> None:
        asking = self._asking
        head = self._head
        if asking.is_begun:
            head = None
        elif head is None or not head.begins(data):
            head = self._head = self._server.known_heads.find(data)
        if head is None:
            self._feed(data)
            return
        body = head.body(data)
        is_busy = self._playing or self._is_full or asking.whole or self.transport.is_closing()
        if self._is_usual and head.provider is not None and not is_busy:
            self._answer_known(head, body)
            return
        asking.whole.append(head.with_body(body))
        self._go_on(data)

    def _feed(self, data: bytes) -> None:
        """Parse what came."""
        asking, was_begun, waiting = self._asking, self._asking.is_begun, len(self._asking.whole)
        rest = asking.feed(data)
        if not waiting and len(asking.whole) == 1 and not (was_begun or asking.is_begun):
            self._server.known_heads.learn(data, asking.whole[0])
        if asking.is_begun and not was_begun:
            self.since = self._server.time()
        if asking.wants_go_ahead and self._playing is None:
            asking.wants_go_ahead = False
            self.transport.write(_GO_AHEAD)
        self._go_on(data, rest)

    def _go_on(self, data: bytes, rest: bytes = b"") -> None:
        """Answer what came, unless a reply is under way."""
        if self._playing is not None or self._is_full:
            self._hold(len(data))
        else:
            self._next(rest)

    def _hold(self, size: int) -> None:
        """Take what comes too early, up to a bound; reading shows when the client leaves."""
        self._held += size
        limits = self._server.settings.limits
        if not self._is_paused and (self._held > limits.ahead or len(self._asking.whole) > _AHEAD):
            self._is_paused = True
            self.transport.pause_reading()

    def _next(self, rest: bytes = b"") -> None:
        """Answer the requests that wait, until a reply takes its time."""
        whole = self._asking.whole
        while whole and not (self._playing or self._is_full or self.transport.is_closing()):
            if self._server.peers is not None and self._is_handed_on(rest):
                return
            asked = whole.pop(0)
            if asked.method == "CONNECT":
                self._connect(self._server, self, asked, rest)
                return
            if asked.method == "GET" and asked.is_upgrade:
                self._upgrade(asked, rest)
                return
            try:
                self._answer(asked)
            except Exception as error:  # a reply of the test's own that cannot be written
                self._say_problem(asked, error)
            self._reused = True
        if self._playing is None and not self._is_full:
            self._held = 0
            if self._is_paused and not self.transport.is_closing():
                self._is_paused = False
                self.transport.resume_reading()

    def _is_handed_on(self, rest: bytes) -> bool:
        """Whether the next request is for another worker, which gets it with the connection.

        What was answered before must have left, and what has begun to come must be whole.
        """
        peers, caller = self._server.peers, self._caller
        assert peers is not None
        run = run_meant(self._asking.whole[0], caller)
        if not peers.is_elsewhere(run):
            return False
        if self.transport.get_write_buffer_size():
            self.transport.set_write_buffer_limits(0)  # resume_writing() says when all has left
        elif not self._asking.is_begun:
            whole, self._asking.whole = self._asking.whole, []
            peers.hand_on(self, whole, rest, run, caller)
        return True

    def _upgrade(self, asked: ReceivedRequest, rest: bytes) -> None:
        """Go on as a websocket, or as nothing: what follows such a request is no HTTP."""
        after = upgraded(self._server, asked, self._caller)
        if isinstance(after, bytes):
            self.transport.write(after)
            self.transport.close()
            return
        self._server.connections.discard(self)
        after.connection_made(self.transport)
        self.transport.set_protocol(after)
        after.begin(rest)

    def _answer_known(self, head: KnownHead, body: bytes) -> None:
        """Answer a request that comes whole, alone and with a known head, as most of them do."""
        answered = answer_known(self._server, head, body, reused=self._reused)
        self._reused = True
        try:
            self._send(answered, head.request)
        except Exception as error:  # a reply of the test's own that cannot be written
            self._say_problem(head.request, error)

    def _answer(self, asked: ReceivedRequest) -> None:
        answered = answer(self._server, asked, self._caller, reused=self._reused)
        if isinstance(answered, Later):
            self._work_on(answered, asked)
        else:
            self._send(answered, asked)

    def _send(self, answered: ServerReply | ProviderAnswer, asked: ReceivedRequest) -> None:
        """Send a reply, at once or in its time."""
        if isinstance(answered, ServerReply):
            self._say(answered, asked)
            return
        run, exchange, reply, passed_on = answered
        if passed_on is not None:
            self._forward(answered, passed_on, keep=asked.keep)
            return
        if not isinstance(reply, Reply):
            self.transport.write(reply.on_the_wire())
            run.end_at_once(exchange)
            self._over(keep=asked.keep)
            return
        whole = at_once(reply)
        if whole is not None:
            self.transport.write(whole)
            run.end(exchange, "complete")
            self._over(keep=asked.keep)
            return
        self._play(run, exchange, reply, keep=asked.keep)

    def _play(self, run: ServedRun, exchange: Exchange, reply: Reply, *, keep: bool) -> None:
        self._playing = playing = ReplyPlayer(
            run, exchange, reply, self.transport, lambda: self._over_later(keep=keep)
        )
        playing.begin()

    def _forward(self, answered: ProviderAnswer, wire: WireRequest, *, keep: bool) -> None:
        """Let the real vendor answer."""
        assert self._server.upstreams is not None
        upstream = self._server.upstreams.of_provider(answered.exchange.key.provider)
        self._playing = forwarded = Forwarded(
            answered.run,
            answered.exchange,
            self.transport,
            lambda kept: self._over_later(keep=keep and kept),
            to_head=wire.method == "HEAD",
        )
        forwarded.begin(wire, upstream, self._server.spawn)

    def _work_on(self, later: Later, asked: ReceivedRequest) -> None:
        """Have a thread find the answer; what comes meanwhile waits for it."""

        def over(said: ServerReply) -> None:
            self._playing = None
            self._say(said, asked)
            if self._asking.whole or self._held:
                self._server.loop.call_soon(self._next)

        self._playing = Working(later, over, self.transport.close)
        self._playing.begin(self._server.work)

    def _over(self, *, keep: bool) -> None:
        """A reply was sent; go on with the next request, or hang up."""
        self._playing = None
        if not keep:
            self.transport.close()
            return
        self.since = self._server.time()

    def _over_later(self, *, keep: bool) -> None:
        """The same for one that took its time; what came meanwhile waits for it."""
        self._over(keep=keep)
        if self._asking.whole or self._held:
            self._server.loop.call_soon(self._next)

    def _say(self, said: ServerReply, asked: ReceivedRequest) -> None:
        """Answer for the server itself."""
        keep = asked.keep and asked.version == "1.1"
        self.transport.write(said.wire(keep=keep, head_only=asked.method == "HEAD"))
        self.since = self._server.time()
        if not keep:
            self.transport.close()

    def _say_problem(self, asked: ReceivedRequest, error: Exception) -> None:
        """Say that a reply, of the test's own, cannot be written."""
        said = error_reply(500, self._server.problem(asked, error))
        self._say(said, asked._replace(keep=False))

    def _refuse(self, reason: RequestTooLarge) -> None:
        """Answer bytes that are no valid request; what follows them cannot be parsed."""
        if self._playing is not None:
            self._playing.cut()
            return
        if self.transport.is_closing():
            return
        self._asking.whole.clear()  # nothing can be written behind this reply
        self.transport.write(error_reply(reason.status, str(reason)).wire(keep=False))
        # To close with unread bytes would be a reset, which might overtake the reply.
        self._is_deaf, self.since = True, self._server.time()
        self.transport.write_eof()

    def shut(self) -> None:
        """End it all: the server stops."""
        if self._playing is not None:
            self._playing.cut()
        self.transport.close()

    def overdue(self, now: float) -> bool:
        """Whether this client was waited for long enough."""
        if self._playing is not None:
            return False
        limits = self._server.settings.limits
        limit = limits.patience if self._asking.is_begun or self._is_deaf else limits.idle
        return now - self.since > limit

    def expire(self) -> None:
        """Close a connection that is idle, or whose request is incomplete, for too long."""
        if self._asking.is_begun and not self._is_deaf:
            patience = self._server.settings.limits.patience
            text = f"the request did not come whole within {patience:g} s"
            self.transport.write(error_reply(408, text).wire(keep=False))
        self.transport.close()
