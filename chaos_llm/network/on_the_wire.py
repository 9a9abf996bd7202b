"""Toxics that a real Toxiproxy applies in front of a server."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm.faults.fault import FaultContext
from chaos_llm.network.limit_data import LimitData
from chaos_llm.network.network import Network
from chaos_llm.protocol.messages import Ending, Reply

# Seconds: too short for any clock, but not zero, so that the reply counts as changed.
_NOTICEABLE = 1e-10


@dataclass(frozen=True, repr=False)
class OnTheWire(Network):
    """A Network whose toxics are applied by Toxiproxy, in front of a server.

    The server's journal must record what the client got, although the server sees only its own
    side of the proxy. So a toxic that ends a reply ends it here, too. A toxic that delays data is
    recorded and not applied: Toxiproxy delays the data already. A limit only changes the ending:
    Toxiproxy cuts the reply at the exact byte.
    """

    @property
    def name(self) -> str:
        return "network"

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        for toxic in self.toxics:
            if isinstance(toxic, LimitData):
                is_whole = toxic.on_reply(reply, fault_context) == reply
                reply = reply if is_whole else replace(reply, ending=Ending.CLOSED)
            elif toxic.ends:
                reply = toxic.on_reply(reply, fault_context)
            else:
                reply = reply.later(_NOTICEABLE)
        return reply
