"""Which connections are answered as websockets, and by whom."""

from __future__ import annotations

import weakref
from functools import partial
from typing import Protocol

from chaos_llm.engine.websocket.session_peer import Answering, SessionPeer
from chaos_llm.interception.clients import WEBSOCKETS, caller
from chaos_llm.interception.context import InterceptionContext
from chaos_llm.protocol.messages import WireRequest

_FIRST_ADDRESS = 1
_ADDRESSES = "192.0.2.{}"  # for documentation, RFC 5737: nothing answers there


class Connection(Protocol):
    """An open connection in memory."""

    def cut(self) -> None:
        """End it from the far end."""


class WebSockets:
    """The connections of one outage to providers' hosts, by clients that speak websockets."""

    def __init__(self, context: InterceptionContext) -> None:
        self.context = context
        self._addresses: dict[str, str] = {}  # by host
        self._open: weakref.WeakSet[Connection] = weakref.WeakSet()

    def answers(self, host: object, port: object) -> bool:
        """Whether a websocket client, which the stack shows, is about to reach a provider."""
        return bool(self._names(host, port)) and caller() is WEBSOCKETS

    def require_clock(self, host: str) -> None:
        """Raise ForeignCall on a thread in real time."""
        self.context.require_clock(WireRequest("a websocket to", host, "", "", {}, b""))

    def peer(self, host: str, port: int) -> SessionPeer:
        """A provider's end of a new connection."""
        context, names = self.context, self._names(host, port)
        provider = partial(context.hosts.provider, names)
        answering = Answering(host, provider, context.answer, context.engine.session, context.end)
        return SessionPeer(answering)

    def address(self, host: str) -> str:
        """The address that stands for a host in this outage."""
        number = _FIRST_ADDRESS + len(self._addresses)
        return self._addresses.setdefault(host, _ADDRESSES.format(number))

    def host_at(self, address: object) -> str | None:
        """The host for which an address stands."""
        return next((host for host, each in self._addresses.items() if each == address), None)

    def opened(self, connection: Connection) -> None:
        """Have a connection cut when the outage ends, so that no pool keeps it."""
        self._open.add(connection)

    def cut_all(self) -> None:
        """Cut what is still open."""
        for connection in list(self._open):
            connection.cut()

    def _names(self, host: object, port: object) -> tuple[str, ...]:
        if not isinstance(host, str) or not isinstance(port, int):
            return ()
        return self.context.hosts.names(host, port)
