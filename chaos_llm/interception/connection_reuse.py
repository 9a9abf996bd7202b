"""Which requests would reuse a connection on a real network, for aiohttp and urllib3.

A pool reuses a connection whose last reply was read to its end, until its keep-alive expires; else
it opens a new one. These two libraries count their connections themselves; httpx's pools, which are
simulated, are in httpx_pool.py.
"""

from __future__ import annotations

from math import inf
from typing import Any
from weakref import WeakKeyDictionary

Origin = tuple[str, str, int | None]


class Connections:
    """The idle connections of one outage's clients, by pool and origin."""

    __slots__ = ("_idle",)

    def __init__(self) -> None:
        self._idle: WeakKeyDictionary[Any, dict[Origin, list[float]]] = WeakKeyDictionary()

    def take(self, pool: Any, origin: Origin, now: float) -> bool:
        """Take a connection for a request; True if it has carried a request before."""
        idle = self._idle.get(pool, {}).get(origin, [])
        idle[:] = [until for until in idle if until > now]
        reused = bool(idle)
        del idle[-1:]
        return reused

    def give_back(
        self, pool: Any, origin: Origin, now: float, *, keep: float | None, max_idle: float = inf
    ) -> None:
        """Keep a connection whose reply was read to its end, for so many seconds, None for ever.

        `max_idle` is how many idle connections the pool keeps.
        """
        idle = self._idle.setdefault(pool, {}).setdefault(origin, [])
        if len(idle) < max_idle:
            idle.append(inf if keep is None else now + keep)
