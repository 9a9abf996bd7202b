"""A provider behind a websocket: the upgrade is one exchange, and so is each answer of its model.

What is refused before the upgrade is an ordinary HTTP reply of the engine; frames are wsproto's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urlsplit

import httptools
from wsproto import events
from wsproto.connection import Connection, ConnectionState
from wsproto.utilities import LocalProtocolError

from chaos_llm.engine.http1 import ENDS, frames
from chaos_llm.engine.reply_timing import FOREVER
from chaos_llm.engine.websocket.handshake import HeadTooLarge, UpgradeParser, accepted
from chaos_llm.engine.websocket.peer import Hangup, Output, Peer
from chaos_llm.journal.journal import End, Exchange
from chaos_llm.protocol import websocket
from chaos_llm.protocol.messages import Chunk, Ending, Reply, WireRequest
from chaos_llm.providers.provider import Provider
from chaos_llm.providers.websocket_session import Session

_RESETS = (Ending.RESET, Ending.REFUSED, Ending.UNRESOLVED)  # the nearest that is left to say
_SILENT = (Ending.SILENT, Ending.CONNECT_TIMEOUT)
_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_TOO_BIG = 1009  # the code for a message that is too large to take
_CLOSE_TIMEOUT = 10.0  # seconds that a close frame may wait for the client's own: assumed


@dataclass(frozen=True)
class Answering:
    """What a session asks of an outage, or of a run of the server, for one host.

    `begin` makes the conversation of an upgrade that was accepted. `connected`: whether the
    connection could fail was decided before. A message that is larger than `largest` closes the
    session.
    """

    host: str
    provider: Callable[[str, str], Provider]  # by method and path
    exchange: Callable[[Provider, WireRequest], tuple[Exchange, Reply]]
    begin: Callable[[Provider, Exchange, WireRequest], Session]
    end: Callable[[Exchange, End], None]
    connected: bool = False
    largest: int = 64 * 1024 * 1024  # bytes of one message of the client


@dataclass
class _Turn:
    """An answer that is under way; `is_cancelled` once the client wants no more of it."""

    exchange: Exchange
    is_cancelled: bool = False


class SessionPeer(Peer):
    """One connection to a provider, on which a client asks for a websocket."""

    def __init__(self, answering: Answering) -> None:
        super().__init__()
        self._answering, self._parser = answering, UpgradeParser()
        self._upgrade: Exchange | None = None
        self._wire: WireRequest | None = None
        self._provider: Provider | None = None
        self._session: Session | None = None
        self._frames: Connection | None = None
        self._turn: _Turn | None = None
        self._parts: list[str] = []  # of a message that is not whole yet
        self._early = b""  # what came behind the upgrade, before it was answered

    @property
    def is_open(self) -> bool:
        """Whether the upgrade was accepted."""
        return self._frames is not None

    @property
    def is_answering(self) -> bool:
        """Whether an answer, or the one to the upgrade, is under way."""
        return self._turn is not None or not self.is_open

    # -- the upgrade

    def _received(self, data: bytes) -> None:
        if self._frames is not None:
            self._receive_frames(data)
        elif self._parser.request.is_whole:
            self._early += data
        else:
            self._receive_head(data)

    def _receive_head(self, data: bytes) -> None:
        try:
            self._early = self._parser.feed(data)
        except (httptools.HttpParserError, HeadTooLarge):
            self._at(self.now, lambda: Output(_BAD_REQUEST, Hangup.CLOSED))
            return
        if self._parser.request.is_whole:
            self._ask_to_upgrade()

    def _ask_to_upgrade(self) -> None:
        request = self._parser.request
        target = urlsplit(request.target)
        method = websocket.UPGRADE if request.wants_websocket else request.method
        host, path, query = self._answering.host, target.path, target.query
        connected = self._answering.connected
        self._wire = WireRequest(
            method, host, path, query, request.headers, b"", connected=connected
        )
        self._provider = self._answering.provider(method, path)
        self._upgrade, reply = self._answering.exchange(self._provider, self._wire)
        if reply.websocket and reply.chunks:
            self._at(self.now + reply.wait, partial(self._accept, reply))
            return
        due = self.now
        for frame in frames(reply):
            due += frame.pause if frame.ending not in _SILENT else FOREVER
            self._at(due, partial(self._refuse, frame.data, frame.ending))

    def _refuse(self, data: bytes, ending: Ending | None) -> Output:
        if ending is None:
            return Output(data)
        self._end(self._upgrade, ending)
        return Output(data, _hangup(ending) or Hangup.CLOSED)

    def _accept(self, reply: Reply) -> Output:
        assert self._upgrade is not None
        assert self._provider is not None
        assert self._wire is not None
        self._session = self._answering.begin(self._provider, self._upgrade, self._wire)
        head, self._frames = accepted(self._parser.request, reply)
        self._end(self._upgrade, Ending.COMPLETE)
        due = self.now
        for chunk in reply.chunks:
            due += chunk.delay
            self._at(due, partial(self._send, chunk.data))
        early, self._early = self._early, b""
        if early:
            self._at(self.now, partial(self._receive_early, early))
        return Output(head)

    def _receive_early(self, data: bytes) -> Output:
        self._receive_frames(data)
        return Output()

    # -- the session

    def _receive_frames(self, data: bytes) -> None:
        frames = self._frames
        assert frames is not None
        if frames.state not in (ConnectionState.OPEN, ConnectionState.LOCAL_CLOSING):
            return
        frames.receive_data(data)
        for event in frames.events():
            self._handle(event)

    def _handle(self, event: events.Event) -> None:
        if isinstance(event, events.Message):
            data = event.data
            text = data if isinstance(data, str) else bytes(data).decode("utf-8", "replace")
            self._parts.append(text)
            if sum(map(len, self._parts)) > self._answering.largest:
                self._at(self.now, partial(self._close, _TOO_BIG, ""))
                return
            if event.message_finished:
                text, self._parts = "".join(self._parts), []
                self._react(text)
        elif isinstance(event, events.Ping):
            self._at(self.now, partial(self._reply, event.response(), None))
        elif isinstance(event, events.CloseConnection):
            self._at(self.now, partial(self._reply, event.response(), Hangup.CLOSED))

    def _react(self, text: str) -> None:
        """Do what the provider does at a message of the client."""
        assert self._session is not None
        reaction = self._session.received(text)
        if reaction.cancels:
            self._drop_turn("abandoned")
        for chunk in reaction.messages:
            self._at(self.now, partial(self._send, chunk.data))
        if reaction.turn is not None:
            self._begin_turn(reaction.turn)

    def _begin_turn(self, body: bytes) -> None:
        upgrade = self._wire
        assert upgrade is not None
        assert self._upgrade is not None
        number = self._upgrade.number
        wire = replace(upgrade, method=websocket.MESSAGE, body=body, connected=True, session=number)
        provider = self._answering.provider(wire.method, wire.path)
        exchange, reply = self._answering.exchange(provider, wire)
        turn = self._turn = _Turn(exchange)
        due = self.now + (reply.wait if reply.ending not in _SILENT else 0.0)
        for chunk in reply.chunks:
            due += chunk.delay
            self._at(due, partial(self._send_piece, turn, chunk))
        if reply.ending not in _SILENT:
            self._at(due, partial(self._end_turn, turn, reply.ending))

    def _send_piece(self, turn: _Turn, chunk: Chunk) -> Output:
        if turn.is_cancelled:
            return Output()
        assert self._session is not None
        output = self._send(chunk.data)
        self._session.sent(chunk.data)
        return output

    def _end_turn(self, turn: _Turn, ending: Ending) -> Output:
        if turn.is_cancelled:
            return Output()
        assert self._session is not None
        self._turn = None
        self._session.turn_over()
        self._end(turn.exchange, ending)
        return Output(b"", _hangup(ending))

    # -- frames

    def _send(self, data: bytes) -> Output:
        """Send one message, or one control frame; nothing once the closing has begun."""
        frames = self._frames
        if frames is None or frames.state is not ConnectionState.OPEN or not data:
            return Output()
        if data == websocket.PING:
            return Output(frames.send(events.Ping()))
        if closing := websocket.closing(data):
            return self._close(*closing)
        if data.endswith(websocket.END):
            return Output(self._encoded(data.removesuffix(websocket.END)))
        return self._cut(data)

    def _encoded(self, data: bytes) -> bytes:
        assert self._frames is not None
        assert self._session is not None
        if self._session.sends_binary:
            return self._frames.send(events.BytesMessage(data))
        return self._frames.send(events.TextMessage(data.decode("utf-8", "replace")))

    def _cut(self, data: bytes) -> Output:
        """Send the beginning of a frame: what is left of its message is the first half."""
        whole = self._encoded(data + b" " * len(data))
        self._drop_turn("closed")
        return Output(whole[: len(whole) // 2], Hangup.CLOSED)

    def _close(self, code: int, reason: str) -> Output:
        """Begin the closing handshake; the client's own close frame ends the connection."""
        assert self._frames is not None
        if self._frames.state is not ConnectionState.OPEN:
            return Output()
        self._drop_turn("closed")
        self._at(self.now + _CLOSE_TIMEOUT, lambda: Output(b"", Hangup.CLOSED))
        return Output(self._frames.send(events.CloseConnection(code, reason or None)))

    def _drop_turn(self, how: End) -> None:
        if self._turn is not None:
            self._turn.is_cancelled = True
            self._answering.end(self._turn.exchange, how)
            self._turn = None

    def _reply(self, event: events.Event, hangup: Hangup | None) -> Output:
        assert self._frames is not None
        try:
            return Output(self._frames.send(event), hangup)
        except LocalProtocolError:  # what it answers is over
            return Output(b"", hangup)

    # -- endings

    def _end(self, exchange: Exchange | None, ending: Ending) -> None:
        if exchange is not None and ending in ENDS:
            self._answering.end(exchange, ENDS[ending])

    def _left(self) -> None:
        self._drop_turn("abandoned")
        if self._upgrade is not None:
            self._answering.end(self._upgrade, "abandoned")


def _hangup(ending: Ending) -> Hangup | None:
    if ending is Ending.COMPLETE:
        return None
    return Hangup.RESET if ending in _RESETS else Hangup.CLOSED
