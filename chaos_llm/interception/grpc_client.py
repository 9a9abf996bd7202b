"""Interception of gRPC: a call to a provider's host is refused where it enters the compiled core.

Creating a channel is allowed, because it does nothing until it is used. The methods of the core's
channel classes are patched, so calls on channels from before the outage are refused, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

from grpc import _channel as blocking
from grpc._cython import cygrpc

from chaos_llm.interception.clients import GRPC
from chaos_llm.interception.context import InterceptionContext
from chaos_llm.interception.egress_guard import EgressGuard
from chaos_llm.virtual_time.patching import replace_methods

# host:443, dns:///host:443, dns://name-server/host:443, ipv4:1.2.3.4:443,5.6.7.8:443
_TARGET = re.compile(r"(?:(?:dns|ipv4|ipv6):(?://[^/]*/)?)?(?P<hosts>.+)")
_ADDRESS = re.compile(r"(?:\[(?P<ipv6>[^]]+)\]|(?P<host>[^:]+))(?::(?P<port>\d+))?$")

# The core's classes, bound now because other code may replace their names.
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
    """Wrap `subscribe`, by which `channel_ready_future` connects in a thread of its own."""

    def subscribe(channel: Any, callback: Any, try_to_connect: Any = None) -> Any:
        if try_to_connect:
            _check(guard, channel._channel)
        return real(channel, callback, try_to_connect=try_to_connect)

    return subscribe


def _check(guard: EgressGuard, channel: Any) -> None:
    target = channel.target() if isinstance(channel, _Channel) else channel.target
    for host, port in _addresses(target):
        guard.check_host(host, port, GRPC)


def _addresses(target: bytes) -> Iterator[tuple[str, int | None]]:
    """Hosts and ports of a channel's target; none for targets such as unix:/path."""
    found = _TARGET.match(target.decode("latin-1"))
    for each in found["hosts"].split(",") if found else ():
        address = _ADDRESS.match(each)
        if address is not None:
            port = address["port"]
            yield address["ipv6"] or address["host"], int(port) if port else None
