"""A stream ends inside an event, without an error."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace

from chaos_llm.faults._arguments import check_share
from chaos_llm.faults._breaking import broken
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Reply


@dataclass(frozen=True, repr=False)
class HalfEvent(Fault):
    """After a share of the content the stream ends inside an event, as if it were complete.

    The HTTP message is valid, and readers of server-sent events drop an event without its end.
    """

    _: KW_ONLY
    after: float = 0.5

    ends_reply = True

    def __post_init__(self) -> None:
        check_share(self, "after")

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        before, after = broken(self, reply, self.after)
        event = after[0] if after else before[-1]
        half = event._replace(data=event.data[: (len(event.data) + 1) // 2], content=False)
        return replace(reply, chunks=(*(before if after else before[:-1]), half))
