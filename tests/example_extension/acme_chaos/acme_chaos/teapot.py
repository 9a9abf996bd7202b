"""The provider is a teapot."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm.faults import Fault
from chaos_llm.faults.fault import FaultContext
from chaos_llm.protocol.messages import Reply


@dataclass(frozen=True, repr=False)
class Teapot(Fault):
    """The provider answers that it is a teapot."""

    status: int = 418

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        return replace(reply, status=self.status)
