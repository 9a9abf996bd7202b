"""Connections are refused."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm.faults.fault import FaultContext
from chaos_llm.network.toxic import Toxic
from chaos_llm.protocol.messages import Ending, Reply


@dataclass(frozen=True, repr=False)
class Down(Toxic):
    """Connections are refused. Toxiproxy has no such toxic: there it is a disabled proxy."""

    kind = "down"
    ends = True

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:  # noqa: ARG002 - the interface of a toxic
        return replace(reply, wait=0.0, chunks=(), ending=Ending.REFUSED)

    def attributes(self) -> dict[str, int]:
        return {}
