"""A reply with headers and without a body."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.faults._whole import refilled
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Reply


@dataclass(frozen=True, repr=False)
class EmptyBody(Fault):
    """The status and the headers of an answer arrive, but no byte of its body.

    As DeepSeek did for days, with a green status page: deepseek-ai/DeepSeek-V3#407 and #591.
    """

    ends_reply = True

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        return refilled(reply, b"")
