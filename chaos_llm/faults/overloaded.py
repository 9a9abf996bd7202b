"""The provider has no capacity left and does not say when it will."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Refusal


@dataclass(frozen=True, repr=False)
class Overloaded(Fault):
    """The provider has no capacity left: Anthropic's 529, OpenAI's 503 and their like.

    It carries no retry-after, as recorded in anthropics/anthropic-sdk-typescript#616.
    """

    ends_reply = True

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        return Refusal("overloaded")
