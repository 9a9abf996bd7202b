"""Whether somebody awaits what a connection or a child process will say."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from typing import Any

_ASLEEP = ("lost", "clos", "drain")  # futures of these names are pending all through an idle life


def tls_state(protocol: Any) -> str:
    """What asyncio's TLS layer is doing; "" for a connection without one."""
    return str(getattr(getattr(protocol, "_state", None), "name", ""))


def protocol_awaits(protocol: Any) -> bool | None:
    """Whether somebody awaits what this protocol reads; None where that cannot be seen."""
    protocol = getattr(protocol, "_app_protocol", protocol)  # through TLS
    for child in children_in((getattr(protocol, "proc", None),)):  # a pipe of a child process
        return child_awaited(child)
    visible = False
    for name, value in _attributes(protocol):
        if any(word in name for word in _ASLEEP):
            continue
        pending = _pending(value)
        if pending:
            return True
        visible = visible or pending is not None or "waiter" in name
    return False if visible else None


def child_awaited(child: Any) -> bool:
    """Whether somebody awaits the end of a child process, or its output."""
    protocol = child.get_protocol()
    readers = (getattr(protocol, "stdout", None), getattr(protocol, "stderr", None))
    waiters = getattr(child, "_exit_waiters", None) or ()
    return any(_pending(waiter) for waiter in (*waiters, *readers))


def children_in(values: Any) -> Iterator[asyncio.SubprocessTransport]:
    """The child processes among a callback's arguments, however deep."""
    for value in values:
        if isinstance(value, asyncio.SubprocessTransport):
            yield value
        elif isinstance(value, tuple):
            yield from children_in(value)


def _pending(value: Any) -> bool | None:
    """Whether somebody waits for this object; None where it is nothing to wait for."""
    if isinstance(value, asyncio.Future):
        return not value.done()
    if isinstance(value, asyncio.Event):
        return any(not waiter.done() for waiter in value._waiters)
    if hasattr(value, "_waiter"):  # asyncio's and aiohttp's stream readers
        waiter = value._waiter
        return isinstance(waiter, asyncio.Future) and not waiter.done()
    return None


def _attributes(instance: Any) -> Iterator[tuple[str, Any]]:
    found = dict(getattr(instance, "__dict__", {}))
    for kind in type(instance).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            found.setdefault(name, getattr(instance, name, None))
    reader = getattr(instance, "_stream_reader", None)  # held by a weak reference
    if reader is not None:
        found["_stream_reader"] = reader
    if found:
        yield from found.items()
    else:  # compiled: asyncpg keeps the future it will resolve where only the collector sees it
        yield from (("waiter", value) for value in gc.get_referents(instance))
