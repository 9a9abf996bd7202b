"""Which connections are answered as websockets, and by whom."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from chaos_llm.engine.failed_connections import failed_connection
from chaos_llm.engine.http1 import ENDS
from chaos_llm.engine.reply_timing import LAST_SYN
from chaos_llm.engine.websocket.peer import Peer
from chaos_llm.interception.clients import OTHER_WEBSOCKETS, caller
from chaos_llm.interception.context import InterceptionContext
from chaos_llm.journal.journal import Exchange
from chaos_llm.protocol.messages import Ending, Reply, WireRequest

_FIRST_ADDRESS = 1
_ADDRESSES = "192.0.2.{}"  # for documentation, RFC 5737: nothing answers there


class Connection(Protocol):
    """An open connection in memory."""

    def cut(self) -> None:
        """End it from the far end."""


@dataclass(frozen=True)
class Failure:
    """A connection that never stands."""

    context: InterceptionContext
    exchange: Exchange
    reply: Reply

    @property
    def why(self) -> Ending:
        """What keeps it from standing."""
        return self.reply.ending

    @property
    def wait(self) -> float:
        """Seconds until a client without a limit of its own knows."""
        return LAST_SYN if self.why is Ending.CONNECT_TIMEOUT else self.reply.wait

    def end(self) -> None:
        """Write down that the client knows."""
        self.context.end(self.exchange, ENDS[self.why])

    def leave(self) -> None:
        """Write down that the client did not wait for it."""
        self.context.end(self.exchange, "timeout")


class WebSockets:
    """The connections of one outage to providers' hosts, by clients that speak websockets."""

    def __init__(self, context: InterceptionContext) -> None:
        self.context = context
        self._addresses: dict[str, str] = {}  # by host
        self._open: weakref.WeakSet[Connection] = weakref.WeakSet()

    def answers(self, host: object, port: object) -> bool:
        """Whether a websocket client, which the stack shows, is about to reach a provider."""
        return bool(self._names(host, port)) and caller() is OTHER_WEBSOCKETS

    def require_clock(self, host: str) -> None:
        """Raise ForeignCall on a thread in real time."""
        self.context.require_clock(WireRequest("a websocket to", host, "", "", {}, b""))

    def failure(self, host: str, port: int) -> Failure | None:
        """Why a connection to a host fails; None where it stands."""
        failed = failed_connection(self.context.engine, self._names(host, port), host)
        return None if failed is None else Failure(self.context, *failed)

    def peer(self, host: str, port: int) -> Peer:
        """A provider's end of a new connection, which stands."""
        from chaos_llm.engine.websocket.session_peer import (  # noqa: PLC0415 - wsproto, on demand
            Answering,
            SessionPeer,
        )

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
