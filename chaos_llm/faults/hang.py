"""The provider accepts the request and sends nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos_llm import durations
from chaos_llm.faults._arguments import check_duration
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Ending, Reply


@dataclass(frozen=True, repr=False)
class Hang(Fault):
    """The provider accepts the request and sends nothing: no status, no byte.

    After `seconds` it closes the connection; with None it stays silent until the client gives up.
    As in anthropics/claude-code#33213, where logins ran into a client's timeout of 15 s.
    """

    seconds: durations.Duration | None = None

    ends_reply = True

    def __post_init__(self) -> None:
        if self.seconds is not None:
            check_duration(self, "seconds")

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        if self.seconds is None:
            return replace(reply, wait=0.0, chunks=(), ending=Ending.SILENT)
        wait = durations.seconds(self.seconds)
        return replace(reply, wait=wait, chunks=(), ending=Ending.CLOSED)
