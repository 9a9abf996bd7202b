"""The objects of one outage that all interceptions share: engine, clock, hosts, warnings."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chaos_llm.decisions.overrides import ChosenAnswers
from chaos_llm.engine.engine import Engine
from chaos_llm.engine.plain_replies import Plain
from chaos_llm.errors import ForeignCall, ForeignThread, NoReply
from chaos_llm.interception.cancellation import is_being_cancelled
from chaos_llm.interception.connection_reuse import Connections
from chaos_llm.interception.egress_guard import EgressGuard
from chaos_llm.interception.foreign_stubs import unknown_provider_warning
from chaos_llm.interception.httpx_addresses import Addresses
from chaos_llm.interception.httpx_pool import Pools
from chaos_llm.journal.journal import End, Exchange
from chaos_llm.protocol.messages import Reply, WireRequest
from chaos_llm.providers.provider import Provider
from chaos_llm.requests import app_deadlines
from chaos_llm.requests.hosts import Hosts
from chaos_llm.virtual_time import VirtualTime

_PORTALS = ("asyncio-portal", "AnyIO worker")  # anyio's threads, which Starlette's TestClient uses

if TYPE_CHECKING:
    from chaos_llm.interception.other_services import OtherServices


OUTAGE_ENDED = (
    "this reply belongs to an outage of chaos_llm that has ended: read or close it before the end "
    "of the `with` block, or of the test"
)


@dataclass
class InterceptionContext:
    """The parts of one outage that an interception needs."""

    engine: Engine
    clock: VirtualTime
    hosts: Hosts
    services: OtherServices | None = None  # stubs for the team's other services
    guard: EgressGuard | None = None  # refuses requests that would reach a real provider
    connections: Connections = field(default_factory=Connections)
    pools: Pools = field(init=False)  # of httpx's transports
    addresses: Addresses = field(init=False)  # that requests of httpx were sent to
    warnings: list[str] = field(default_factory=list)  # to be issued when the outage ends
    now: Callable[[], float] = float  # the present second of the profile
    cassette: object = None  # of vcrpy: the last one whose answers the providers give
    taped: list[ChosenAnswers] = field(default_factory=list)  # the answers of all cassettes
    is_over: bool = False  # the outage has ended, so replies that are read late fail

    def __post_init__(self) -> None:
        self.pools, self.addresses = Pools(self.clock.ticker), Addresses(self.hosts)

    def exchange(self, names: tuple[str, ...], wire: WireRequest) -> tuple[Exchange, Reply]:
        """Answer a request to one of these providers; raises ForeignCall in real-time threads."""
        return self.answer(self.hosts.provider(names, wire.method, wire.path), wire)

    def answer(self, provider: Provider, wire: WireRequest) -> tuple[Exchange, Reply]:
        """Answer a request in this wire format; raises ForeignCall in real-time threads."""
        exchange, reply = self.brief_answer(provider, wire)
        return exchange, reply if isinstance(reply, Reply) else reply.in_full()

    def brief_answer(self, provider: Provider, wire: WireRequest) -> tuple[Exchange, Reply | Plain]:
        """The same; a reply that comes whole and at once stays as short as it is."""
        if not self.clock.is_managed_here():
            self.require_clock(wire)
        try:
            exchange, reply = self.engine.brief_exchange(provider, wire)
        except Exception as error:
            text = f"no reply to {wire.method} {wire.host}{wire.path}: {error!r}"
            raise self.clock.record(NoReply(text)) from error
        if is_being_cancelled():
            exchange.began_cancelled = True
        if app_deadlines.open_here():
            exchange.app_deadline = app_deadlines.outermost(exchange.at)
        elif exchange.call < 0 and not exchange.began_cancelled:
            exchange.app_deadline = app_deadlines.last_passed()
        return exchange, reply

    def sleep(self, seconds: float, wire: WireRequest) -> None:
        """Let the calling thread wait for bytes; it may not be the one that sent the request."""
        self.require_clock(wire)
        self.clock.sleep(seconds)

    def require_clock(self, wire: WireRequest) -> None:
        """Raise ForeignCall in a real-time thread, and ChildEgress in a forked child."""
        if self.clock.is_managed_here():
            return
        if self.guard is not None and self.guard.is_in_child():
            raise self.guard.refuse(wire.host)
        text = _foreign(wire)
        self.clock.record(ForeignThread(text))
        raise ForeignCall(text)

    def end(self, exchange: Exchange, how: End) -> None:
        """Record when and how an exchange ended; the first ending counts."""
        if exchange.end == "open":
            exchange.end, now = how, self.engine.now()
            if now != exchange.at:  # else both times share one float object, to save memory
                exchange.until = now

    def warn(self, text: str) -> None:
        """Add a warning, once; an empty text adds none."""
        if text and text not in self.warnings:
            self.warnings.append(text)

    def warn_of_unknown_provider(
        self, method: str, scheme: str, host: str, port: int | None, path: str
    ) -> None:
        """Warn about a request that looks like a model call but is for no known provider."""
        if method == "POST":
            self.warn(unknown_provider_warning(scheme, host, port, path))


def _foreign(wire: WireRequest) -> str:
    name = threading.current_thread().name
    inside = "TestClient" if name.startswith(_PORTALS) else "thread or server"
    return (
        f"thread {name!r} called {wire.method} {wire.host}{wire.path}, but it does not use the "
        "outage's clock: it has run since before the outage, or it keeps real time. Start the "
        f"{inside} inside the test, or call from the test's own thread."
    )
