"""Real sockets and child processes that somebody on an event loop awaits: they hold the clock.

Idle keep-alive connections do not, nor do listeners, the server's end of a connection, connections
whose other end lives on the same clock, and what idled before the outage and was not used since.
"""

from __future__ import annotations

import _socket
import asyncio
import gc
import selectors
import weakref
from asyncio import selector_events
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

# Every TCP connection of the loops; asyncio has no public name for it.
_Connection: Any = vars(selector_events)["_SelectorSocketTransport"]

Ends = tuple[object, object]  # (own address, peer's address)

_ASLEEP = ("lost", "clos", "drain")  # futures of these names are pending all through an idle life


class Sockets:
    """Which registered file descriptors hold the clock."""

    def __init__(self) -> None:
        self.peers: set[str] = set()
        self._selectors: weakref.WeakKeyDictionary[Any, dict[int, object]] = (
            weakref.WeakKeyDictionary()
        )
        self._used: weakref.WeakSet[Any] = weakref.WeakSet()  # written to during this outage
        self._asked: weakref.WeakSet[Any] = weakref.WeakSet()  # ... and not read from since then
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
        for fd, key in list(selector.get_map().items()):
            old = before.get(fd) is key.data and _owner(key) not in self._used
            if old or not self._awaited(key):
                continue
            ends = _ends(fd)
            if ends is not None and self._is_inside(ends):
                if _owner(key) in self._asked:  # give the bytes the time to reach the other end
                    self._asked.discard(_owner(key))
                    return "a loopback connection"
                continue
            name = _peer_name(fd, ends)
            self.peers.add(name)
            return name
        return None

    def awaited_at(self, fd: int) -> str | None:
        """Name the real peer of a file descriptor for which some task waits."""
        sock = _socket_at(fd)
        if sock is None:
            return _peer_name(fd, None)
        try:
            if _listens(fd) or ends_in_this_process(sock):
                return None
        finally:
            sock.detach()
        name = _peer_name(fd, _ends(fd))
        self.peers.add(name)
        return name

    def _awaited(self, key: selectors.SelectorKey) -> bool:
        reader, writer = key.data if isinstance(key.data, tuple) else (None, None)
        if key.events & selectors.EVENT_WRITE and writer is not None:
            return True  # connecting, or more to send than the peer takes
        callback = getattr(reader, "_callback", None)
        owner = getattr(callback, "__self__", None)
        if isinstance(owner, asyncio.AbstractEventLoop):
            return getattr(callback, "__name__", "").startswith("_sock_recv")
        if isinstance(owner, asyncio.BaseTransport):
            if getattr(owner, "_server", None) is not None:
                return False
            awaited = protocol_awaits(getattr(owner, "_protocol", None))
            return owner in self._asked if awaited is None else awaited
        children = list(children_in(getattr(reader, "_args", ())))
        if children:
            return any(child_awaited(child) for child in children)
        return not _listens(key.fd)

    def _is_inside(self, ends: Ends) -> bool:
        own, peer = ends
        if not own or not peer:
            return False
        if (peer, own) not in self._inner:
            for selector in list(self._selectors):
                fds = list(selector.get_map() or ())
                self._inner.update(found for fd in fds if (found := _ends(fd)) is not None)
        return (peer, own) in self._inner


def _owner(key: selectors.SelectorKey) -> Any:
    reader = key.data[0] if isinstance(key.data, tuple) else None
    return getattr(getattr(reader, "_callback", None), "__self__", None)


def protocol_awaits(protocol: Any) -> bool | None:
    """Whether somebody awaits what this protocol reads; None where that cannot be seen."""
    state = getattr(protocol, "_state", None)
    if getattr(state, "name", "") == "DO_HANDSHAKE":
        return True
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


def child_awaited(child: Any) -> bool:
    """Whether somebody awaits the end of a child process, or its output."""
    protocol = child.get_protocol()
    readers = (getattr(protocol, "stdout", None), getattr(protocol, "stderr", None))
    return any(_pending(waiter) for waiter in getattr(child, "_exit_waiters", None) or ()) or any(
        _pending(reader) for reader in readers
    )


def children_in(values: Any) -> Iterator[asyncio.SubprocessTransport]:
    """The child processes among a callback's arguments, however deep."""
    for value in values:
        if isinstance(value, asyncio.SubprocessTransport):
            yield value
        elif isinstance(value, tuple):
            yield from children_in(value)


def _socket_at(fd: int) -> _socket.socket | None:
    """A view of a socket that others own: detach it, never close it."""
    try:
        return _socket.socket(fileno=fd)
    except OSError:
        return None


def _ends(fd: int) -> Ends | None:
    sock = _socket_at(fd)
    if sock is None:
        return None
    try:
        return sock.getsockname(), sock.getpeername()
    except OSError:
        return None
    finally:
        sock.detach()


def ends_in_this_process(sock: _socket.socket) -> bool | None:
    """Whether both ends of a connection are in this process; None for what is not connected."""
    ends = _ends(sock.fileno())
    if ends is None or not ends[0] or not ends[1]:
        return None
    return any(_ends(int(fd.name)) == ends[::-1] for fd in Path("/dev/fd").iterdir())


def _listens(fd: int) -> bool:
    sock = _socket_at(fd)
    if sock is None:
        return False
    try:
        return bool(sock.getsockopt(_socket.SOL_SOCKET, _socket.SO_ACCEPTCONN))
    except OSError:
        return False
    finally:
        sock.detach()


def _peer_name(fd: int, ends: Ends | None) -> str:
    peer = ends[1] if ends is not None else None
    if isinstance(peer, tuple):
        return f"real socket to {peer[0]}:{peer[1]}"
    return f"real socket to {peer}" if peer else f"real file descriptor {fd}"
