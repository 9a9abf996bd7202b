"""gRPC, in process: in the place of the core's channels, below all of grpc's Python.

Stubs, interceptors, credentials, futures and errors stay grpc's own and the SDK's. What the core
would do is done by ours: deadlines, the retries of a service config, call credentials, waiting for
a connection. Channels to any other host are the core's, in real time.

All of it is private to grpcio: releases that it was not tested with are refused (see egress.py).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from grpc import _channel as blocking
from grpc import _common
from grpc._cython import cygrpc
from grpc.aio import _channel as aio
from grpc.aio import _interceptor as aio_interceptors

from chaos_llm.interception.context import InterceptionContext
from chaos_llm.interception.grpc import credentials, deadlines, egress, self_test
from chaos_llm.interception.grpc.asynchronous import AsyncChannel
from chaos_llm.interception.grpc.blocking import BlockingCall, BlockingChannel
from chaos_llm.interception.grpc.channel import OUTAGE, Channel, Made, usual_options
from chaos_llm.interception.grpc.targets import addresses, text
from chaos_llm.virtual_time.patching import replace_methods

_CALLS = (
    "segregated_call",
    "integrated_call",
    "next_call_event",
    "check_connectivity_state",
    "watch_connectivity_state",
)
_AIO_CALLS = ("call", "check_connectivity_state", "watch_connectivity_state")
_CORES = (cygrpc.Channel, cygrpc.AioChannel)


def replace(context: InterceptionContext, undo: ExitStack) -> None:
    """Answer calls to the providers until `undo` is closed."""
    if not self_test.is_known():
        egress.replace(context, undo)
        return
    OUTAGE.begin(context)
    undo.callback(OUTAGE.end)
    _Seam(context, undo).install()


class _Seam:
    """What is replaced in grpc for one outage."""

    def __init__(self, context: InterceptionContext, undo: ExitStack) -> None:
        self._context, self._undo = context, undo
        self._older: dict[int, tuple[Any, Channel]] = {}  # by id: channels from before, and ours

    def install(self) -> None:
        put, now = self._put, lambda: self._context.clock.now
        put(cygrpc, "Channel", lambda real: self._choosing(real, BlockingChannel))
        put(cygrpc, "AioChannel", lambda real: self._choosing(real, AsyncChannel))
        put(cygrpc, credentials.COMPUTE_ENGINE, credentials.noting)
        self._undo.callback(credentials.forget)
        put(blocking, "_deadline", deadlines.with_seconds)
        put(aio, "_timeout_to_deadline", deadlines.with_seconds)
        put(aio_interceptors, "_timeout_to_deadline", deadlines.with_seconds)
        put(_common, "wait", lambda real: deadlines.waiting(real, now, BlockingCall))
        put(blocking, "_run_channel_spin_thread", self._spinning)
        put(blocking, "_spawn_poll_connectivity", self._polling)
        put(blocking, "_spawn_delivery", self._delivering)
        core, aio_core = _CORES
        replace_methods(self._undo, core, **self._following(core, BlockingChannel, _CALLS))
        replace_methods(self._undo, aio_core, **self._following(aio_core, AsyncChannel, _AIO_CALLS))

    def _put(self, where: Any, name: str, wrap: Callable[[Any], Any]) -> None:
        real = getattr(where, name)
        self._undo.callback(setattr, where, name, real)
        setattr(where, name, wrap(real))

    def _is_ours(self, target: Any) -> bool:
        names = self._context.hosts.names
        return any(names(host, port or 443) for host, port in addresses(target))

    def _choosing(self, real: Any, kind: type[Channel]) -> Callable[..., Any]:
        """A function that makes our channel for a provider's host, else the core's."""

        def make(target: Any, options: Any, channel_credentials: Any, *loop: Any) -> Any:
            def core() -> Any:
                return real(target, options, channel_credentials, *loop)

            if not self._is_ours(target):
                return core()
            return kind(Made(text(target), options or (), channel_credentials), core)

        return make

    def _following(
        self, core: type, kind: type[Channel], names: tuple[str, ...]
    ) -> dict[str, Callable[..., Any]]:
        """Methods of the core's class that hand calls to providers to a channel of ours."""

        def following(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
            def method(channel: Any, *args: Any, **options: Any) -> Any:
                ours = self._ours_of(channel, kind)
                if ours is None:
                    return real(channel, *args, **options)
                return getattr(ours, name)(*args, **options)

            return method

        return {name: following(name, getattr(core, name)) for name in names}

    def _ours_of(self, channel: Any, kind: type[Channel]) -> Channel | None:
        """The channel that answers for one of the core's; None where the core does."""
        if isinstance(channel, Channel):
            return channel
        known = self._older.get(id(channel))
        if known is None:
            target = channel.target() if callable(channel.target) else channel.target
            if not self._is_ours(target):
                return None
            made = Made(text(target), usual_options(text(target)), from_before=True)
            known = self._older[id(channel)] = (channel, kind(made, lambda: channel))
        return known[1]

    def _is_simulated(self, channel: Any) -> bool:
        """Whether calls on a blocking channel are answered here now."""
        ours = self._ours_of(channel, BlockingChannel)
        return ours is not None and ours.core() is None

    def _spinning(self, real: Callable[[Any], None]) -> Callable[[Any], None]:
        """Hand events to calls in a thread on the clock; grpc's own keeps real time."""

        def run(state: Any) -> None:
            if self._is_simulated(state.channel):
                _start(_spin, state)
            else:
                real(state)

        return run

    def _polling(self, real: Callable[..., None]) -> Callable[..., None]:
        def spawn(state: Any, try_to_connect: Any) -> None:
            if not self._is_simulated(state.channel):
                real(state, try_to_connect)
                return
            _start(blocking._poll_connectivity, state, state.channel, bool(try_to_connect))
            state.polling = True

        return spawn

    def _delivering(self, real: Callable[..., None]) -> Callable[..., None]:
        def spawn(state: Any, callbacks: Any) -> None:
            if not self._is_simulated(state.channel):
                real(state, callbacks)
                return
            _start(blocking._deliver, state, state.connectivity, callbacks)
            state.delivering = True

        return spawn


def _start(does: Callable[..., None], *args: Any) -> None:
    def run() -> None:  # of this module, so that its thread is on the clock
        does(*args)

    threading.Thread(target=run, daemon=True).start()


def _spin(state: Any) -> None:
    """As `grpc._channel._run_channel_spin_thread` does in its thread."""
    while True:
        event = state.channel.next_call_event()
        if not event.tag(event):
            continue
        with state.lock:
            state.managed_calls -= 1
            if state.managed_calls == 0:
                return
