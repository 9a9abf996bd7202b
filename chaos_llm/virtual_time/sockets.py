"""Real sockets and child processes that stop the clock, because a task of a loop awaits them.

Idle keep-alive connections do not stop it, nor do listening sockets, the server's end of a
connection, connections whose other end is on the same clock, and sockets that were idle before the
outage and have not been used since.
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
from chaos_llm.virtual_time.descriptors import Ends, ends_of, is_in_this_process, listens, name_of
from chaos_llm.virtual_time.redirects import real_monotonic

LOOPBACK = "a loopback connection"

# Every TCP connection of the loops; asyncio has no public name for it.
_Connection: Any = vars(selector_events)["_SelectorSocketTransport"]
_TLS_CLOSE_LIMIT = 1.0  # real seconds for a peer to confirm the end of a TLS session; some do not


class Sockets:
    """Decides which of the file descriptors that loops watch stop the clock."""

    def __init__(self) -> None:
        self.peers: set[str] = set()
        self._selectors: weakref.WeakKeyDictionary[Any, dict[int, object]] = (
            weakref.WeakKeyDictionary()
        )
        self._used: weakref.WeakSet[Any] = weakref.WeakSet()  # written to during this outage
        self._unanswered: weakref.WeakSet[Any] = (
            weakref.WeakSet()
        )  # ... and not read from since then
        self._closing_since: weakref.WeakKeyDictionary[Any, float] = weakref.WeakKeyDictionary()
        self._internal: set[Ends] = set()  # connections one end of which is on this clock

    def install(self, undo: ExitStack) -> None:
        """Record which connections are written to."""
        for name in ("write", "writelines"):
            if name in vars(_Connection):
                write = vars(_Connection)[name]
                undo.callback(setattr, _Connection, name, write)
                setattr(_Connection, name, self._recording_writes(write))

    def _recording_writes(self, write: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
        used, unanswered = self._used, self._unanswered

        def record_write(transport: Any, data: Any) -> None:
            used.add(transport)
            unanswered.add(transport)
            write(transport, data)

        return record_write

    def adopt(self, selector: Any) -> None:
        """Record what a loop's selector watched before it joined the clock."""
        self._selectors[selector] = {fd: key.data for fd, key in (selector.get_map() or {}).items()}

    def note_received(self, events: list[Any]) -> None:
        """Record that these connections have received something."""
        if self._unanswered:
            for key, mask in events:
                if mask & selectors.EVENT_READ:
                    self._unanswered.discard(_owner(key))

    def watch(self, selector: Any) -> Callable[[], str | None] | None:
        """A check of an idle loop, to be made before time jumps; None if it watches nothing."""
        if len(selector.get_map()) > 1:  # a loop always watches the pipe that wakes it
            return lambda: self.held_by(selector)
        return None

    def held_by(self, selector: Any) -> str | None:
        """Name a real socket or child process that a task of this loop awaits, or None."""
        before = self._selectors.get(selector, {})
        for fd, key in list((selector.get_map() or {}).items()):
            owner = _owner(key)
            if (before.get(fd) is key.data and owner not in self._used) or not self._awaited(key):
                continue
            ends = ends_of(fd)
            if ends is None or not self._is_inside(ends):
                return self._description(fd, ends[1] if ends else _connecting_to(key))
            if owner in self._unanswered:  # the bytes need a moment to reach the other end
                self._unanswered.discard(owner)
                return LOOPBACK
        return None

    def real_peer_of(self, fd: int) -> str | None:
        """Name the real peer of a file descriptor that a task awaits; None for a listening one."""
        ends = ends_of(fd)
        if listens(fd) or (ends is not None and not ends[1]):
            return None
        if ends is not None and is_in_this_process(ends):
            return LOOPBACK
        return self._description(fd, ends[1] if ends else None)

    def _description(self, fd: int, peer: object) -> str:
        name = name_of(fd, peer)
        self.peers.add(name)
        return name

    def _awaited(self, key: selectors.SelectorKey) -> bool:
        reader, writer = _callbacks(key)
        if key.events & selectors.EVENT_WRITE and writer is not None:
            return True  # it is connecting, or has more to send than the peer accepts now
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
            since = self._closing_since.setdefault(transport, real_monotonic())
            return real_monotonic() - since < _TLS_CLOSE_LIMIT
        awaited = protocol_awaits(protocol)
        return transport in self._unanswered if awaited is None else awaited

    def _is_inside(self, ends: Ends) -> bool:
        own, peer = ends
        if not own or not peer:
            return False
        if (peer, own) not in self._internal:
            for selector in list(self._selectors):
                fds = list(selector.get_map() or ())
                self._internal.update(found for fd in fds if (found := ends_of(fd)) is not None)
        return (peer, own) in self._internal


def _callbacks(key: selectors.SelectorKey) -> tuple[Any, Any]:
    """A loop's handles for a descriptor: the one for reading and the one for writing."""
    return key.data if isinstance(key.data, tuple) else (None, None)


def _owner(key: selectors.SelectorKey) -> Any:
    return getattr(getattr(_callbacks(key)[0], "_callback", None), "__self__", None)


def _connecting_to(key: selectors.SelectorKey) -> object:
    arguments = getattr(_callbacks(key)[1], "_args", None) or (None,)
    return arguments[-1] if isinstance(arguments[-1], tuple) else None
