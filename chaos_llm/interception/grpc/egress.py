"""Interception of gRPC: a call to a provider's host is refused where it enters the compiled core.

This is for releases of grpcio with which the simulation was not tested. Creating a channel is
allowed, because it does nothing until it is used. The methods of the core's channel classes are
patched, so calls on channels from before the outage are refused, too.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from grpc import _channel as blocking
from grpc._cython import cygrpc

from chaos_llm.interception.clients import GRPC
from chaos_llm.interception.context import InterceptionContext
from chaos_llm.interception.egress_guard import EgressGuard
from chaos_llm.interception.grpc.targets import addresses
from chaos_llm.virtual_time.patching import replace_methods

# The core's classes, bound now because other code may replace their names.
_Channel, _AioChannel = cygrpc.Channel, cygrpc.AioChannel
_targets: dict[int, tuple[Any, Any]] = {}  # by id: asyncio channels made in this outage


def replace(context: InterceptionContext, undo: ExitStack) -> None:
    """Refuse calls to the providers until the exit stack `undo` is closed."""
    guard = context.guard
    if guard is None:
        return
    _note_targets(undo)
    replace_methods(
        undo, _Channel, **_guarded(guard, _Channel, ("segregated_call", "integrated_call"))
    )
    replace_methods(undo, _AioChannel, **_guarded(guard, _AioChannel, ("call",)))
    for kind in (_Channel, _AioChannel):
        state = kind.check_connectivity_state
        replace_methods(undo, kind, check_connectivity_state=_connecting(guard, state))
    subscribe = blocking.Channel.subscribe
    undo.callback(setattr, blocking.Channel, "subscribe", subscribe)
    setattr(blocking.Channel, "subscribe", _subscribing(guard, subscribe))  # noqa: B010


def _guarded(guard: EgressGuard, kind: Any, names: tuple[str, ...]) -> dict[str, Any]:
    def guarded(real: Callable[..., Any]) -> Callable[..., Any]:
        def method(channel: Any, *args: Any, **options: Any) -> Any:
            _check(guard, channel)
            return real(channel, *args, **options)

        return method

    return {name: guarded(getattr(kind, name)) for name in names}


def _connecting(guard: EgressGuard, real: Callable[..., Any]) -> Callable[..., Any]:
    def check_connectivity_state(channel: Any, try_to_connect: Any) -> Any:
        if try_to_connect:
            _check(guard, channel)
        return real(channel, try_to_connect)

    return check_connectivity_state


def _subscribing(guard: EgressGuard, real: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap `subscribe`, by which `channel_ready_future` connects in a thread of its own."""

    def subscribe(channel: Any, callback: Any, try_to_connect: Any = None) -> Any:
        if try_to_connect:
            _check(guard, channel._channel)
        return real(channel, callback, try_to_connect=try_to_connect)

    return subscribe


def _note_targets(undo: ExitStack) -> None:
    """Note the targets of asyncio channels that are made, which grpcio before 1.81 keeps in C."""

    def make(target: Any, *args: Any, **options: Any) -> Any:
        channel = _AioChannel(target, *args, **options)
        _targets[id(channel)] = channel, target
        return channel

    if not hasattr(_AioChannel, "target"):
        undo.callback(_targets.clear)
        undo.callback(setattr, cygrpc, "AioChannel", _AioChannel)
        cygrpc.AioChannel = make


def _check(guard: EgressGuard, channel: Any) -> None:
    if isinstance(channel, _Channel):
        target = channel.target()
    else:
        target = getattr(channel, "target", None) or _targets.get(id(channel), (None, None))[1]
    if target is None:  # it may be to a provider
        raise guard.refuse("a host that this grpcio does not tell (before 1.81)", GRPC)
    for host, port in addresses(target):
        guard.check_host(host, port, GRPC)
