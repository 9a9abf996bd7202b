"""The provider has no capacity left and sends no retry-after."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Refusal


@dataclass(frozen=True, repr=False)
class Overloaded(Fault):
    """The provider has no capacity left: Anthropic's 529, OpenAI's 503 and the like.

    The reply has no retry-after, as recorded in anthropics/anthropic-sdk-typescript#616.
    """

    ends_reply = True

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        return Refusal("overloaded")
