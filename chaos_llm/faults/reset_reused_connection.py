"""A connection that was kept open is reset when it is used again."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace

from chaos_llm.errors import Unsupported
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Ending, Reply

_SOONEST, _LATEST = 0.13, 0.25  # seconds after the request


@dataclass(frozen=True, repr=False)
class ResetReusedConnection(Fault):
    """A connection that was kept open is reset when a further request uses it.

    The first request of a connection passes, and so does a retry on a new one, as in
    anthropics/claude-code#82500. Unsupported if it is unknown which requests share a connection.
    """

    ends_reply = True

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        if fault_context.reused is None:
            raise Unsupported(f"{self!r}: it is not known which requests share a connection")
        if not fault_context.reused:
            return reply
        wait = copy(fault_context.rng).between(_SOONEST, _LATEST)
        return replace(reply, wait=wait, chunks=(), ending=Ending.RESET)
