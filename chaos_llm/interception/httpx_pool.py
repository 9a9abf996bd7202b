"""Simulated connection pools for httpx and httpx2, with the rules of httpcore.

A client's limits work as on a real network: a stream that is not closed occupies its connection, a
request without a free connection waits for one, and a connection whose reply was read to its end is
kept until its keep-alive expires. See `ConnectionPool._assign_requests_to_connections` in httpcore
1.0.9 and httpcore2 2.16.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from math import inf
from typing import Any
from weakref import ReferenceType, WeakKeyDictionary, ref

import anyio

from chaos_llm.engine.reply_timing import FOREVER
from chaos_llm.interception.connection_reuse import Origin
from chaos_llm.virtual_time.clock import TICKS, Clock

_MAX_CONNECTIONS, _MAX_IDLE, _KEEP_ALIVE = 100, 20, 5.0  # httpx's defaults; the last one in seconds
_RETRY_PAUSE = 0.5  # seconds: httpcore's RETRIES_BACKOFF_FACTOR


class Connection:
    """A connection of a pool: in use, or idle until it expires."""

    __slots__ = ("idle_until", "origin", "reused")

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.idle_until: float | None = None
        self.reused = False


class _Waiter:
    __slots__ = ("connection", "event", "origin")

    def __init__(self, origin: Origin, event: Any) -> None:
        self.origin, self.event = origin, event
        self.connection: Connection | None = None


class Pool:
    """The connections of one transport; times are seconds of the outage's clock."""

    def __init__(self, transport: Any, clock: Clock) -> None:
        self._clock = clock
        pool = getattr(transport, "_pool", None)
        expiry = getattr(pool, "_keepalive_expiry", _KEEP_ALIVE)
        self._expiry = inf if expiry is None else expiry
        self._max_idle = getattr(pool, "_max_keepalive_connections", _MAX_IDLE)
        # HTTP/2 sends many requests over one connection, so their number has no limit.
        is_http2 = getattr(pool, "_http2", False)
        self._max_connections = (
            sys.maxsize if is_http2 else getattr(pool, "_max_connections", _MAX_CONNECTIONS)
        )
        self.retries: int = getattr(pool, "_retries", 0)
        self._connections: list[Connection] = []
        self._tidy_at = inf  # no connection expires before
        self._waiters: list[_Waiter] = []

    def take(self, origin: Origin) -> Connection | None:
        """A connection for a request if one is available at once, else None."""
        connections, now = self._connections, self._clock.now / TICKS
        if now >= self._tidy_at or len(connections) > self._max_idle:
            self._tidy(now)
        idle = None
        for connection in connections:
            if connection.idle_until is not None:
                if connection.origin == origin:
                    connection.idle_until, connection.reused = None, True
                    return connection
                idle = idle or connection
        if len(connections) >= self._max_connections:
            if idle is None:
                return None
            connections.remove(idle)
        made = Connection(origin)
        connections.append(made)
        return made

    def _tidy(self, now: float) -> None:
        """Close expired connections, and idle ones beyond the number that may be kept."""
        connections = self._connections
        for connection in tuple(connections):
            until = connection.idle_until
            # httpcore counts all connections here, busy ones included.
            if until is not None and (until <= now or len(connections) > self._max_idle):
                connections.remove(connection)
        idle = (each.idle_until for each in connections if each.idle_until is not None)
        self._tidy_at = min(idle, default=inf)

    def wait(self, origin: Origin, limit: float | None) -> Connection | None:
        """Wait for a connection; None if the limit, in seconds, passes first."""
        waiter = self._queue(origin, threading.Event())
        try:
            waiter.event.wait(limit)
        except BaseException:
            self._leave(waiter)
            raise
        return self._leave(waiter, keep=True)

    async def wait_async(self, origin: Origin, limit: float | None) -> Connection | None:
        """The same for an async client."""
        waiter = self._queue(origin, anyio.Event())
        try:
            with anyio.move_on_after(FOREVER if limit is None else limit):
                await waiter.event.wait()
        except BaseException:
            self._leave(waiter)
            raise
        return self._leave(waiter, keep=True)

    def _queue(self, origin: Origin, event: Any) -> _Waiter:
        waiter = _Waiter(origin, event)
        self._waiters.append(waiter)
        return waiter

    def _leave(self, waiter: _Waiter, *, keep: bool = False) -> Connection | None:
        if waiter in self._waiters:
            self._waiters.remove(waiter)
        elif not keep and waiter.connection is not None:
            self.close(waiter.connection)
        return waiter.connection

    def give_back(self, connection: Connection) -> None:
        """Keep a connection whose reply was read to its end, or give it to a waiting request."""
        now = self._clock.now / TICKS
        connection.idle_until = until = now + self._expiry
        self._tidy_at = min(self._tidy_at, until)
        if now >= self._tidy_at or len(self._connections) > self._max_idle:
            self._tidy(now)
        if self._waiters:
            self._assign()

    def close(self, connection: Connection) -> None:
        """Close a connection, and let a waiting request open another."""
        if connection in self._connections:
            self._connections.remove(connection)
        if self._waiters:
            self._assign()

    def _assign(self) -> None:
        for waiter in tuple(self._waiters):
            connection = self.take(waiter.origin)
            if connection is not None:
                self._waiters.remove(waiter)
                waiter.connection = connection
                waiter.event.set()

    def pauses(self) -> Iterator[float]:
        """Seconds before each further attempt to connect; the transport's `retries` limits them."""
        for attempt in range(self.retries):
            yield _RETRY_PAUSE * 2.0 ** (attempt - 1) if attempt else 0.0


class Pools:
    """The pools of an outage, by transport."""

    __slots__ = ("_clock", "_last", "_pools")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pools: WeakKeyDictionary[Any, Pool] = WeakKeyDictionary()
        self._last: tuple[ReferenceType[Any], Pool] | None = None

    def of(self, transport: Any) -> Pool:
        """The pool of a transport, which lives as long as the transport."""
        last = self._last
        if last is not None and last[0]() is transport:  # as in an app with one client
            return last[1]
        pool = self._pools.get(transport)
        if pool is None:
            pool = self._pools[transport] = Pool(transport, self._clock)
        self._last = ref(transport), pool
        return pool
