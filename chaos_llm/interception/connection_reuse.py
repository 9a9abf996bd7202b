"""Which requests would share a connection; in process nothing opens one, so the rule is applied.

A pool hands out a connection again whose last reply was read to its end, until its keep-alive runs
out: after 5 s in httpx, unless the client says otherwise. Else it opens a new one.
"""

from __future__ import annotations

from math import inf
from typing import Any
from weakref import WeakKeyDictionary

Origin = tuple[str, str, int | None]

_KEEP_ALIVE = 5.0  # seconds


class Connections:
    """The connections that the clients of one outage keep open, by transport and origin."""

    __slots__ = ("_idle",)

    def __init__(self) -> None:
        self._idle: WeakKeyDictionary[Any, dict[Origin, list[float]]] = WeakKeyDictionary()

    def take(self, transport: Any, origin: Origin, now: float) -> bool:
        """Take a connection for a request; say whether it has carried one before."""
        idle = self._idle.get(transport, {}).get(origin, [])
        idle[:] = [until for until in idle if until > now]
        reused = bool(idle)
        del idle[-1:]
        return reused

    def give_back(
        self, transport: Any, origin: Origin, now: float, *, keep: float | None = _KEEP_ALIVE
    ) -> None:
        """Keep a connection whose reply was read to its end, if its pool keeps any more.

        `keep` is for how many seconds, None for ever, where no pool of httpx's knows better.
        """
        pool = getattr(transport, "_pool", None)
        expiry = getattr(pool, "_keepalive_expiry", keep)
        idle = self._idle.setdefault(transport, {}).setdefault(origin, [])
        if len(idle) < getattr(pool, "_max_keepalive_connections", inf):
            idle.append(inf if expiry is None else now + expiry)
