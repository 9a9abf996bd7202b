"""Whether a task waits for data of a connection, or for the end or output of a child process."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from typing import Any

# Attributes with these words hold futures that are pending on an idle connection, too.
_IDLE_FUTURES = ("lost", "clos", "drain")


def tls_state(protocol: Any) -> str:
    """The name of the state of asyncio's TLS layer; "" for a connection without one."""
    return str(getattr(getattr(protocol, "_state", None), "name", ""))


def protocol_awaits(protocol: Any) -> bool | None:
    """Whether a task waits for what this protocol reads; None where that cannot be seen."""
    protocol = getattr(protocol, "_app_protocol", protocol)  # through TLS
    for child in children_in((getattr(protocol, "proc", None),)):  # a pipe of a child process
        return child_awaited(child)
    visible = False
    for name, value in _attributes(protocol):
        if any(word in name for word in _IDLE_FUTURES):
            continue
        pending = _has_waiter(value)
        if pending:
            return True
        visible = visible or pending is not None or "waiter" in name
    return False if visible else None


def child_awaited(child: Any) -> bool:
    """Whether a task waits for the end of a child process, or for its output."""
    protocol = child.get_protocol()
    readers = (getattr(protocol, "stdout", None), getattr(protocol, "stderr", None))
    waiters = getattr(child, "_exit_waiters", None) or ()
    return any(_has_waiter(waiter) for waiter in (*waiters, *readers))


def children_in(values: Any) -> Iterator[asyncio.SubprocessTransport]:
    """The child processes among a callback's arguments, nested tuples included."""
    for value in values:
        if isinstance(value, asyncio.SubprocessTransport):
            yield value
        elif isinstance(value, tuple):
            yield from children_in(value)


def _has_waiter(value: Any) -> bool | None:
    """Whether a task waits for this object; None where it is nothing that can be awaited."""
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
    else:  # compiled: only the garbage collector sees the future that asyncpg will resolve
        yield from (("waiter", value) for value in gc.get_referents(instance))
