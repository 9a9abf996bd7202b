"""A stream ends inside an event, and nobody says so."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace

from chaos_llm.faults._arguments import check_share
from chaos_llm.faults._breaking import broken
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Reply


@dataclass(frozen=True, repr=False)
class HalfEvent(Fault):
    """After a share of the content comes half an event, then the body ends as if it were whole.

    HTTP has nothing to complain about, and readers of events drop what no empty line closes.
    """

    _: KW_ONLY
    after: float = 0.5

    ends_reply = True

    def __post_init__(self) -> None:
        check_share(self, "after")

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        before, behind = broken(self, reply, self.after)
        torn = behind[0] if behind else before[-1]
        half = torn._replace(data=torn.data[: (len(torn.data) + 1) // 2], content=False)
        return replace(reply, chunks=(*(before if behind else before[:-1]), half))
