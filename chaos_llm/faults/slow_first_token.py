"""The first token comes late."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm import durations
from chaos_llm.faults._arguments import check_duration
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Reply


@dataclass(frozen=True, repr=False)
class SlowFirstToken(Fault):
    """The first token comes so many seconds late; a reply that is not streamed, as a whole.

    The headers of a stream come in time, so only a limit on the pause between bytes catches it.
    """

    seconds: durations.Duration

    def __post_init__(self) -> None:
        check_duration(self, "seconds")

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        return reply.first_piece_later(durations.seconds(self.seconds))
