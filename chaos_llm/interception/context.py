"""What every interception plays on: the engine, the clock and the host map of one outage."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chaos_llm.engine.engine import Engine
from chaos_llm.errors import ForeignCall, ForeignThread, NoReply
from chaos_llm.interception.connection_reuse import Connections
from chaos_llm.interception.egress_guard import EgressGuard
from chaos_llm.interception.foreign_stubs import answered_elsewhere
from chaos_llm.interception.httpx_pool import Pools
from chaos_llm.journal.journal import End, Exchange
from chaos_llm.protocol.messages import Reply, WireRequest
from chaos_llm.providers.provider import Provider
from chaos_llm.requests.hosts import Hosts
from chaos_llm.virtual_time import VirtualTime

_PORTALS = ("asyncio-portal", "AnyIO worker")  # anyio's threads, by which Starlette's client works

if TYPE_CHECKING:
    from chaos_llm.interception.other_services import OtherServices


OVER = (
    "this reply belongs to an outage of chaos_llm that has ended: read or close it before the end "
    "of the `with` block, or of the test"
)


@dataclass
class InterceptionContext:
    """One outage, as an interception sees it."""

    engine: Engine
    clock: VirtualTime
    hosts: Hosts
    services: OtherServices | None = None  # stubs for the team's other services
    guard: EgressGuard | None = None  # what is asked about all that may leave
    connections: Connections = field(default_factory=Connections)
    pools: Pools = field(default_factory=Pools)  # of httpx's transports
    said: list[str] = field(default_factory=list)  # what the test's report must mention
    is_over: bool = False  # the outage has ended, and with it whatever is read late

    def exchange(self, names: tuple[str, ...], wire: WireRequest) -> tuple[Exchange, Reply]:
        """Answer a request to one of these providers; refused on a thread in real time."""
        return self.answer(self.hosts.provider(names, wire.method, wire.path), wire)

    def answer(self, provider: Provider, wire: WireRequest) -> tuple[Exchange, Reply]:
        """Answer a request in this wire format; refused on a thread in real time."""
        self.require_clock(wire)
        try:
            return self.engine.exchange(provider, wire)
        except Exception as error:
            text = f"no reply to {wire.method} {wire.host}{wire.path}: {error!r}"
            raise self.clock.record(NoReply(text)) from error

    def sleep(self, seconds: float, wire: WireRequest) -> None:
        """Let the calling thread wait for what it reads; it may have been handed a stream."""
        self.require_clock(wire)
        self.clock.sleep(seconds)

    def require_clock(self, wire: WireRequest) -> None:
        """Raise ForeignCall on a thread in real time, and ChildEgress in a forked child."""
        if self.clock.is_managed_here():
            return
        if self.guard is not None and self.guard.is_in_child():
            raise self.guard.refuse(wire.host)
        text = _foreign(wire)
        self.clock.record(ForeignThread(text))
        raise ForeignCall(text)

    def end(self, exchange: Exchange, how: End) -> None:
        """Write down when and how an exchange ended; the first ending counts."""
        if exchange.end == "open":
            exchange.end, now = how, self.engine.now()
            if now != exchange.at:  # else the record keeps one float for both
                exchange.until = now

    def say(self, text: str) -> None:
        """Have the report mention something, once; nothing, where the text is empty."""
        if text and text not in self.said:
            self.said.append(text)

    def tell_of_other_answer(
        self, method: str, scheme: str, host: str, port: int | None, path: str
    ) -> None:
        """Say aloud that what looks like a call of a model is for no known provider."""
        if method == "POST":
            self.say(answered_elsewhere(scheme, host, port, path))


def _foreign(wire: WireRequest) -> str:
    name = threading.current_thread().name
    inside = "TestClient" if name.startswith(_PORTALS) else "thread or server"
    return (
        f"thread {name!r} called {wire.method} {wire.host}{wire.path}, but it is not on the "
        "outage's clock: it has run since before the outage, or it keeps real time. Start the "
        f"{inside} inside the test, or call from the test's own thread."
    )
