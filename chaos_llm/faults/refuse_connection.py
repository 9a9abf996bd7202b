"""No process listens at the provider's address."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Ending, Reply


@dataclass(frozen=True, repr=False)
class RefuseConnection(Fault):
    """The connection is refused at once; the request is never sent."""

    ends_reply = True

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        return replace(reply, wait=0.0, chunks=(), ending=Ending.REFUSED)
