"""Real sockets and child processes that somebody on an event loop awaits: they hold the clock.

Idle keep-alive connections do not, nor do listeners, the server's end of a connection, connections
whose other end lives on the same clock, and what idled before the outage and was not used since.
"""

from __future__ import annotations

import asyncio
import selectors
import weakref
from asyncio import selector_events
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from chaos_llm.virtual_time import real_grpc
from chaos_llm.virtual_time.awaited import child_awaited, children_in, protocol_awaits, tls_state
from chaos_llm.virtual_time.descriptors import Ends, ends_of, is_own, listens, name_of
from chaos_llm.virtual_time.redirects import real_monotonic

LOOPBACK = "a loopback connection"

# Every TCP connection of the loops; asyncio has no public name for it.
_Connection: Any = vars(selector_events)["_SelectorSocketTransport"]
_FAREWELL = 1.0  # real seconds for a peer to answer the end of a TLS session; some never do


class Sockets:
    """Which registered file descriptors hold the clock."""

    def __init__(self) -> None:
        self.peers: set[str] = set()
        self._selectors: weakref.WeakKeyDictionary[Any, dict[int, object]] = (
            weakref.WeakKeyDictionary()
        )
        self._used: weakref.WeakSet[Any] = weakref.WeakSet()  # written to during this outage
        self._asked: weakref.WeakSet[Any] = weakref.WeakSet()  # ... and not read from since then
        self._leaving: weakref.WeakKeyDictionary[Any, float] = weakref.WeakKeyDictionary()
        self._inner: set[Ends] = set()  # connections with an end on this clock

    def install(self, undo: ExitStack) -> None:
        """Notice what is written to connections."""
        for name in ("write", "writelines"):
            if name in vars(_Connection):
                write = vars(_Connection)[name]
                undo.callback(setattr, _Connection, name, write)
                setattr(_Connection, name, self._noticing(write))

    def _noticing(self, write: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
        used, asked = self._used, self._asked

        def noticed(transport: Any, data: Any) -> None:
            used.add(transport)
            asked.add(transport)
            write(transport, data)

        return noticed

    def meet(self, selector: Any) -> None:
        """Remember what a loop's selector already watches when the outage finds it."""
        self._selectors[selector] = {fd: key.data for fd, key in (selector.get_map() or {}).items()}

    def answered(self, events: list[Any]) -> None:
        """Take note of what came in."""
        if self._asked:
            for key, mask in events:
                if mask & selectors.EVENT_READ:
                    self._asked.discard(_owner(key))

    def watch(self, selector: Any) -> Callable[[], str | None] | None:
        """What to ask, before a jump, about an idle loop; None where it watches nothing."""
        if len(selector.get_map()) > 1:  # a loop always watches the pipe that wakes it
            return lambda: self.held_by(selector)
        return None

    def held_by(self, selector: Any) -> str | None:
        """Name a socket or child process that somebody on this loop awaits."""
        before = self._selectors.get(selector, {})
        for fd, key in list((selector.get_map() or {}).items()):
            owner = _owner(key)
            if (before.get(fd) is key.data and owner not in self._used) or not self._awaited(key):
                continue
            ends = ends_of(fd)
            if ends is None or not self._is_inside(ends):
                return self._named(fd, ends[1] if ends else _connecting_to(key))
            if owner in self._asked:  # give the bytes the time to reach the other end
                self._asked.discard(owner)
                return LOOPBACK
        return None

    def awaited_at(self, fd: int) -> str | None:
        """Name the real peer of a file descriptor for which some task waits."""
        ends = ends_of(fd)
        if listens(fd) or (ends is not None and not ends[1]):
            return None
        if ends is not None and is_own(ends):
            return LOOPBACK
        return self._named(fd, ends[1] if ends else None)

    def _named(self, fd: int, peer: object) -> str:
        name = name_of(fd, peer)
        self.peers.add(name)
        return name

    def _awaited(self, key: selectors.SelectorKey) -> bool:
        reader, writer = _callbacks(key)
        if key.events & selectors.EVENT_WRITE and writer is not None:
            return True  # connecting, or more to send than the peer takes
        callback = getattr(reader, "_callback", None)
        owner = getattr(callback, "__self__", None)
        if (loop := real_grpc.loop_of(callback)) is not None:
            return real_grpc.is_awaited(loop)
        if isinstance(owner, asyncio.AbstractEventLoop):
            return getattr(callback, "__name__", "").startswith("_sock_recv")
        if isinstance(owner, asyncio.BaseTransport):
            return self._connection_awaited(owner)
        children = list(children_in(getattr(reader, "_args", ())))
        if children:
            return any(child_awaited(child) for child in children)
        return not listens(key.fd)

    def _connection_awaited(self, transport: Any) -> bool:
        if getattr(transport, "_server", None) is not None:
            return False
        protocol = transport.get_protocol()
        state = tls_state(protocol)
        if state == "DO_HANDSHAKE":
            return True
        if state in ("FLUSHING", "SHUTDOWN"):
            since = self._leaving.setdefault(transport, real_monotonic())
            return real_monotonic() - since < _FAREWELL
        awaited = protocol_awaits(protocol)
        return transport in self._asked if awaited is None else awaited

    def _is_inside(self, ends: Ends) -> bool:
        own, peer = ends
        if not own or not peer:
            return False
        if (peer, own) not in self._inner:
            for selector in list(self._selectors):
                fds = list(selector.get_map() or ())
                self._inner.update(found for fd in fds if (found := ends_of(fd)) is not None)
        return (peer, own) in self._inner


def _callbacks(key: selectors.SelectorKey) -> tuple[Any, Any]:
    """A loop's handles for a descriptor that is readable, and writable."""
    return key.data if isinstance(key.data, tuple) else (None, None)


def _owner(key: selectors.SelectorKey) -> Any:
    return getattr(getattr(_callbacks(key)[0], "_callback", None), "__self__", None)


def _connecting_to(key: selectors.SelectorKey) -> object:
    arguments = getattr(_callbacks(key)[1], "_args", None) or (None,)
    return arguments[-1] if isinstance(arguments[-1], tuple) else None
