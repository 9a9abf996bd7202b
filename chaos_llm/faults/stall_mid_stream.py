"""The stream stalls in the middle of the answer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from chaos_llm import durations
from chaos_llm.faults._arguments import check_duration, check_share
from chaos_llm.faults._breaking import broken
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Ending, Reply


@dataclass(frozen=True, repr=False)
class StallMidStream(Fault):
    """After a share of the content nothing comes, and the connection stays open.

    After `seconds` the rest comes; with None it never does, and the faults after it are masked.
    """

    after: float = field(default=0.5, kw_only=True)
    seconds: durations.Duration | None = None

    def __post_init__(self) -> None:
        check_share(self, "after")
        if self.seconds is not None:
            check_duration(self, "seconds")
        # A stall that ends lets the faults after it act on the rest of the reply.
        object.__setattr__(self, "ends_reply", self.seconds is None)

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        before, after = broken(self, reply, self.after)
        if self.seconds is None:
            return replace(reply, chunks=before, ending=Ending.SILENT)
        wait = durations.seconds(self.seconds)
        if not after or not wait:
            return reply
        late = after[0]._replace(delay=after[0].delay + wait)
        return replace(reply, chunks=(*before, late, *after[1:]))
