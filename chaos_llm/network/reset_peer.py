"""No data gets through, and the connection is reset after a while."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm import durations
from chaos_llm.faults.fault import FaultContext
from chaos_llm.network.toxic import NoDataToxic
from chaos_llm.protocol.messages import Ending, Reply


@dataclass(frozen=True, repr=False)
class ResetPeer(NoDataToxic):
    """No data gets through, and the connection is reset after `timeout`."""

    kind = "reset_peer"

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:  # noqa: ARG002 - the interface of a toxic
        wait = durations.seconds(self.timeout)
        return replace(reply, wait=wait, chunks=(), ending=Ending.RESET)
