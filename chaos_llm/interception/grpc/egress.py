"""Calls to a provider's host are refused where they enter the compiled core.

For releases of grpcio that the simulation was not tested with. A channel does nothing until it is
used, so making one is allowed, and one that was made before the outage is refused, too: what
changes are the methods of the core's own channel classes.
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

# The core's classes, whatever else may be put in the place of their names.
_Channel, _AioChannel = cygrpc.Channel, cygrpc.AioChannel


def replace(context: InterceptionContext, undo: ExitStack) -> None:
    """Refuse calls to the providers until `undo` is closed."""
    guard = context.guard
    if guard is None:
        return
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
    """`channel_ready_future` and its like: they would connect in a thread of their own."""

    def subscribe(channel: Any, callback: Any, try_to_connect: Any = None) -> Any:
        if try_to_connect:
            _check(guard, channel._channel)
        return real(channel, callback, try_to_connect=try_to_connect)

    return subscribe


def _check(guard: EgressGuard, channel: Any) -> None:
    target = channel.target() if isinstance(channel, _Channel) else channel.target
    for host, port in addresses(target):
        guard.check_host(host, port, GRPC)
