"""Which requests would share a connection; in process nothing opens one, so the rule is applied.

A pool hands out a connection again whose last reply was read to its end, until its keep-alive runs
out. Else it opens a new one. For aiohttp and urllib3, which count their connections themselves;
httpx's pools are in httpx_pool.py.
"""

from __future__ import annotations

from math import inf
from typing import Any
from weakref import WeakKeyDictionary

Origin = tuple[str, str, int | None]


class Connections:
    """The connections that the clients of one outage keep open, by pool and origin."""

    __slots__ = ("_idle",)

    def __init__(self) -> None:
        self._idle: WeakKeyDictionary[Any, dict[Origin, list[float]]] = WeakKeyDictionary()

    def take(self, pool: Any, origin: Origin, now: float) -> bool:
        """Take a connection for a request; say whether it has carried one before."""
        idle = self._idle.get(pool, {}).get(origin, [])
        idle[:] = [until for until in idle if until > now]
        reused = bool(idle)
        del idle[-1:]
        return reused

    def give_back(
        self, pool: Any, origin: Origin, now: float, *, keep: float | None, most: float = inf
    ) -> None:
        """Keep a connection whose reply was read to its end, for so many seconds, None for ever.

        `most` is how many idle connections the pool keeps.
        """
        idle = self._idle.setdefault(pool, {}).setdefault(origin, [])
        if len(idle) < most:
            idle.append(inf if keep is None else now + keep)
