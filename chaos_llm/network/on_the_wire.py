"""The wire is ill, and somebody else makes it so: Toxiproxy, in front of a server."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm.faults.fault import FaultContext
from chaos_llm.network.endings import LimitData
from chaos_llm.network.network import Network
from chaos_llm.protocol.messages import Ending, Reply

_NOTICEABLE = 1e-10  # seconds: less than any clock plays, more than none


@dataclass(frozen=True, repr=False)
class OnTheWire(Network):
    """A Network that is played by Toxiproxy: what ends a reply ends it here, too.

    So a journal says what the client met, though the server sees no more than its own side. What
    only comes later, the wire makes late; it is not to be late twice. How much of a reply a limit
    lets through, the wire knows to the byte.
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
