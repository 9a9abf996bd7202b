"""The tokens of an answer come slowly."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm import durations
from chaos_llm.faults._arguments import check_duration
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Reply


@dataclass(frozen=True, repr=False)
class SlowTokens(Fault):
    """Each token after the first comes so many seconds later; a reply that is not streamed, in sum.

    No single pause is long, so only a limit on the whole answer catches it.
    """

    seconds: durations.Duration

    def __post_init__(self) -> None:
        check_duration(self, "seconds")

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        return reply.pieces_later(durations.seconds(self.seconds))
