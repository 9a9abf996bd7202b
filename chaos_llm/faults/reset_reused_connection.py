"""A connection that was kept open is dead when it is used again."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace

from chaos_llm.errors import Inexpressible
from chaos_llm.faults.fault import Fault, Strike
from chaos_llm.protocol.messages import Ending, Reply

_SOONEST, _LATEST = 0.13, 0.25  # seconds after the request


@dataclass(frozen=True, repr=False)
class ResetReusedConnection(Fault):
    """A connection that was kept open is reset when a further request uses it.

    The first request of a connection passes, and so does a retry on a new one, as in
    anthropics/claude-code#82500. Not expressible where nobody knows who shares a connection.
    """

    ends_reply = True

    def on_reply(self, reply: Reply, strike: Strike) -> Reply:
        if strike.reused is None:
            raise Inexpressible(f"{self!r}: it is not known which requests share a connection")
        if not strike.reused:
            return reply
        wait = copy(strike.die).between(_SOONEST, _LATEST)
        return replace(reply, wait=wait, chunks=(), ending=Ending.RESET)
