"""The connection ends in the TLS handshake."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Ending, Reply


@dataclass(frozen=True, repr=False)
class TlsFailure(Fault):
    """The provider closes the connection in the TLS handshake, before the request is sent."""

    ends_reply = True

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        return replace(reply, wait=0.0, chunks=(), ending=Ending.TLS_FAILED)
