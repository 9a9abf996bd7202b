"""The connection is reset before an answer comes."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace

from chaos_llm.faults._arguments import check_bytes
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Ending, Reply


@dataclass(frozen=True, repr=False)
class ResetConnection(Fault):
    """The request is sent, then the connection is reset before the headers of an answer.

    The provider may have done its work and billed it, as in anthropics/claude-code#13657. With
    `larger_than` only requests with larger bodies (in bytes) are hit: in #41242 28 KB passed and
    70 KB did not.
    """

    _: KW_ONLY
    larger_than: int | None = None

    ends_reply = True

    def __post_init__(self) -> None:
        check_bytes(self, "larger_than")

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        if self.larger_than is not None and fault_context.request.size <= self.larger_than:
            return reply
        return replace(reply, chunks=(), ending=Ending.RESET)
