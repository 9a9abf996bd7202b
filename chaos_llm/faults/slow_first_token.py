"""The model thinks for long before its first word."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm import durations
from chaos_llm.faults._arguments import check_duration
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Reply


@dataclass(frozen=True, repr=False)
class SlowFirstToken(Fault):
    """The first token comes late by so many seconds; a whole reply is late as a whole.

    In a stream the headers come in time, so only a limit on the pause between bytes sees it.
    """

    seconds: durations.Duration

    def __post_init__(self) -> None:
        check_duration(self, "seconds")

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        return reply.first_piece_later(durations.seconds(self.seconds))
