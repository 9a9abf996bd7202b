"""A simulated channel to a provider: what blocking and asyncio channels have in common."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol
from weakref import WeakSet

from grpc._cython import cygrpc

from chaos_llm.interception.clients import GRPC_STREAMS
from chaos_llm.interception.context import InterceptionContext
from chaos_llm.interception.grpc.credentials import UNKNOWN, NoCredentials, added_metadata
from chaos_llm.interception.grpc.deadlines import Deadline
from chaos_llm.interception.grpc.retry_policy import retry_policy
from chaos_llm.interception.grpc.rpc import Rpc, Rules
from chaos_llm.interception.grpc.targets import addresses, text
from chaos_llm.interception.grpc.timeline import Event, timeline
from chaos_llm.journal.journal import End, Exchange
from chaos_llm.protocol.grpc_wire import CONTENT_TYPE, Metadata, Status, frame
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.messages import WireRequest
from chaos_llm.providers.protobuf import GrpcService, in_one_order
from chaos_llm.providers.provider import Provider
from chaos_llm.requests.host_names import canonical
from chaos_llm.virtual_time import VirtualTime

Options = Iterable[tuple[Any, Any]]


@dataclass
class Made:
    """How a channel was made: its target, its options and its credentials.

    Of a channel from before the outage, `from_before`, the core keeps the last two for itself, so
    that its options are the usual ones.
    """

    target: str
    options: Options = ()
    credentials: Any = None
    from_before: bool = False


def usual_options(target: str) -> Options:
    """What channels to a host are mostly made with: to xAI, the retries of xai-sdk."""
    sdk = sys.modules.get("xai_sdk.client")
    return getattr(sdk, "_DEFAULT_CHANNEL_OPTIONS", ()) if "api.x.ai" in target else ()


@dataclass(frozen=True)
class Asked:
    """What a call asks; `message` is None for a stream of requests."""

    method: str
    message: bytes | None
    metadata: Any
    credentials: Any
    deadline: Any
    waits_for_ready: bool
    streams: bool


class _Attempt:
    """One exchange with the engine."""

    def __init__(
        self,
        context: InterceptionContext,
        exchange: Exchange | None,
        events: Iterable[Event],
        rng: KeyedRandom,
    ) -> None:
        self._context, self._exchange = context, exchange
        self.events, self.rng = tuple(events), rng

    def end(self, how: End) -> None:
        if self._exchange is not None:
            self._context.end(self._exchange, how)


class Outage:
    """The outage that is in force, if one is, and all that waits in it."""

    context: InterceptionContext | None = None
    clock: VirtualTime  # the latest outage's; what it cuts looks at it once more

    def __init__(self) -> None:
        self._open: WeakSet[Cuttable] = WeakSet()

    def begin(self, context: InterceptionContext) -> None:
        """Answer by this engine from now on."""
        self.context, self.clock = context, context.clock

    def note(self, waiting: Cuttable) -> None:
        """Have this cut when the outage ends."""
        self._open.add(waiting)

    def end(self) -> None:
        """Cut all that is still open."""
        self.context = None
        for waiting in list(self._open):
            waiting.cut()
        self._open.clear()


class Cuttable(Protocol):
    """What waits for a reply."""

    def cut(self) -> None:
        """Go on without it."""


OUTAGE = Outage()
CUT = Status("UNAVAILABLE", "Stream removed (Socket closed)")  # the outage has ended


class Channel:
    """What stands in the place of the core's channel classes.

    An app may keep it longer than the outage in which it was made: between outages, and where the
    host is no provider's in a later one, a channel of the core does its work.
    """

    def __init__(self, made: Made, core: Callable[[], Any]) -> None:
        self._made, self._make_core = made, core
        self._core: Any = None
        self._closed = False
        host, port = next(iter(addresses(made.target)))
        self._host, self._port = canonical(host), port or 443

    @property
    def context(self) -> InterceptionContext:
        """The outage's; only asked where there is one."""
        assert OUTAGE.context is not None
        return OUTAGE.context

    def core(self) -> Any:
        """The core's channel, where no outage answers for this host; else None."""
        if OUTAGE.context is not None and OUTAGE.context.hosts.names(self._host, self._port):
            return None
        if self._core is None:
            self._core = self._make_core()
        return self._core

    @property
    def now(self) -> float:
        """The time of the clock that drives the calls."""
        return OUTAGE.clock.now

    def rpc(self, asked: Asked) -> Rpc:
        """Begin a call; raises UncaughtEgress for one that is not simulated."""
        guard = self.context.guard
        if asked.message is None and guard is not None:
            raise guard.refuse(self._host, GRPC_STREAMS)
        rules = Rules(
            retry_policy(self._made.options, asked.method),
            self._deadline(asked.deadline),
            asked.waits_for_ready,
        )
        return Rpc(lambda attempt: self._send(asked, attempt), rules, self.now)

    def _deadline(self, deadline: Any) -> float | None:
        if not isinstance(deadline, Deadline):
            return None
        ends = self.now + deadline.left
        deadline.adopt(ends, lambda: self.now)
        return ends

    def _send(self, asked: Asked, attempt: int) -> _Attempt:
        try:
            metadata = self._metadata(asked)
        except NoCredentials as error:
            status = Event(0.0, status=Status("UNAVAILABLE", str(error)))
            return _Attempt(self.context, None, (status,), KeyedRandom("grpc", 0))
        if attempt > 1:
            metadata += (("grpc-previous-rpc-attempts", str(attempt - 1)),)
        names = self.context.hosts.names(self._host, self._port)
        provider = self.context.hosts.provider(names, "POST", asked.method)
        exchange, reply = self.context.exchange(names, self._wire(asked, metadata, provider))
        events = timeline(reply, f"{self._host}:{self._port}", streams=asked.streams)
        rng = KeyedRandom("grpc", self.context.engine.seed, *exchange.key)
        return _Attempt(self.context, exchange, events, rng)

    def _metadata(self, asked: Asked) -> Metadata:
        metadata: Metadata = tuple((text(name), value) for name, value in asked.metadata or ())
        for credentials in (self._made.credentials, asked.credentials):
            metadata += added_metadata(credentials, self._host, asked.method)
        named = any(name == "authorization" for name, _ in metadata)
        return metadata + UNKNOWN if self._made.from_before and not named else metadata

    def _wire(self, asked: Asked, metadata: Metadata, provider: Provider) -> WireRequest:
        assert asked.message is not None
        headers = {"content-type": CONTENT_TYPE, "te": "trailers"}
        for name, value in metadata:
            written = base64.b64encode(value).decode() if isinstance(value, bytes) else text(value)
            headers[name] = f"{headers[name]}, {written}" if name in headers else written
        message = asked.message
        if isinstance(provider, GrpcService):
            message = in_one_order(provider.request_message(asked.method), message)
        return WireRequest("POST", self._host, asked.method, "", headers, frame(message))

    # What grpc's Python asks of either class.

    def get_registered_call_handle(self, method: bytes) -> int:  # noqa: ARG002
        """The core's number of a method, which nobody here needs."""
        return 0

    def check_connectivity_state(self, try_to_connect: bool) -> Any:
        """Ready: whether a connection stands is decided for each call."""
        if (core := self.core()) is not None:
            return core.check_connectivity_state(try_to_connect)
        states = cygrpc.ConnectivityState
        return states.shutdown if self._closed else states.ready
