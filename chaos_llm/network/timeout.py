"""No data gets through, and the connection closes after a while."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm import durations
from chaos_llm.faults.fault import FaultContext
from chaos_llm.network.toxic import NoDataToxic
from chaos_llm.protocol.messages import Ending, Reply


@dataclass(frozen=True, repr=False)
class Timeout(NoDataToxic):
    """No data gets through, and the connection closes after `timeout`; with 0 it stays open."""

    kind = "timeout"

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:  # noqa: ARG002 - the interface of a toxic
        wait = durations.seconds(self.timeout)
        ending = Ending.CLOSED if wait else Ending.SILENT
        return replace(reply, wait=wait, chunks=(), ending=ending)
